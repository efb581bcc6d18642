import { AppError } from '@weirhouse/shared-kernel';
import type { Database, Transaction } from './database.ts';

/** Rows that are read or written at once. */
const CHUNK_ROWS = 500;
/** How long a whole dump or load may take, in milliseconds. */
const DUMP_MAX_MS = 3_600_000;
/** Prisma's own: which migrations were applied. */
const HISTORY = '_prisma_migrations';
/** The table whose rows of migrations are there in an empty database. */
const SETTINGS = 'setting';

/** Some rows of a table, as the text of a JSON array. */
interface Chunk {
  readonly table: string;
  readonly rowsJson: string;
}

/** Names of the migrations that a database has seen, oldest first. */
export async function listMigrations(database: Database): Promise<readonly string[]> {
  const rows = await database.$queryRawUnsafe<readonly { readonly name: string }[]>(
    `SELECT migration_name AS name FROM "${HISTORY}" WHERE rolled_back_at IS NULL ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

/** Every row of every table as of one moment; `use` is given them while the transaction lasts. */
export async function withDump<T>(
  database: Database,
  use: (chunks: AsyncIterable<Chunk>) => Promise<T>,
): Promise<T> {
  return database.$transaction((tx) => use(chunksOf(tx)), {
    isolationLevel: 'RepeatableRead',
    timeout: DUMP_MAX_MS,
  });
}

async function* chunksOf(tx: Transaction): AsyncIterable<Chunk> {
  for (const table of await listTables(tx)) {
    await tx.$executeRawUnsafe(
      `DECLARE dump NO SCROLL CURSOR FOR SELECT row_to_json(t)::text AS row FROM "${table}" AS t`,
    );
    for (;;) {
      const rows = await tx.$queryRawUnsafe<readonly { readonly row: string }[]>(
        `FETCH ${CHUNK_ROWS} FROM dump`,
      );
      if (rows.length === 0) break;
      yield { table, rowsJson: `[${rows.map(({ row }) => row).join(',')}]` };
    }
    await tx.$executeRawUnsafe('CLOSE dump');
  }
}

/**
 * Writes rows into an empty database, all or none; `check` may still refuse. Throws `failed_precondition` when it
 * is not empty.
 */
export async function loadDump(
  database: Database,
  chunks: AsyncIterable<Chunk>,
  check: (tx: Transaction) => Promise<void>,
): Promise<void> {
  await database.$transaction(
    async (tx) => {
      const tables = await listTables(tx);
      await requireEmpty(tx, tables);
      for await (const { table, rowsJson } of chunks) {
        if (!tables.includes(table))
          throw new AppError('corrupt', `The backup has a table ${table} that is not known here.`);
        await tx.$executeRawUnsafe(
          `INSERT INTO "${table}" SELECT * FROM json_populate_recordset(NULL::"${table}", $1::json)
           ${table === SETTINGS ? 'ON CONFLICT DO NOTHING' : ''}`,
          rowsJson,
        );
      }
      await setSequences(tx);
      await check(tx);
    },
    { timeout: DUMP_MAX_MS },
  );
}

async function requireEmpty(tx: Transaction, tables: readonly string[]): Promise<void> {
  for (const table of tables) {
    const own = table === SETTINGS ? `WHERE "key" NOT LIKE 'migration:%'` : '';
    const rows = await tx.$queryRawUnsafe<readonly unknown[]>(
      `SELECT 1 FROM "${table}" ${own} LIMIT 1`,
    );
    if (rows.length > 0)
      throw new AppError(
        'failed_precondition',
        `The database is not empty (${table} holds rows): restore into a new one.`,
      );
  }
}

/** Every table of ours, each after those that it refers to. */
async function listTables(tx: Transaction): Promise<readonly string[]> {
  const tables = await tx.$queryRawUnsafe<readonly { readonly name: string }[]>(
    `SELECT tablename::text AS name FROM pg_catalog.pg_tables
      WHERE schemaname = current_schema() AND tablename <> '${HISTORY}' ORDER BY 1`,
  );
  const references = await tx.$queryRawUnsafe<
    readonly { readonly from: string; readonly to: string }[]
  >(
    `SELECT here.relname::text AS from, there.relname::text AS to FROM pg_catalog.pg_constraint AS c
       JOIN pg_catalog.pg_class AS here ON here.oid = c.conrelid
       JOIN pg_catalog.pg_class AS there ON there.oid = c.confrelid
      WHERE c.contype = 'f' AND c.conrelid <> c.confrelid`,
  );
  const sorted: string[] = [];
  const visit = (table: string): void => {
    if (sorted.includes(table)) return;
    for (const { from, to } of references) if (from === table) visit(to);
    sorted.push(table);
  };
  for (const { name } of tables) visit(name);
  return sorted;
}

/** Numbers that the database gives go on after those that were loaded. */
async function setSequences(tx: Transaction): Promise<void> {
  const columns = await tx.$queryRawUnsafe<
    readonly { readonly table: string; readonly column: string; readonly sequence: string }[]
  >(
    `SELECT table_name::text AS table, column_name::text AS column,
            pg_get_serial_sequence(quote_ident(table_name), column_name) AS sequence
       FROM information_schema.columns
      WHERE table_schema = current_schema()
        AND pg_get_serial_sequence(quote_ident(table_name), column_name) IS NOT NULL`,
  );
  for (const { table, column, sequence } of columns)
    await tx.$executeRawUnsafe(
      `SELECT setval('${sequence}', coalesce((SELECT max("${column}") FROM "${table}"), 0) + 1, false)`,
    );
}
