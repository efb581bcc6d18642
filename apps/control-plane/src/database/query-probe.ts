import type {
  SqlDriverAdapter,
  SqlQuery,
  SqlQueryable,
  Transaction,
} from '@prisma/driver-adapter-utils';
import { findScope } from '../observability/op-scope.ts';
import { traced } from '../observability/spans.ts';

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
    const result = await spanned(statement, run);
    outcome = 'done';
    return result;
  } finally {
    probe.onQuery(statement, performance.now() - startedMs, outcome);
  }
}

/** What is asked for a request or a pass is a part of it; what the process asks for itself is not traced. */
function spanned<T>({ sql }: SqlQuery, run: () => Promise<T>): Promise<T> {
  if (findScope() === undefined) return run();
  const [verb = ''] = /\w+/u.exec(sql) ?? [];
  const attributes = { 'db.system.name': 'postgresql', 'db.query.text': sql };
  return traced({ name: `database ${verb.toUpperCase()}`, kind: 'client', attributes }, run);
}
