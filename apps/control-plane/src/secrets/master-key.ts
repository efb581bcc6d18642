import { hkdfSync, randomBytes } from 'node:crypto';
import { link, open, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@weirhouse/shared-kernel';

const MASTER_KEY_BYTES = 32;

/** Keys derived from the master key, one per use, so that no use weakens another. */
export interface MasterKey {
  /** For AES-256-GCM of secrets at rest. */
  readonly envelopeKey: Buffer;
  /** What was sealed before a rotation still opens with these; the newest first. */
  readonly olderEnvelopeKeys: readonly Buffer[];
  /** For the keyed hash of API secrets. */
  readonly hashKey: Buffer;
}

/** Derives the keys (HKDF-SHA-256, RFC 5869). `older` = master keys of before, the newest first. */
export function deriveMasterKey(secret: Buffer, older: readonly Buffer[] = []): MasterKey {
  return {
    envelopeKey: derive(secret, 'envelope'),
    olderEnvelopeKeys: older.map((one) => derive(one, 'envelope')),
    // Once a database has one of its own, that one counts.
    hashKey: derive(older.at(-1) ?? secret, 'api-secret-hash'),
  };
}

function derive(secret: Buffer, use: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `weirhouse/${use}/1`, MASTER_KEY_BYTES));
}

/** Where the master key is: a file of the operator's, or one in the state folder. */
export interface MasterKeyPlace {
  readonly keyFile: string | undefined;
  readonly stateFolder: string;
}

/** The master key's file: the operator's, or `<state>/master.key`. */
export function masterKeyPath({ keyFile, stateFolder }: MasterKeyPlace): string {
  return keyFile ?? join(stateFolder, 'master.key');
}

/**
 * Reads the master key: 32 bytes of base64 in a file that the operator gives, or in
 * `<state>/master.key`, which is made (mode 0600) at the first start. Losing it makes every stored
 * secret useless, so a damaged one is an error and is never replaced. While it is being rotated the
 * file has more lines: the first key seals, all of them open.
 */
export async function loadMasterKey(place: MasterKeyPlace): Promise<MasterKey> {
  const path = masterKeyPath(place);
  const secrets = await findMasterSecrets(path);
  if (secrets === undefined && place.keyFile !== undefined)
    throw new AppError('storage', `The master key ${path} does not exist.`, {
      field: 'WEIRHOUSE_MASTER_KEY_FILE',
    });
  const [newest, ...older] = secrets ?? [await createKey(path)];
  return deriveMasterKey(newest, older);
}

/** The keys of a file, the newest first; undefined = there is no file. Throws `corrupt`. */
export async function findMasterSecrets(
  path: string,
): Promise<readonly [Buffer, ...Buffer[]] | undefined> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw new AppError('storage', `The master key ${path} cannot be read: ${cause.message}.`, {
      field: 'WEIRHOUSE_MASTER_KEY_FILE',
      cause,
    });
  });
  if (text === undefined) return undefined;
  const [newest, ...older] = text
    .trim()
    .split(/\s+/u)
    .map((line) => Buffer.from(line, 'base64'));
  if (newest !== undefined && [newest, ...older].every(isWhole)) return [newest, ...older];
  throw new AppError(
    'corrupt',
    `The master key ${path} is damaged: each line must be ${MASTER_KEY_BYTES} bytes in base64.`,
    { field: 'WEIRHOUSE_MASTER_KEY_FILE' },
  );
}

/** A new master key. */
export function newMasterSecret(): Buffer {
  return randomBytes(MASTER_KEY_BYTES);
}

/** The form of the file: a key a line. */
export function masterKeyText(secrets: readonly Buffer[]): string {
  return secrets.map((secret) => `${secret.toString('base64')}\n`).join('');
}

function isWhole(secret: Buffer): boolean {
  return secret.length === MASTER_KEY_BYTES;
}

/** Written beside its place, synced, then linked there: a crash leaves no half key behind. */
async function createKey(path: string): Promise<Buffer> {
  const secret = newMasterSecret();
  const workplace = `${path}.${process.pid}`;
  const file = await open(workplace, 'w', 0o600);
  try {
    await file.writeFile(masterKeyText([secret]));
    await file.sync();
  } finally {
    await file.close();
  }
  await link(workplace, path);
  await unlink(workplace);
  return secret;
}
