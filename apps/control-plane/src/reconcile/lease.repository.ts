import { AppError } from '@weirhouse/shared-kernel';
import type { Database, Transaction } from '../database/database.ts';

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

  /** Prolongs the lease; false when somebody else has it now. */
  async renew(fence: Fence, durationMs: number): Promise<boolean> {
    const count = await this.#database.$executeRaw`
      UPDATE lease SET expires_at = now() + ${durationMs}::int * interval '1 millisecond'
      WHERE name = ${fence.name} AND holder = ${fence.holder} AND token = ${fence.token}`;
    return count === 1;
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
  const rows = await tx.$queryRaw<readonly unknown[]>`
    SELECT 1 FROM lease
    WHERE name = ${fence.name} AND holder = ${fence.holder} AND token = ${fence.token}
      AND expires_at > now()
    FOR SHARE`;
  if (rows.length !== 1)
    throw new AppError(
      'failed_precondition',
      'This process no longer leads; nothing was written.',
      {
        detail: `fence ${fence.name} ${fence.holder} ${fence.token}`,
      },
    );
}
