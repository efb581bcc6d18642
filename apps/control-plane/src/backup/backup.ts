import { AppError } from '@weirhouse/shared-kernel';
import type { Config } from '../config.ts';
import type { OpenDatabase } from '../database/database.ts';
import { listMigrations, loadDump, withDump } from '../database/dump.ts';
import { MIGRATIONS_FOLDER, readMigrations, type Migration } from '../database/migrations.ts';
import { openDatabase } from '../database/open-database.ts';
import { requireMasterKey } from '../secrets/hash-key.ts';
import { deriveMasterKey, findMasterSecrets, masterKeyPath } from '../secrets/master-key.ts';
import { findDataPlaneId, keepDataPlaneId } from '../state/data-plane.ts';
import { openStateFolder } from '../state/state-folder.ts';
import { openBackupFile, writeBackupFile } from './backup-file.ts';

/**
 * Writes everything in the database, as of one moment, to a file. Secrets stay sealed: the master key is not in it.
 * On Postgres the servers go on meanwhile; the embedded database has one process, so there it must be stopped.
 */
export async function backUp(config: Config, file: string): Promise<void> {
  await withFolder(config, async (stateFolder) => {
    const database = await openDatabase({ databaseUrl: config.DATABASE_URL, stateFolder });
    try {
      const header = {
        createdAt: new Date().toISOString(),
        migrations: [...(await listMigrations(database.prisma))],
        dataPlaneId: await findDataPlaneId(stateFolder),
      };
      await withDump(database.prisma, (chunks) => writeBackupFile(file, header, chunks));
    } finally {
      await database.close();
    }
  });
}

/**
 * Puts a backup into an empty database, all of it or nothing. The master key must be in its place before. A backup
 * of an older Weirhouse is loaded as it was and then migrated; one of a newer is refused. A new state folder becomes
 * the place of the clusters' brokers: what is left of them is adopted, what is not is made anew, empty.
 */
export async function restore(config: Config, file: string): Promise<void> {
  const backup = await openBackupFile(file);
  const migrations = migrationsOf(await readMigrations(MIGRATIONS_FOLDER), {
    names: backup.header.migrations,
    file,
  });
  await withFolder(config, async (stateFolder) => {
    const keyFile = config.WEIRHOUSE_MASTER_KEY_FILE;
    const path = masterKeyPath({ keyFile, stateFolder });
    const secrets = await findMasterSecrets(path);
    if (secrets === undefined)
      throw new AppError(
        'failed_precondition',
        `There is no master key ${path}: put the one of the backup there first.`,
        { field: 'WEIRHOUSE_MASTER_KEY_FILE' },
      );
    const [newest, ...older] = secrets;
    const key = deriveMasterKey(newest, older);
    const where = { databaseUrl: config.DATABASE_URL, stateFolder };
    await using(await openDatabase({ ...where, migrations }), (database) =>
      loadDump(database.prisma, backup.parts(), (tx) => requireMasterKey(tx, key)),
    );
    // What is newer than the backup comes on top.
    await using(await openDatabase(where), () => Promise.resolve());
    const { dataPlaneId } = backup.header;
    if (dataPlaneId !== undefined) await keepDataPlaneId(stateFolder, dataPlaneId);
  });
}

/** The migrations that a backup had seen. Throws when there are others than this Weirhouse knows. */
function migrationsOf(
  known: readonly Migration[],
  of: { readonly names: readonly string[]; readonly file: string },
): readonly Migration[] {
  const unknown = of.names.find((name) => !known.some((migration) => migration.name === name));
  if (unknown !== undefined)
    throw new AppError(
      'failed_precondition',
      `The backup ${of.file} was made by a newer Weirhouse (it holds migration ${unknown}): restore it with that version.`,
    );
  return known.filter(({ name }) => of.names.includes(name));
}

async function withFolder(
  config: Config,
  work: (stateFolder: string) => Promise<void>,
): Promise<void> {
  const folder = await openStateFolder(config.WEIRHOUSE_HOME, {
    isShared: config.DATABASE_URL !== undefined,
  });
  try {
    await work(folder.path);
  } finally {
    await folder.release();
  }
}

async function using(
  database: OpenDatabase,
  work: (database: OpenDatabase) => Promise<void>,
): Promise<void> {
  try {
    await work(database);
  } finally {
    await database.close();
  }
}
