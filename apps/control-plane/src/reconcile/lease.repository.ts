import { AppError } from '@weirhouse/shared-kernel';
import type { Database, Transaction } from '../database/database.ts';
import { Prisma } from '../database/generated/client.ts';

/** Proof of leadership: a write is accepted only while this is the lease's present state. */
export interface Fence {
  readonly name: string;
  readonly holder: string;
  readonly token: bigint;
}

/** The lease in the database. Only the database's clock counts. */
export class LeaseRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Takes the lease when it is free, or whoever holds it when `takeOver` says that nobody else can
   * be alive. The token grows by one, which shuts out every earlier holder. Undefined = not free.
   */
  async acquire(options: {
    readonly name: string;
    readonly holder: string;
    readonly durationMs: number;
    readonly takeOver: boolean;
  }): Promise<Fence | undefined> {
    const { name, holder, durationMs, takeOver } = options;
    const rows = await this.#database.$queryRaw<readonly { token: bigint }[]>`
      INSERT INTO lease AS held (name, holder, token, expires_at)
      VALUES (${name}, ${holder}, 1, now() + ${durationMs}::int * interval '1 millisecond')
      ON CONFLICT (name) DO UPDATE
        SET holder = excluded.holder, token = held.token + 1, expires_at = excluded.expires_at
        WHERE held.expires_at <= now() OR ${takeOver}::boolean
      RETURNING token`;
    const [row] = rows;
    return row && { name, holder, token: row.token };
  }

  /** Says that a process is alive, and for how long that is to be believed. */
  async join(name: string, holder: string, durationMs: number): Promise<void> {
    await this.#database.$executeRaw`
      INSERT INTO lease (name, holder, token, expires_at)
      VALUES (${name}, ${holder}, 1, now() + ${durationMs}::int * interval '1 millisecond')
      ON CONFLICT (name) DO UPDATE SET expires_at = excluded.expires_at`;
  }

  /** Takes that back, and clears away what processes left behind that are long gone. */
  async leave(name: string, holder: string): Promise<void> {
    await this.#database.$executeRaw`
      DELETE FROM lease WHERE (name = ${name} AND holder = ${holder})
        OR (name LIKE 'reconciler/%/member/%' AND expires_at < now() - interval '1 hour')`;
  }

  /** Prolongs what this holder still has; the names of that. */
  async renewAll(fences: readonly Fence[], durationMs: number): Promise<ReadonlySet<string>> {
    const [first] = fences;
    if (first === undefined) return new Set();
    const names = Prisma.join(fences.map(({ name }) => name));
    const rows = await this.#database.$queryRaw<readonly { name: string }[]>`
      UPDATE lease SET expires_at = now() + ${durationMs}::int * interval '1 millisecond'
      WHERE holder = ${first.holder} AND name IN (${names})
      RETURNING name`;
    return new Set(rows.map(({ name }) => name));
  }

  /** Leases by the beginning of their name, as they are now. */
  async list(
    prefix: string,
  ): Promise<
    readonly { readonly name: string; readonly holder: string; readonly isAlive: boolean }[]
  > {
    return this.#database.$queryRaw`
      SELECT name, holder, expires_at > now() AS "isAlive" FROM lease
      WHERE starts_with(name, ${prefix})`;
  }

  /** Gives the lease back, so that the next holder need not wait. */
  async release(fence: Fence): Promise<void> {
    await this.#database.$executeRaw`
      UPDATE lease SET expires_at = now()
      WHERE name = ${fence.name} AND holder = ${fence.holder} AND token = ${fence.token}`;
  }
}

/**
 * Throws `failed_precondition` unless the fence is the present one, and keeps it so until the
 * transaction ends: a take-over waits for the row.
 */
export async function requireFence(tx: Transaction, fence: Fence): Promise<void> {
  const rows = await tx.$queryRaw<readonly unknown[]>`${present(fence)}`;
  if (rows.length !== 1) throw lost(fence);
}

/**
 * Makes changes in one statement, which is one transaction: nothing is written unless the fence is the present one,
 * and then `failed_precondition` is thrown. `changes` are parts of WITH, each of which takes its rows `FROM held`;
 * `result` is what is told of them.
 */
export async function writeFenced(
  database: Database,
  fence: Fence,
  changes: Prisma.Sql,
  result: Prisma.Sql = Prisma.sql`0`,
): Promise<number> {
  const rows = await database.$queryRaw<readonly { readonly result: number }[]>`
    WITH held AS (${present(fence)}), ${changes} SELECT (${result})::int AS result FROM held`;
  const [row] = rows;
  if (row === undefined) throw lost(fence);
  return row.result;
}

function present({ name, holder, token }: Fence): Prisma.Sql {
  return Prisma.sql`SELECT 1 FROM lease
    WHERE name = ${name} AND holder = ${holder} AND token = ${token} AND expires_at > now()
    FOR SHARE`;
}

function lost({ name, holder, token }: Fence): AppError {
  return new AppError('failed_precondition', 'This process no longer leads; nothing was written.', {
    detail: `fence ${name} ${holder} ${token}`,
  });
}
