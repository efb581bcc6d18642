import type { PGlite } from '@electric-sql/pglite';
import type {
  SqlDriverAdapter,
  SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import type { Pool } from 'pg';
import { showQueries, type QueryProbe } from './query-probe.ts';

/** Runs a whole SQL script as one simple query: Postgres makes that one implicit transaction. */
type RunScript = (script: string) => Promise<unknown>;

/**
 * The Prisma adapter of an embedded database. The stock one starts a script without waiting for it,
 * so a failing migration would count as applied.
 */
export async function pgliteAdapter(
  client: PGlite,
  probe?: QueryProbe,
): Promise<SqlMigrationAwareDriverAdapterFactory> {
  const { PrismaPGlite } = await import('pglite-prisma-adapter');
  return withScripts(new PrismaPGlite(client), { run: (script) => client.exec(script), probe });
}

/**
 * The Prisma adapter of a Postgres pool. The stock one cuts scripts at every semicolon and commits
 * piece by piece, so a killed migration would stay half applied.
 */
export async function postgresAdapter(
  pool: Pool,
  probe?: QueryProbe,
): Promise<SqlMigrationAwareDriverAdapterFactory> {
  const { PrismaPg } = await import('@prisma/adapter-pg');
  return withScripts(new PrismaPg(pool), { run: (script) => pool.query(script), probe });
}

function withScripts(
  factory: SqlMigrationAwareDriverAdapterFactory,
  { run, probe }: { readonly run: RunScript; readonly probe: QueryProbe | undefined },
): SqlMigrationAwareDriverAdapterFactory {
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    connect: async (): Promise<SqlDriverAdapter> => {
      const adapter = await factory.connect();
      adapter.executeScript = async (script): Promise<void> => {
        await run(script);
      };
      if (probe !== undefined) showQueries(adapter, probe);
      return adapter;
    },
    connectToShadowDb: () => factory.connectToShadowDb(),
  };
}
