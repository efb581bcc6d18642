import type { Transaction } from '../database/database.ts';

/** A role that a principal has on what a CRN pattern names. */
export interface RoleBinding {
  readonly id: string;
  readonly organizationId: string;
  /** `User:sa-x` or `User:u-x`. */
  readonly principal: string;
  readonly roleName: string;
  readonly crnPattern: string;
  /** The cluster the pattern lies in, when it lies in one. */
  readonly clusterId: string | undefined;
  readonly createdAtMs: number;
}

/** Role bindings in the database. */
export class RoleBindingsRepository {
  /** Writes nothing when the same binding is there already. */
  async ensure(tx: Transaction, binding: RoleBinding): Promise<void> {
    const { createdAtMs, clusterId, ...columns } = binding;
    const data = {
      ...columns,
      clusterId: clusterId ?? null,
      createdAt: new Date(createdAtMs),
    };
    await tx.roleBinding.createMany({ data: [data], skipDuplicates: true });
  }

  /** Answers the clusters whose ACLs change by it. */
  async deleteOfPrincipal(
    tx: Transaction,
    organizationId: string,
    principal: string,
  ): Promise<readonly string[]> {
    const where = { organizationId, principal };
    const rows = await tx.roleBinding.findMany({ where, select: { clusterId: true } });
    await tx.roleBinding.deleteMany({ where });
    return rows.flatMap(({ clusterId }) => (clusterId === null ? [] : [clusterId]));
  }
}
