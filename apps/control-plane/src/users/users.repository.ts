import type { Database, Transaction } from '../database/database.ts';

/** A person with an account. */
export interface User {
  readonly id: string;
  readonly organizationId: string;
  readonly email: string;
  readonly fullName: string;
}

/** Users in the database. Every look-up names the organization. */
export class UsersRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(organizationId: string, id: string): Promise<User | undefined> {
    const row = await this.#database.userAccount.findFirst({ where: { id, organizationId } });
    if (row === null) return undefined;
    return {
      id: row.id,
      organizationId: row.organizationId,
      email: row.email,
      fullName: row.fullName,
    };
  }

  /** Writes nothing when the id or the e-mail is there already. */
  async ensure(tx: Transaction, user: User, nowMs: number): Promise<void> {
    const createdAt = new Date(nowMs);
    await tx.userAccount.createMany({
      data: [{ ...user, createdAt, updatedAt: createdAt }],
      skipDuplicates: true,
    });
  }
}
