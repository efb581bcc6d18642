import { hkdfSync, randomBytes } from 'node:crypto';
import { link, open, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@weirhouse/shared-kernel';

const MASTER_KEY_BYTES = 32;

/** Keys derived from the master key, one per use, so that no use weakens another. */
export interface MasterKey {
  /** For AES-256-GCM of secrets at rest. */
  readonly envelopeKey: Buffer;
  /** For the keyed hash of API secrets. */
  readonly hashKey: Buffer;
}

/** Derives the keys (HKDF-SHA-256, RFC 5869). */
export function deriveMasterKey(secret: Buffer): MasterKey {
  const derive = (use: string): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, '', `weirhouse/${use}/1`, MASTER_KEY_BYTES));
  return { envelopeKey: derive('envelope'), hashKey: derive('api-secret-hash') };
}

/**
 * Reads the master key: 32 bytes of base64 in a file that the operator gives, or in
 * `<state>/master.key`, which is made (mode 0600) at the first start. Losing it makes every stored
 * secret useless, so a damaged one is an error and is never replaced.
 */
export async function loadMasterKey(options: {
  readonly keyFile: string | undefined;
  readonly stateFolder: string;
}): Promise<MasterKey> {
  const path = options.keyFile ?? join(options.stateFolder, 'master.key');
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' && options.keyFile === undefined) return undefined;
    throw new AppError('storage', `The master key ${path} cannot be read: ${cause.message}.`, {
      field: 'WEIRHOUSE_MASTER_KEY_FILE',
      cause,
    });
  });
  const secret = text === undefined ? await createKey(path) : Buffer.from(text.trim(), 'base64');
  if (secret.length !== MASTER_KEY_BYTES) {
    throw new AppError(
      'corrupt',
      `The master key ${path} is damaged: it must be ${MASTER_KEY_BYTES} bytes in base64.`,
      { field: 'WEIRHOUSE_MASTER_KEY_FILE' },
    );
  }
  return deriveMasterKey(secret);
}

/** Written beside its place, synced, then linked there: a crash leaves no half key behind. */
async function createKey(path: string): Promise<Buffer> {
  const secret = randomBytes(MASTER_KEY_BYTES);
  const workplace = `${path}.${process.pid}`;
  const file = await open(workplace, 'w', 0o600);
  try {
    await file.writeFile(`${secret.toString('base64')}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await link(workplace, path);
  await unlink(workplace);
  return secret;
}
