import { AppError } from '@weirhouse/shared-kernel';
import type { Pool, PoolClient } from 'pg';
import { postgresAdapter } from './adapters.ts';
import { CLIENT_OPTIONS, connectionsOf, type OpenDatabase } from './database.ts';
import { migrate } from './migrate.ts';
import type { Migration } from './migrations.ts';
import type { QueryProbe } from './query-probe.ts';

/** Connections to Postgres at most: requests are short, so a few serve many. */
const CONNECTIONS_MAX = 10;
/** How long the first connection may take, in milliseconds. */
const CONNECT_MAX_MS = 10_000;
/** Key of the advisory lock that one migrating process holds: the bytes of "weirhs". */
const MIGRATION_LOCK_KEY = '131281906264179';

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`, checked by `parseDatabaseUrl`. */
  readonly url: string;
  readonly migrations: readonly Migration[];
  readonly probe?: QueryProbe | undefined;
}

/** Checks the form of a DATABASE_URL without connecting. Throws `invalid_argument`. */
export function parseDatabaseUrl(text: string): string {
  const url = URL.parse(text);
  const isPostgres = url?.protocol === 'postgres:' || url?.protocol === 'postgresql:';
  if (url === null || !isPostgres || url.pathname.length < 2) {
    // The text may hold a password: it is not repeated.
    throw new AppError(
      'invalid_argument',
      'DATABASE_URL is malformed: it must look like postgres://user:password@host:5432/database.',
      { field: 'DATABASE_URL' },
    );
  }
  return text;
}

/** Opens a Postgres database and migrates it. Throws `unavailable` when it cannot be reached. */
export async function openPostgres(options: PostgresOptions): Promise<OpenDatabase> {
  const { default: pg } = await import('pg');
  const pool = new pg.Pool({
    connectionString: options.url,
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: CONNECT_MAX_MS,
    // The adapter drops offsets from timestamps: they are right in UTC only.
    options: '-c TimeZone=UTC',
  });
  // An idle connection that the server ends is replaced at the next query, which reports the error.
  pool.on('error', () => undefined);
  try {
    await reach(pool, options.url);
    await migrate(
      {
        adapter: await postgresAdapter(pool),
        query: async (sql, parameters = []) =>
          (await pool.query<Record<string, unknown>>(sql, [...parameters])).rows,
        exclusively: (work) => withAdvisoryLock(pool, work),
      },
      options.migrations,
    );
    const { PrismaClient } = await import('./generated/client.ts');
    const prisma = new PrismaClient({
      adapter: await postgresAdapter(pool, options.probe),
      ...CLIENT_OPTIONS,
    });
    return {
      prisma,
      kind: 'postgres',
      connections: () => connectionsOf(pool),
      close: async (): Promise<void> => {
        await prisma.$disconnect();
        await pool.end();
      },
    };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

async function reach(pool: Pool, url: string): Promise<void> {
  try {
    await pool.query('SELECT 1');
  } catch (cause) {
    const { host, pathname } = new URL(url);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError(
      'unavailable',
      `The database ${pathname.slice(1)} at ${host} cannot be reached: ${reason}.`,
      { field: 'DATABASE_URL', cause },
    );
  }
}

async function withAdvisoryLock<T>(pool: Pool, work: () => Promise<T>): Promise<T> {
  const session: PoolClient = await pool.connect();
  try {
    await session.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK_KEY]);
    try {
      return await work();
    } finally {
      await session.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK_KEY]);
    }
  } finally {
    session.release();
  }
}
