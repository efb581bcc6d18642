import type { Config } from './config.ts';
import { openDatabase } from './database/open-database.ts';
import { withStoredHashKey } from './secrets/hash-key.ts';
import {
  deriveMasterKey,
  findMasterSecrets,
  masterKeyPath,
  masterKeyText,
  newMasterSecret,
} from './secrets/master-key.ts';
import { resealAll, type Resealed } from './secrets/reseal.ts';
import { openStateFolder, writeStateFile } from './state/state-folder.ts';
import { AppError } from '@weirhouse/shared-kernel';

/**
 * Replaces the master key.
 *
 * | the key file holds | what is done                                                  |
 * |--------------------|---------------------------------------------------------------|
 * | one key            | a new one is written before it, then as with two              |
 * | a new and old ones | everything is sealed with the first, then the others are dropped |
 *
 * May be ended at any point and run again. On Postgres servers may run meanwhile when all of them
 * know both keys; the embedded database has one process, so there the server must be stopped.
 */
export async function rotateMasterKey(config: Config): Promise<Resealed> {
  const folder = await openStateFolder(config.WEIRHOUSE_HOME, {
    isShared: config.DATABASE_URL !== undefined,
  });
  try {
    const keyFile = config.WEIRHOUSE_MASTER_KEY_FILE;
    const path = masterKeyPath({ keyFile, stateFolder: folder.path });
    const secrets = await findMasterSecrets(path);
    if (secrets === undefined)
      throw new AppError('failed_precondition', `There is no master key ${path} to rotate.`);
    const [first, ...rest] = secrets;
    const all: readonly [Buffer, ...Buffer[]] =
      rest.length === 0 ? [newMasterSecret(), first] : secrets;
    await writeStateFile(path, masterKeyText(all));
    const [newest, ...older] = all;
    const resealed = await reseal(config, folder.path, { newest, older });
    await writeStateFile(path, masterKeyText([newest]));
    return resealed;
  } finally {
    await folder.release();
  }
}

async function reseal(
  config: Config,
  stateFolder: string,
  secrets: { readonly newest: Buffer; readonly older: readonly Buffer[] },
): Promise<Resealed> {
  const database = await openDatabase({ databaseUrl: config.DATABASE_URL, stateFolder });
  try {
    const key = deriveMasterKey(secrets.newest, secrets.older);
    return await resealAll(database.prisma, await withStoredHashKey(database.prisma, key));
  } finally {
    await database.close();
  }
}
