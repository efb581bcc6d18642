import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import { AppError } from '@weirhouse/shared-kernel';
import { migrationList, type Migration } from './migrations.ts';

/** What migrating needs of a database, below Prisma's client. */
export interface MigrationTarget {
  readonly adapter: SqlMigrationAwareDriverAdapterFactory;
  /** One statement with positional parameters; its rows. */
  query(sql: string, parameters?: readonly unknown[]): Promise<readonly unknown[]>;
  /** Runs the work while no other process migrates this database. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
}

interface HistoryRow {
  readonly id: string;
  readonly migration_name: string;
  readonly finished: boolean;
}

/**
 * Brings the database to the given migrations and returns the names that were applied, none when it
 * was there already. Throws `failed_precondition` for a database that a newer Weirhouse made.
 */
export async function migrate(
  target: MigrationTarget,
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  if (await isCurrent(target, migrations)) return [];
  return target.exclusively(async () => {
    // Another process may have been first.
    if (await isCurrent(target, migrations)) return [];
    await settleUnfinished(target);
    const { ALL_TABLES, openSchemaEngine } = await import('./schema-engine.ts');
    const { causeOf, engine } = await openSchemaEngine(target.adapter);
    try {
      const applied = await engine.applyMigrations({
        migrationsList: migrationList(migrations),
        filters: ALL_TABLES,
      });
      return applied.appliedMigrationNames;
    } catch (error) {
      const cause = causeOf(error);
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new AppError('storage', `The database cannot be migrated: ${reason}.`, { cause });
    } finally {
      engine.free();
    }
  });
}

async function isCurrent(
  target: MigrationTarget,
  migrations: readonly Migration[],
): Promise<boolean> {
  const history = await readHistory(target);
  const known = new Set(migrations.map(({ name }) => name));
  const unknown = history.find((row) => !known.has(row.migration_name));
  if (unknown !== undefined) {
    throw new AppError(
      'failed_precondition',
      `The database was made by a newer Weirhouse (it holds migration ${unknown.migration_name}): ` +
        'start that version, or point this one to another database.',
      { field: 'DATABASE_URL' },
    );
  }
  const finished = new Set(history.filter((row) => row.finished).map((row) => row.migration_name));
  return migrations.every(({ name }) => finished.has(name));
}

/**
 * A crash between a migration's transaction and its history row leaves the row unfinished, and the
 * engine then refuses to go on. The migration's marker row tells which of the two happened.
 */
async function settleUnfinished(target: MigrationTarget): Promise<void> {
  const unfinished = (await readHistory(target)).filter((row) => !row.finished);
  for (const { id, migration_name: name } of unfinished) {
    await target.query(
      (await isMarked(target, name))
        ? `UPDATE "_prisma_migrations" SET finished_at = now(), applied_steps_count = 1, logs = NULL WHERE id = $1`
        : `DELETE FROM "_prisma_migrations" WHERE id = $1`,
      [id],
    );
  }
}

async function isMarked(target: MigrationTarget, name: string): Promise<boolean> {
  if (!(await tableExists(target, 'setting'))) return false;
  const rows = await target.query(`SELECT 1 FROM "setting" WHERE "key" = $1`, [
    `migration:${name}`,
  ]);
  return rows.length > 0;
}

async function readHistory(target: MigrationTarget): Promise<readonly HistoryRow[]> {
  if (!(await tableExists(target, '_prisma_migrations'))) return [];
  const rows = await target.query(
    `SELECT id, migration_name, finished_at IS NOT NULL AS finished
       FROM "_prisma_migrations" WHERE rolled_back_at IS NULL`,
  );
  return rows as readonly HistoryRow[];
}

async function tableExists(target: MigrationTarget, name: string): Promise<boolean> {
  const rows = await target.query(
    `SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = current_schema() AND tablename = $1`,
    [name],
  );
  return rows.length > 0;
}
