import { pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { AppError } from '@weirhouse/shared-kernel';
import { z } from 'zod';
import { openSecret, sealSecret } from './envelope.ts';
import type { MasterKey } from './master-key.ts';

const derive = promisify(pbkdf2);

/** Kafka's lower bound. The secret is 384 random bits, so more rounds would add nothing. */
const ITERATIONS = 4096;
const SALT_BYTES = 24;

/** One upsertion of KIP-554 without its user: enough to log in with, so it is a secret. */
export interface ScramVerifier {
  readonly mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  readonly iterations: number;
  readonly salt: Buffer;
  readonly saltedPassword: Buffer;
}

const StoredSchema = z.array(
  z.object({
    mechanism: z.enum(['SCRAM-SHA-256', 'SCRAM-SHA-512']),
    iterations: z.int().min(ITERATIONS),
    salt: z.base64(),
    saltedPassword: z.base64(),
  }),
);

/**
 * The salted passwords of both mechanisms (RFC 5802 section 3, Hi), computed off the event loop.
 * API secrets are base64, which SASLprep leaves as it is.
 */
export async function deriveScramVerifiers(secret: string): Promise<readonly ScramVerifier[]> {
  return Promise.all([
    deriveOne('SCRAM-SHA-256', secret, 'sha256', 32),
    deriveOne('SCRAM-SHA-512', secret, 'sha512', 64),
  ]);
}

async function deriveOne(
  mechanism: ScramVerifier['mechanism'],
  secret: string,
  digest: string,
  bytes: number,
): Promise<ScramVerifier> {
  const salt = randomBytes(SALT_BYTES);
  const saltedPassword = await derive(secret, salt, ITERATIONS, bytes, digest);
  return { mechanism, iterations: ITERATIONS, salt, saltedPassword };
}

/** The stored form of an API key's verifiers; only `openScramVerifiers` with the same id reads it. */
export function sealScramVerifiers(
  key: MasterKey,
  verifiers: readonly ScramVerifier[],
  apiKeyId: string,
): Buffer {
  const plain = verifiers.map(({ mechanism, iterations, salt, saltedPassword }) => ({
    mechanism,
    iterations,
    salt: salt.toString('base64'),
    saltedPassword: saltedPassword.toString('base64'),
  }));
  return sealSecret(key, Buffer.from(JSON.stringify(plain)), apiKeyId);
}

/** Reads an API key's verifiers back. Throws `corrupt`. */
export function openScramVerifiers(
  key: MasterKey,
  envelope: Uint8Array,
  apiKeyId: string,
): readonly ScramVerifier[] {
  const text = openSecret(key, envelope, apiKeyId).toString();
  const parsed = StoredSchema.safeParse(JSON.parse(text));
  if (!parsed.success)
    throw new AppError('corrupt', `The verifiers of API key ${apiKeyId} are damaged.`);
  return parsed.data.map(({ mechanism, iterations, salt, saltedPassword }) => ({
    mechanism,
    iterations,
    salt: Buffer.from(salt, 'base64'),
    saltedPassword: Buffer.from(saltedPassword, 'base64'),
  }));
}
