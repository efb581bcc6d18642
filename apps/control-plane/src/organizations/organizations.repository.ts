import type { Transaction } from '../database/database.ts';

/** A tenant: nothing of one organization is visible in another. */
export interface Organization {
  readonly id: string;
  readonly displayName: string;
  readonly createdAtMs: number;
}

/** Organizations in the database. */
export class OrganizationsRepository {
  /** Writes nothing when it is there already. */
  async ensure(tx: Transaction, organization: Organization): Promise<void> {
    const { id, displayName, createdAtMs } = organization;
    await tx.organization.createMany({
      data: [{ id, displayName, createdAt: new Date(createdAtMs) }],
      skipDuplicates: true,
    });
  }
}
