import { assert } from '@weirhouse/shared-kernel';
import { findRunPostgres } from '../testing/run-postgres.ts';
import type { OpenDatabase } from './database.ts';
import { MIGRATIONS_FOLDER, readMigrations } from './migrations.ts';
import { openPglite } from './pglite-database.ts';
import { openPostgres } from './postgres-database.ts';
import { createDatabaseOn } from './postgres-testing.ts';
import { findUnindexed, QueryCollector } from './query-plans.ts';
import type { QueryProbe } from './query-probe.ts';
import { ensureTemplate, findTemplate } from './template.ts';

/** For specs: how long a beforeAll may take, in milliseconds; a busy machine needs most of it. */
export const SETUP_MAX_MS = 60_000;

/**
 * For specs: a new, migrated database; `watch` is told of every statement. In the project `postgres` it is one
 * of the run's Postgres server, else an embedded one.
 */
export async function openTestDatabase(watch?: QueryProbe): Promise<OpenDatabase> {
  const folder = findRunPostgres();
  if (folder === undefined) return openEmbedded(watch);
  const migrations = await readMigrations(MIGRATIONS_FOLDER);
  return openPostgres({ url: await createDatabaseOn(folder), migrations, probe: watch });
}

/**
 * A database in memory (half a second; the first one takes five). Closing it fails when a request or a pass of
 * the reconciler asked something that no index answers.
 */
async function openEmbedded(watch?: QueryProbe): Promise<OpenDatabase> {
  const migrations = await readMigrations(MIGRATIONS_FOLDER);
  await ensureTemplate(migrations);
  const collector = new QueryCollector();
  const open = await openPglite({
    folder: undefined,
    migrations,
    template: () => findTemplate(migrations),
    probe: {
      onQuery: (query, ...rest): void => {
        collector.onQuery(query);
        watch?.onQuery(query, ...rest);
      },
    },
  });
  return {
    ...open,
    close: async (): Promise<void> => {
      const statements = collector.statements;
      const unindexed = await findUnindexed(
        (sql, parameters = []) => open.prisma.$queryRawUnsafe(sql, ...parameters),
        statements,
      );
      await open.close();
      assert(unindexed.length === 0, `No index answers: ${unindexed.join('; ')}`);
    },
  };
}
