import type { SqlQuery } from '@prisma/driver-adapter-utils';
import { assert } from '@weirhouse/shared-kernel';
import { findScope } from '../observability/op-scope.ts';
import type { QueryProbe } from './query-probe.ts';

/** Rows that each table gets before plans are asked for: enough that reading all of them is dearer than an index. */
const ROWS = 2_000;

/** Statements that read a whole table on purpose, by what they contain. */
const WHOLE_TABLE: readonly { readonly part: RegExp; readonly why: string }[] = [
  {
    part: /^SELECT "public"\."kafka_cluster"\."id" FROM "public"\."kafka_cluster" WHERE 1=1 OFFSET/u,
    why: 'a new leader looks at every cluster',
  },
  {
    part: /"cluster_broker"\."client_port", "public"\."cluster_broker"\."admin_port" FROM .* WHERE 1=1/u,
    why: 'a port is chosen among all that are taken',
  },
  {
    part: /^SELECT phase, count\(\*\)::int AS count FROM kafka_cluster GROUP BY phase$/u,
    why: 'a scrape counts clusters by phase',
  },
  {
    part: /FROM "public"\."outbox" WHERE \("public"\."outbox"\."id" > .* ORDER BY "public"\."outbox"\."id" ASC LIMIT/u,
    why: 'the outbox is read from its beginning in batches, and holds only what nobody has taken yet',
  },
];

/** Runs one statement with parameters and answers its rows. */
export type RunSql = (
  sql: string,
  parameters?: readonly unknown[],
) => Promise<readonly Readonly<Record<string, unknown>>[]>;

/** Collects what requests and passes of the reconciler ask a database, each text once. */
export class QueryCollector implements QueryProbe {
  readonly #seen = new Map<string, readonly unknown[]>();

  onQuery({ sql, args, argTypes }: SqlQuery): void {
    // What a spec asks by itself, outside a request, may be as slow as it likes.
    if (findScope() === undefined || this.#seen.has(sql)) return;
    if (!/^\s*(?:SELECT|UPDATE|DELETE|WITH)/iu.test(sql)) return;
    // Bytes come as base64, which only the adapter's own types tell from text.
    const values = args.map((arg, index) =>
      typeof arg === 'string' && argTypes[index]?.scalarType === 'bytes'
        ? Uint8Array.from(Buffer.from(arg, 'base64'))
        : arg,
    );
    this.#seen.set(sql, values);
  }

  /** Every statement that was seen, with the parameters of its first time. */
  get statements(): readonly { readonly sql: string; readonly args: readonly unknown[] }[] {
    return [...this.#seen].map(([sql, args]) => ({ sql, args }));
  }
}

/**
 * Fills every table of the database and answers those statements for which Postgres then still reads a
 * whole table: nothing there is to be found by. The database is good for nothing else afterwards.
 */
export async function findUnindexed(
  run: RunSql,
  statements: QueryCollector['statements'],
): Promise<readonly string[]> {
  if (statements.length === 0) return [];
  await fillTables(run);
  const found: string[] = [];
  for (const { sql, args } of statements) {
    if (WHOLE_TABLE.some(({ part }) => part.test(sql))) continue;
    const [row] = await run(`EXPLAIN (FORMAT JSON) ${sql}`, args);
    const [explained] = (row?.['QUERY PLAN'] ?? []) as readonly { readonly Plan: PlanNode }[];
    assert(explained !== undefined, 'EXPLAIN answers a plan');
    const table = scannedTable(explained.Plan);
    if (table !== undefined) found.push(`${table} is read whole by: ${sql}`);
  }
  return found;
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

function scannedTable(node: PlanNode): string | undefined {
  if (node['Node Type'] === 'Seq Scan') return node['Relation Name'];
  for (const child of node.Plans ?? []) {
    const table = scannedTable(child);
    if (table !== undefined) return table;
  }
  return undefined;
}

/** Rows whose every column differs from row to row: what an index cannot find is then a whole table. */
async function fillTables(run: RunSql): Promise<void> {
  const columns = await run(
    `SELECT table_name, column_name, data_type FROM information_schema.columns
      WHERE table_schema = current_schema() AND table_name <> '_prisma_migrations' ORDER BY 1, 2`,
  );
  const tables = Map.groupBy(columns, (column) => String(column['table_name']));
  // The embedded database is told to avoid what is looked for here.
  await run('SET enable_seqscan = on');
  // Rows need not refer to each other.
  await run(`SET session_replication_role = replica`);
  for (const [table, own] of tables) {
    const names = own.map((column) => `"${String(column['column_name'])}"`);
    const values = own.map((column) => valueOf(String(column['data_type'])));
    await run(
      `INSERT INTO "${table}" (${names.join(', ')}) SELECT ${values.join(', ')}
         FROM generate_series(1, ${ROWS}) AS n ON CONFLICT DO NOTHING`,
    );
    await run(`ANALYZE "${table}"`);
  }
}

/** An SQL expression of a column's type that grows with `n`, far from what specs write. */
function valueOf(type: string): string {
  switch (type) {
    case 'integer':
    case 'bigint':
    case 'numeric':
    case 'double precision':
      return '1000000 + n';
    case 'boolean':
      return 'n % 2 = 0';
    case 'timestamp with time zone':
      return `timestamptz '2020-01-01Z' + n * interval '1 second'`;
    case 'date':
      return `date '2020-01-01' + n`;
    case 'uuid':
      return `md5('filler ' || n)::uuid`;
    case 'bytea':
      return `('filler ' || n)::bytea`;
    case 'jsonb':
      return 'to_jsonb(n)';
    case 'ARRAY':
      return `ARRAY['filler ' || n]`;
    default:
      return `'filler ' || n`;
  }
}
