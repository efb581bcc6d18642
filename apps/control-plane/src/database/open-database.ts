import type { OpenDatabase } from './database.ts';
import { MIGRATIONS_FOLDER, readMigrations, type Migration } from './migrations.ts';
import { openPglite } from './pglite-database.ts';
import { openPostgres, parseDatabaseUrl } from './postgres-database.ts';
import type { QueryProbe } from './query-probe.ts';
import { findTemplate } from './template.ts';

/** Postgres when there is a URL, else the embedded database under the state folder. */
export async function openDatabase(options: {
  readonly databaseUrl: string | undefined;
  readonly stateFolder: string;
  readonly probe?: QueryProbe;
  /** Those of the checkout when absent. */
  readonly migrations?: readonly Migration[];
}): Promise<OpenDatabase> {
  const { probe } = options;
  const migrations = options.migrations ?? (await readMigrations(MIGRATIONS_FOLDER));
  if (options.databaseUrl !== undefined)
    return openPostgres({ url: parseDatabaseUrl(options.databaseUrl), migrations, probe });
  return openPglite({
    folder: options.stateFolder,
    migrations,
    template: () => findTemplate(migrations),
    probe,
  });
}
