import { AppError } from '@weirhouse/shared-kernel';
import type { TooManyAttempts } from '../auth/attempt-limiter.ts';
import type { Database, Transaction } from '../database/database.ts';
import { findTakenKey } from '../database/sql-errors.ts';

/** How long the answer to a request is kept. */
export const ANSWER_KEPT_MS = 24 * 60 * 60 * 1_000;
/** Keys that an organization may have at a time: with the largest answers some 640 MB. */
export const KEYS_MAX = 10_000;
/** When some of too many keys may be free again. */
const RETRY_AFTER_MS = 60 * 60 * 1_000;
/** Rows that are removed at once. */
const PRUNE_ROWS = 1_000;

/** A request that was made with a key. */
export interface IdempotencyKey {
  readonly id: string;
  readonly organizationId: string;
  readonly requestHash: string;
  readonly createdAtMs: number;
}

/** Requests with a key, and their sealed answers. */
export class IdempotencyKeysRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** What was answered, unless that is too long ago. */
  async find(
    id: string,
    nowMs: number,
  ): Promise<{ readonly requestHash: string; readonly answer: Uint8Array } | undefined> {
    const row = await this.#database.idempotencyKey.findUnique({ where: { id } });
    if (row?.answerEncrypted == null || row.createdAt.getTime() <= nowMs - ANSWER_KEPT_MS)
      return undefined;
    return { requestHash: row.requestHash, answer: row.answerEncrypted };
  }

  /**
   * Takes a key for a transaction; waits for another one that has it. Throws `failed_precondition` when
   * that one has answered, `rate_limited` when the organization has too many keys.
   */
  async claim(tx: Transaction, key: IdempotencyKey): Promise<void> {
    const { createdAtMs, id, organizationId, requestHash } = key;
    const expired = { lte: new Date(createdAtMs - ANSWER_KEPT_MS) };
    await tx.idempotencyKey.deleteMany({ where: { id, createdAt: expired } });
    const where = { organizationId, createdAt: { gt: expired.lte } };
    const last = await tx.idempotencyKey.findFirst({
      where,
      orderBy: { createdAt: 'desc' },
      skip: KEYS_MAX - 1,
      select: { id: true },
    });
    if (last !== null) throw tooManyKeys();
    try {
      const createdAt = new Date(createdAtMs);
      await tx.idempotencyKey.create({ data: { id, organizationId, requestHash, createdAt } });
    } catch (error) {
      if (findTakenKey(error) === undefined) throw error;
      throw new AppError('failed_precondition', 'The same request was answered meanwhile.');
    }
  }

  /** Keeps the answer of a key that this transaction has. */
  async keep(tx: Transaction, id: string, answer: Buffer): Promise<void> {
    const data = { answerEncrypted: Uint8Array.from(answer) };
    await tx.idempotencyKey.update({ where: { id }, data });
  }

  /** Removes some of what is too old; true when there may be more. */
  async prune(nowMs: number): Promise<boolean> {
    const { idempotencyKey } = this.#database;
    const rows = await idempotencyKey.findMany({
      where: { createdAt: { lte: new Date(nowMs - ANSWER_KEPT_MS) } },
      orderBy: { createdAt: 'asc' },
      select: { id: true },
      take: PRUNE_ROWS,
    });
    await idempotencyKey.deleteMany({ where: { id: { in: rows.map(({ id }) => id) } } });
    return rows.length === PRUNE_ROWS;
  }
}

function tooManyKeys(): AppError {
  const cause: TooManyAttempts = { retryAfterMs: RETRY_AFTER_MS };
  return new AppError(
    'rate_limited',
    `Your organization has used ${KEYS_MAX} idempotency keys within a day: send no Idempotency-Key, or wait.`,
    { cause },
  );
}
