import type {
  SqlDriverAdapter,
  SqlQuery,
  SqlQueryable,
  Transaction,
} from '@prisma/driver-adapter-utils';

/** Sees every statement that goes to a database. It must not throw. */
export interface QueryProbe {
  onQuery(query: SqlQuery, durationMs: number, outcome: 'done' | 'failed'): void;
}

/** Shows the statements of an adapter, also those inside its transactions, to a probe. */
export function showQueries(adapter: SqlDriverAdapter, probe: QueryProbe): void {
  showOwnQueries(adapter, probe);
  const start = adapter.startTransaction.bind(adapter);
  adapter.startTransaction = async (isolationLevel): Promise<Transaction> => {
    const transaction = await start(isolationLevel);
    showOwnQueries(transaction, probe);
    return transaction;
  };
}

function showOwnQueries(queryable: SqlQueryable, probe: QueryProbe): void {
  const query = queryable.queryRaw.bind(queryable);
  const execute = queryable.executeRaw.bind(queryable);
  queryable.queryRaw = (statement): ReturnType<typeof query> =>
    timed(probe, statement, () => query(statement));
  queryable.executeRaw = (statement): ReturnType<typeof execute> =>
    timed(probe, statement, () => execute(statement));
}

async function timed<T>(probe: QueryProbe, statement: SqlQuery, run: () => Promise<T>): Promise<T> {
  const startedMs = performance.now();
  let outcome: 'done' | 'failed' = 'failed';
  try {
    const result = await run();
    outcome = 'done';
    return result;
  } finally {
    probe.onQuery(statement, performance.now() - startedMs, outcome);
  }
}
