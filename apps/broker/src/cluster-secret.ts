import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@weirhouse/shared-kernel';
import { unwritable } from './data-folder.ts';
import { writeFileDurably } from './durable-file.ts';

const FILE = 'cluster.secret';
const SECRET_BYTES = 32;
const FIELD = 'cluster.secret.file';

/**
 * The secret that the brokers of a cluster share: from the named file, or one made at the first start in the
 * data folder. From it come the challenges of users who do not exist, the same after every start.
 */
export function clusterSecret(folder: string, file: string | undefined): Buffer {
  const path = file ?? join(folder, FILE);
  if (file === undefined && !existsSync(path)) makeSecret(folder, path);
  let secret: Buffer;
  try {
    secret = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64');
  } catch (cause) {
    throw new AppError('invalid_argument', `${FIELD}: ${path} cannot be read.`, {
      field: FIELD,
      cause,
    });
  }
  if (secret.length < SECRET_BYTES)
    throw new AppError(
      'invalid_argument',
      `${FIELD}: ${path} must hold at least ${SECRET_BYTES} random bytes in base64.`,
      { field: FIELD },
    );
  return secret;
}

function makeSecret(folder: string, path: string): void {
  try {
    writeFileDurably(path, `${randomBytes(SECRET_BYTES).toString('base64')}\n`);
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}
