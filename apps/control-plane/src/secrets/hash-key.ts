import { AppError } from '@weirhouse/shared-kernel';
import { z } from 'zod';
import type { Database, Transaction } from '../database/database.ts';
import { SettingsRepository } from '../settings/settings.repository.ts';
import { openSecret, opensWithNewest, sealSecret } from './envelope.ts';
import type { MasterKey } from './master-key.ts';

const SETTING = 'api-secret-hash-key';
/** What the envelope is bound to. */
const CONTEXT = `setting:${SETTING}`;

const StoredSchema = z.object({ sealed: z.base64() });

/**
 * The master key with the hash key that this database's API secrets were hashed with. It is stored,
 * sealed: hashes cannot be made anew without the secrets, so it must outlive the master key it was
 * derived from. Throws `corrupt` when it cannot be opened.
 */
export async function withStoredHashKey(database: Database, key: MasterKey): Promise<MasterKey> {
  const settings = new SettingsRepository(database);
  const sealed = sealSecret(key, key.hashKey, CONTEXT).toString('base64');
  // Whoever comes first decides; from then on everybody reads the same.
  await database.$transaction((tx) => settings.insertIfAbsent(tx, SETTING, { sealed }));
  return { ...key, hashKey: openSecret(key, await getSealed(settings), CONTEXT) };
}

/** Throws `failed_precondition` unless what the database holds was sealed with this master key. */
export async function requireMasterKey(tx: Transaction, key: MasterKey): Promise<void> {
  const settings = new SettingsRepository(tx);
  // No server has used the database since it keeps the key: nothing can be told.
  if ((await settings.find(SETTING)) === undefined) return;
  const envelope = await getSealed(settings);
  try {
    openSecret(key, envelope, CONTEXT);
  } catch (cause) {
    throw new AppError(
      'failed_precondition',
      'The secrets were sealed with another master key: put that one in its place first.',
      { field: 'WEIRHOUSE_MASTER_KEY_FILE', cause },
    );
  }
}

/** Seals the hash key anew with the newest master key. Answers false when it was already. */
export async function resealHashKey(database: Database, key: MasterKey): Promise<boolean> {
  const settings = new SettingsRepository(database);
  const envelope = await getSealed(settings);
  if (opensWithNewest(key, envelope, CONTEXT)) return false;
  const plain = openSecret(key, envelope, CONTEXT);
  const sealed = sealSecret(key, plain, CONTEXT).toString('base64');
  await database.$transaction((tx) => settings.put(tx, SETTING, { sealed }));
  return true;
}

async function getSealed(settings: SettingsRepository): Promise<Buffer> {
  const stored = StoredSchema.safeParse(await settings.find(SETTING));
  if (!stored.success)
    throw new AppError('corrupt', 'The key that API secrets are hashed with is not stored.');
  return Buffer.from(stored.data.sealed, 'base64');
}
