import { fromRow as userFromRow, type User } from '../users/users.repository.ts';
import type { Database, Transaction } from '../database/database.ts';

/** Sessions that one sign-in removes at most: it need not wait for a whole month's. */
const EXPIRED_MAX = 100;

/** A sign-in and who it is. */
export interface Session {
  readonly id: string;
  readonly user: User;
  readonly expiresAtMs: number;
}

/** Whether a session goes on at a moment. */
export function isOpen(session: Session, nowMs: number): boolean {
  return nowMs < session.expiresAtMs;
}

/** A session as it is stored. */
export interface NewSession {
  readonly id: string;
  readonly organizationId: string;
  readonly userId: string;
  /** SHA-256 of the refresh token. */
  readonly refreshHash: Buffer;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

/** Sessions in the database. They are found by ids that nobody can guess. */
export class SessionsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(id: string): Promise<Session | undefined> {
    const row = await this.#database.userSession.findUnique({
      where: { id },
      include: { user: true },
    });
    if (row === null) return undefined;
    return { id, user: userFromRow(row.user), expiresAtMs: row.expiresAt.getTime() };
  }

  async insert(tx: Transaction, session: NewSession): Promise<void> {
    const { refreshHash, createdAtMs, expiresAtMs, ...columns } = session;
    await tx.userSession.create({
      data: {
        ...columns,
        refreshHash: Uint8Array.from(refreshHash),
        createdAt: new Date(createdAtMs),
        refreshedAt: new Date(createdAtMs),
        expiresAt: new Date(expiresAtMs),
      },
    });
  }

  /** Replaces the refresh token. Answers false when the old one is not the current one. */
  async rotate(
    tx: Transaction,
    id: string,
    change: { readonly from: Buffer; readonly to: Buffer; readonly nowMs: number },
  ): Promise<boolean> {
    const { count } = await tx.userSession.updateMany({
      where: { id, refreshHash: Uint8Array.from(change.from) },
      data: { refreshHash: Uint8Array.from(change.to), refreshedAt: new Date(change.nowMs) },
    });
    return count > 0;
  }

  /** Answers whether there was one. */
  async delete(tx: Transaction, id: string): Promise<boolean> {
    const { count } = await tx.userSession.deleteMany({ where: { id } });
    return count > 0;
  }

  /** Ends the sessions of a user, but for one that goes on. */
  async deleteOfUser(tx: Transaction, userId: string, keptId: string | undefined): Promise<void> {
    const kept = keptId === undefined ? {} : { id: { not: keptId } };
    await tx.userSession.deleteMany({ where: { userId, ...kept } });
  }

  /** Removes what ended by itself. */
  async deleteExpired(tx: Transaction, nowMs: number): Promise<void> {
    const rows = await tx.userSession.findMany({
      where: { expiresAt: { lte: new Date(nowMs) } },
      orderBy: { expiresAt: 'asc' },
      take: EXPIRED_MAX,
      select: { id: true },
    });
    if (rows.length === 0) return;
    await tx.userSession.deleteMany({ where: { id: { in: rows.map(({ id }) => id) } } });
  }
}
