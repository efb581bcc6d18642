import { PGlite } from '@electric-sql/pglite';
import { afterEach, expect, test } from 'vitest';
import { migrateClient } from './pglite-database.ts';
import { MIGRATIONS_FOLDER, readMigrations } from './migrations.ts';
import { SETUP_MAX_MS } from './testing.ts';

/** Rows of each table: they refer to each other by number. */
const ROWS = 3;
/** Columns that a later migration writes on purpose. */
const REWRITTEN = new Set(['operation.status']);

const migrations = await readMigrations(MIGRATIONS_FOLDER);

let client: PGlite | undefined;

afterEach(() => client?.close());

interface Column {
  readonly table_name: string;
  readonly column_name: string;
  readonly data_type: string;
}

async function columnsOf(database: PGlite): Promise<Map<string, readonly Column[]>> {
  const { rows } = await database.query<Column>(
    `SELECT table_name, column_name, data_type FROM information_schema.columns
      WHERE table_schema = 'public' AND table_name NOT IN ('_prisma_migrations', 'setting') ORDER BY 1, 2`,
  );
  return Map.groupBy(rows, ({ table_name: table }) => table);
}

/** Every text of a row is its number, so that all references between tables meet. */
function valueOf(type: string): string {
  if (type === 'text') return `'r' || n`;
  if (type === 'jsonb') return `'[]'::jsonb`;
  if (type === 'boolean') return 'n = 1';
  if (type === 'uuid') return `md5('r' || n)::uuid`;
  if (type === 'bytea') return `('bytes ' || n)::bytea`;
  if (type === 'ARRAY') return `ARRAY['r' || n]`;
  if (type.startsWith('timestamp')) return `timestamptz '2026-01-02T03:04:05.678Z'`;
  return 'n';
}

async function fill(database: PGlite): Promise<void> {
  // Tables refer to each other in both directions of the alphabet; all rows are there in the end.
  await database.exec('SET session_replication_role = replica');
  for (const [table, columns] of await columnsOf(database)) {
    const names = columns.map(({ column_name: name }) => `"${name}"`).join(', ');
    const values = columns.map(({ data_type: type }) => valueOf(type)).join(', ');
    await database.exec(
      `INSERT INTO "${table}" (${names}) SELECT ${values} FROM generate_series(1, ${ROWS}) AS n`,
    );
  }
  await database.exec('SET session_replication_role = origin');
}

/** What the rows hold in these columns, as far as the columns are there. */
async function contentOf(
  database: PGlite,
  wanted: ReadonlyMap<string, readonly Column[]>,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const now = await columnsOf(database);
  const content: Record<string, readonly string[]> = {};
  for (const [table, columns] of wanted)
    for (const { column_name: name } of columns) {
      const key = `${table}.${name}`;
      const isThere = now.get(table)?.some((column) => column.column_name === name) ?? false;
      if (!isThere || REWRITTEN.has(key)) continue;
      const { rows } = await database.query<{ readonly value: string }>(
        `SELECT DISTINCT to_json("${name}")::text AS value FROM "${table}" ORDER BY 1`,
      );
      content[key] = rows.map(({ value }) => value);
    }
  return content;
}

test.each(migrations.slice(0, -1).map(({ name }, index) => ({ name, index })))(
  'a database with rows as of $name keeps them through every later migration',
  async ({ index }) => {
    client = await PGlite.create();
    await migrateClient(client, migrations.slice(0, index + 1));
    await fill(client);
    const columns = await columnsOf(client);
    const before = await contentOf(client, columns);
    await migrateClient(client, migrations);
    const after = await contentOf(client, columns);
    for (const [column, values] of Object.entries(after))
      expect(values, column).toEqual(expect.arrayContaining([...(before[column] ?? [])]));
    // Every table of before is there, or was dropped with all its columns.
    expect(Object.keys(after).length).toBeGreaterThan(0);
    // The newest migration is marked, so an older program refuses what is now here.
    await expect(migrateClient(client, migrations.slice(0, index + 1))).rejects.toThrow(
      `The database was made by a newer Weirhouse (it holds migration`,
    );
  },
  SETUP_MAX_MS,
);
