import type {
  SqlDriverAdapter,
  SqlMigrationAwareDriverAdapterFactory,
  SqlQueryable,
  Transaction,
} from '@prisma/driver-adapter-utils';
import type { Pool } from 'pg';
import { showQueries, type QueryProbe } from './query-probe.ts';
import { StatementNames } from './statement-names.ts';

/**
 * The Prisma adapter of a pool, which may stand for an embedded database. The stock one cuts scripts at every
 * semicolon and commits piece by piece, so a killed migration would stay half applied: here a whole script is one
 * simple query, which Postgres makes one implicit transaction.
 */
export async function postgresAdapter(
  pool: Pool,
  probe?: QueryProbe,
): Promise<SqlMigrationAwareDriverAdapterFactory> {
  const { PrismaPg } = await import('@prisma/adapter-pg');
  const names = new StatementNames();
  const factory = new PrismaPg(pool, { statementNameGenerator: (query) => names.nameOf(query) });
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    connect: async (): Promise<SqlDriverAdapter> => {
      const adapter: SqlDriverAdapter = await factory.connect();
      adapter.executeScript = async (script): Promise<void> => {
        await pool.query(script);
      };
      const start = adapter.startTransaction.bind(adapter);
      adapter.startTransaction = async (isolationLevel): Promise<Transaction> =>
        oneAtATime(await start(isolationLevel));
      if (probe !== undefined) showQueries(adapter, probe);
      return adapter;
    },
    connectToShadowDb: () => factory.connectToShadowDb(),
  };
}

/** Prisma asks for several relations at once; a transaction has one connection, which does one thing at a time. */
function oneAtATime(transaction: Transaction): Transaction {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work, work);
    last = turn;
    return turn;
  };
  const query: SqlQueryable['queryRaw'] = transaction.queryRaw.bind(transaction);
  const execute: SqlQueryable['executeRaw'] = transaction.executeRaw.bind(transaction);
  transaction.queryRaw = (statement) => inTurn(() => query(statement));
  transaction.executeRaw = (statement) => inTurn(() => execute(statement));
  return transaction;
}
