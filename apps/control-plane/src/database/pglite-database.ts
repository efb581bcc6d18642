import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import { AppError } from '@weirhouse/shared-kernel';
import { postgresAdapter } from './adapters.ts';
import { CLIENT_OPTIONS, connectionsOf, type OpenDatabase } from './database.ts';
import { migrate } from './migrate.ts';
import type { Migration } from './migrations.ts';
import { openPglitePool } from './pglite-pool.ts';
import type { QueryProbe } from './query-probe.ts';

export interface PgliteOptions {
  /** The folder that holds the database's own folder `db`; undefined = in memory. */
  readonly folder: string | undefined;
  readonly migrations: readonly Migration[];
  /**
   * A dump of a data folder to start a new database from, instead of the slow initdb; a function is
   * asked only when there is a database to make.
   */
  readonly template?: Blob | (() => Promise<Blob | undefined>);
  readonly probe?: QueryProbe | undefined;
}

/**
 * Opens the embedded database, creating and migrating it when needed. A new one is made beside its
 * place and moved there when it is whole, so a crash on the first start leaves nothing half made.
 * It survives a killed process but never calls fsync: a power cut can cost recent changes.
 */
export async function openPglite(options: PgliteOptions): Promise<OpenDatabase> {
  const { folder } = options;
  if (folder === undefined)
    return withClient(await start(undefined, await templateOf(options)), options);
  const place = join(folder, 'db');
  try {
    if (!(await exists(place))) await create(place, options);
    return await withClient(await start(place), options);
  } catch (cause) {
    throw explain(cause, place);
  }
}

async function templateOf({ template }: PgliteOptions): Promise<Blob | undefined> {
  return typeof template === 'function' ? template() : template;
}

async function create(place: string, options: PgliteOptions): Promise<void> {
  const workplace = `${place}.creating`;
  await rm(workplace, { recursive: true, force: true });
  await mkdir(workplace, { recursive: true });
  const client = await start(workplace, await templateOf(options));
  try {
    await migrateClient(client, options.migrations);
  } finally {
    await client.close();
  }
  await rename(workplace, place);
}

async function start(place: string | undefined, template?: Blob): Promise<PGlite> {
  const { PGlite } = await import('@electric-sql/pglite');
  return PGlite.create({
    ...(place === undefined ? {} : { dataDir: place }),
    ...(template === undefined ? {} : { loadDataDir: template }),
  });
}

async function withClient(client: PGlite, options: PgliteOptions): Promise<OpenDatabase> {
  try {
    await migrateClient(client, options.migrations);
    const { PrismaClient } = await import('./generated/client.ts');
    const pool = await openPglitePool(client);
    const prisma = new PrismaClient({
      adapter: await postgresAdapter(pool, options.probe),
      ...CLIENT_OPTIONS,
    });
    return {
      prisma,
      kind: 'pglite',
      connections: () => connectionsOf(pool),
      close: async (): Promise<void> => {
        await prisma.$disconnect();
        await pool.end();
        await client.close();
      },
    };
  } catch (error) {
    await client.close();
    throw error;
  }
}

/** Migrates an embedded database that is open. */
export async function migrateClient(
  client: PGlite,
  migrations: readonly Migration[],
): Promise<void> {
  const pool = await openPglitePool(client);
  try {
    await migrate(
      {
        adapter: await postgresAdapter(pool),
        query: async (sql, parameters = []) => (await client.query(sql, [...parameters])).rows,
        // One process owns the folder: the state folder's lock sees to it.
        exclusively: (work) => work(),
      },
      migrations,
    );
  } finally {
    await pool.end();
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function explain(cause: unknown, place: string): unknown {
  if (cause instanceof AppError) return cause;
  const code = (cause as { code?: unknown } | null)?.code;
  const reason =
    code === 'ENOSPC'
      ? 'the disk is full'
      : code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
        ? 'the folder is not writable'
        : 'it cannot be read';
  return new AppError('storage', `The database in ${place} cannot be opened: ${reason}.`, {
    cause,
  });
}
