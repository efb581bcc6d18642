import { Prisma } from '../database/generated/client.ts';
import type { Database } from '../database/database.ts';

/** A column that holds envelopes of the master key. */
export interface SealedColumn {
  readonly table: string;
  readonly id: string;
  readonly column: string;
  /** What an envelope is bound to, by the row's id. */
  readonly context: (id: string) => string;
}

/** Every column that holds envelopes; a spec holds this against the tables. */
export const SEALED_COLUMNS: readonly SealedColumn[] = [
  { table: 'api_key', id: 'id', column: 'scram_encrypted', context: (id) => id },
  {
    table: 'cluster_credential',
    id: 'cluster_id',
    column: 'secret_encrypted',
    context: (id) => id,
  },
  {
    table: 'signing_key',
    id: 'id',
    column: 'private_encrypted',
    context: (id) => `signing-key:${id}`,
  },
  {
    table: 'idempotency_key',
    id: 'id',
    column: 'answer_encrypted',
    context: (id) => `answer:${id}`,
  },
];

/** One envelope and where it lies. */
export interface SealedRow {
  readonly id: string;
  readonly envelope: Uint8Array;
}

/** Envelopes in the database, whatever they belong to. */
export class SealedRowsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The next envelopes in the order of ids. */
  async listAfter(
    { table, id, column }: SealedColumn,
    afterId: string,
    count: number,
  ): Promise<readonly SealedRow[]> {
    const [idName, columnName, tableName] = [id, column, table].map(quote);
    return this.#database.$queryRaw<SealedRow[]>`
      SELECT ${idName} AS "id", ${columnName} AS "envelope" FROM ${tableName}
       WHERE ${idName} > ${afterId} AND ${columnName} IS NOT NULL
       ORDER BY ${idName} LIMIT ${count}`;
  }

  /** Writes nothing when the envelope was replaced meanwhile. */
  async replace(
    { table, id, column }: SealedColumn,
    row: SealedRow,
    envelope: Buffer,
  ): Promise<void> {
    const [idName, columnName, tableName] = [id, column, table].map(quote);
    await this.#database.$executeRaw`
      UPDATE ${tableName} SET ${columnName} = ${Uint8Array.from(envelope)}
       WHERE ${idName} = ${row.id} AND ${columnName} = ${Uint8Array.from(row.envelope)}`;
  }
}

/** Names of our own tables and columns, never anybody's input. */
function quote(name: string): Prisma.Sql {
  return Prisma.raw(`"${name}"`);
}
