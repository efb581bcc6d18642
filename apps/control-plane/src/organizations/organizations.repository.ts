import { AppError } from '@weirhouse/shared-kernel';
import type { Database, Transaction } from '../database/database.ts';

/** A tenant: nothing of one organization is visible in another. */
export interface Organization {
  readonly id: string;
  readonly displayName: string;
  readonly createdAtMs: number;
}

/** Organizations in the database. */
export class OrganizationsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Throws `not_found`. */
  async get(id: string): Promise<Organization> {
    const row = await this.#database.organization.findUnique({ where: { id } });
    if (row === null) throw new AppError('not_found', `There is no organization ${id}.`);
    return { id, displayName: row.displayName, createdAtMs: row.createdAt.getTime() };
  }

  /** Answers whether there was one. */
  async rename(tx: Transaction, id: string, displayName: string): Promise<boolean> {
    const { count } = await tx.organization.updateMany({ where: { id }, data: { displayName } });
    return count > 0;
  }

  /** Writes nothing when it is there already. */
  async ensure(tx: Transaction, organization: Organization): Promise<void> {
    const { id, displayName, createdAtMs } = organization;
    await tx.organization.createMany({
      data: [{ id, displayName, createdAt: new Date(createdAtMs) }],
      skipDuplicates: true,
    });
  }
}
