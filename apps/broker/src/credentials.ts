import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ScramUpsertion } from '@weirhouse/broker-metadata';
import { AppError } from '@weirhouse/shared-kernel';
import { z } from 'zod';

/** PBKDF2 rounds of bootstrap credentials: Kafka's default, and the least that SCRAM allows here. */
const ITERATIONS = 4096;
/** As the control plane salts, so that no user's challenge looks different. */
const SALT_BYTES = 24;

const fileSchema = z.strictObject({
  users: z
    .array(z.strictObject({ name: z.string().min(1), password: z.string().min(1) }))
    .max(1000),
});

/** Users of a bootstrap credentials file, salted for both SCRAM mechanisms as KIP-554 carries them. */
export function readBootstrapCredentials(path: string): readonly ScramUpsertion[] {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new AppError(
      'invalid_argument',
      `bootstrap.credentials.file: ${path} cannot be read as JSON.`,
      { field: 'bootstrap.credentials.file', cause },
    );
  }
  const parsed = fileSchema.safeParse(content);
  if (!parsed.success)
    throw new AppError(
      'invalid_argument',
      `bootstrap.credentials.file: ${path} must hold {"users":[{"name":"...","password":"..."}]}.`,
      { field: 'bootstrap.credentials.file' },
    );
  return parsed.data.users.flatMap(({ name, password }) => [
    salted(name, password, { mechanism: 1, hash: 'sha256', bytes: 32 }),
    salted(name, password, { mechanism: 2, hash: 'sha512', bytes: 64 }),
  ]);
}

function salted(
  name: string,
  password: string,
  { mechanism, hash, bytes }: { mechanism: number; hash: string; bytes: number },
): ScramUpsertion {
  const salt = randomBytes(SALT_BYTES);
  const saltedPassword = pbkdf2Sync(password, salt, ITERATIONS, bytes, hash);
  return { name, mechanism, iterations: ITERATIONS, salt, saltedPassword, principal: null };
}
