import { PGlite } from '@electric-sql/pglite';
import type { SqlDriverAdapter } from '@prisma/driver-adapter-utils';
import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { postgresAdapter } from './adapters.ts';
import { openPglitePool } from './pglite-pool.ts';
import { findPostgres, startPostgres } from './postgres-testing.ts';
import { SETUP_MAX_MS } from './testing.ts';

const postgres = await findPostgres();

interface Place {
  readonly name: string;
  open(resources: AsyncDisposableStack): Promise<Pool>;
}

const embedded: Place = {
  name: 'the embedded database',
  open: async (resources) => {
    const client = resources.adopt(await PGlite.create(), (made) => made.close());
    return resources.adopt(await openPglitePool(client), (made) => made.end());
  },
};
const server: Place = {
  name: 'postgres',
  open: async (resources) => {
    if ('why' in postgres) throw new Error(postgres.why);
    const made = resources.adopt(await startPostgres(postgres.bin), (running) => running.stop());
    const { default: pg } = await import('pg');
    const pool = new pg.Pool({ connectionString: await made.createDatabase() });
    return resources.adopt(pool, (open) => open.end());
  },
};

describeEach('why' in postgres ? [embedded] : [embedded, server]);

function describeEach(places: readonly Place[]): void {
  for (const place of places) describePlace(place);
}

function describePlace(place: Place): void {
  const resources = new AsyncDisposableStack();
  const warnings: string[] = [];
  const onWarning = ({ message }: Error): void => void warnings.push(message);
  let pool: Pool;
  let adapter: SqlDriverAdapter;

  const rows = async (sql: string, ...args: readonly string[]): Promise<unknown> => {
    const argTypes = args.map(() => ({ scalarType: 'string', arity: 'scalar' }) as const);
    return (await adapter.queryRaw({ sql, args: [...args], argTypes })).rows;
  };

  beforeAll(async () => {
    pool = await place.open(resources);
    adapter = await (await postgresAdapter(pool)).connect();
    await adapter.executeScript('CREATE TABLE thing (id text PRIMARY KEY); -- a ; in it');
  }, SETUP_MAX_MS);

  afterAll(() => resources.disposeAsync(), SETUP_MAX_MS);

  test(`${place.name} answers the same statement again and again`, async () => {
    for (const text of ['a', 'b', 'c', 'd'])
      expect(await rows('SELECT $1::text AS x', text)).toEqual([[text]]);
  });

  test(`${place.name} goes on after a failed statement, with the names it had`, async () => {
    const half = (text: string): Promise<unknown> => rows('SELECT 4 / $1::int AS x', text);
    expect(await half('2')).toEqual([[2]]);
    expect(await half('4')).toEqual([[1]]);
    await expect(half('0')).rejects.toMatchObject({ cause: { originalCode: '22012' } });
    expect(await half('1')).toEqual([[4]]);
    expect(await half('2')).toEqual([[2]]);
  });

  test(`${place.name} does what a transaction asks at once one by one, without a warning`, async () => {
    process.on('warning', onWarning);
    const tx = await adapter.startTransaction();
    const results = await Promise.all(
      ['1', '2', '3'].map((n) => tx.queryRaw({ sql: `SELECT ${n} AS x`, args: [], argTypes: [] })),
    );
    await tx.executeRaw({ sql: 'COMMIT', args: [], argTypes: [] });
    await tx.commit();
    // Warnings are told a turn later.
    await new Promise((resolve) => void setImmediate(resolve));
    process.off('warning', onWarning);
    expect(results.map((result) => result.rows)).toEqual([[[1]], [[2]], [[3]]]);
    expect(warnings).toEqual([]);
  });

  test(`${place.name} forgets a transaction whose connection was given up`, async () => {
    const client = await pool.connect();
    await client.query('BEGIN');
    await client.query(`INSERT INTO thing VALUES ('lost')`);
    client.release(new Error('given up'));
    expect(await rows('SELECT id FROM thing')).toEqual([]);
  });
}
