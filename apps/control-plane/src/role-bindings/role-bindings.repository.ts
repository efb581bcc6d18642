import { findCrnParts, findCrnValue, formatCrnSteps } from '@weirhouse/cloud-contract';
import { assert } from '@weirhouse/shared-kernel';
import type { Database, Transaction } from '../database/database.ts';

/** A role that a principal has on what a CRN pattern names. */
export interface RoleBinding {
  readonly id: string;
  readonly organizationId: string;
  /** `User:sa-x`, `User:u-x` or `User:pool-x`. */
  readonly principal: string;
  readonly roleName: string;
  readonly crnPattern: string;
  readonly createdAtMs: number;
}

/** Where bindings lie: what decides which clusters' ACLs they are part of. */
interface BindingPlace {
  readonly environmentId: string | null;
  readonly clusterId: string | null;
}

/** Role bindings in the database. Every look-up names the organization. */
export class RoleBindingsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** What a principal's rights are made of. */
  listOfPrincipal(
    organizationId: string,
    principal: string,
  ): Promise<readonly { readonly roleName: string; readonly crnPattern: string }[]> {
    return this.#database.roleBinding.findMany({
      where: { organizationId, principal },
      select: { roleName: true, crnPattern: true },
    });
  }

  /** Writes nothing when the same binding is there already. */
  async ensure(tx: Transaction, binding: RoleBinding): Promise<void> {
    await tx.roleBinding.createMany({ data: [toRow(binding)], skipDuplicates: true });
  }

  /** Answers the clusters whose ACLs change by it. */
  async deleteOfPrincipal(
    tx: Transaction,
    organizationId: string,
    principal: string,
  ): Promise<readonly string[]> {
    const where = { organizationId, principal };
    const places = await tx.roleBinding.findMany({
      where,
      select: { environmentId: true, clusterId: true },
    });
    await tx.roleBinding.deleteMany({ where });
    return this.listClusterIds(tx, organizationId, places);
  }

  /** The clusters that bindings in these places reach: one, an environment's, or all. */
  async listClusterIds(
    tx: Transaction,
    organizationId: string,
    places: readonly BindingPlace[],
  ): Promise<readonly string[]> {
    if (places.length === 0) return [];
    const anywhere = places.some(({ environmentId }) => environmentId === null);
    const rows = await tx.kafkaCluster.findMany({
      where: anywhere ? { organizationId } : { organizationId, OR: places.map(whereOf) },
      select: { id: true },
    });
    return rows.map(({ id }) => id);
  }
}

function whereOf({ environmentId, clusterId }: BindingPlace): {
  readonly environmentId: string;
  readonly id?: string;
} {
  assert(environmentId !== null, 'only bindings inside an environment are narrowed');
  return clusterId === null ? { environmentId } : { environmentId, id: clusterId };
}

function toRow({
  createdAtMs,
  ...columns
}: RoleBinding): Omit<RoleBinding, 'createdAtMs'> &
  BindingPlace & { readonly path: string; readonly createdAt: Date } {
  const parts = findCrnParts(columns.crnPattern) ?? [];
  return {
    ...columns,
    path: formatCrnSteps(parts),
    environmentId: literal(findCrnValue(parts, 'environment')),
    clusterId: literal(findCrnValue(parts, 'cloud-cluster')),
    createdAt: new Date(createdAtMs),
  };
}

/** A pattern for several ids lies in none of them. */
function literal(value: string | undefined): string | null {
  return value === undefined || value.endsWith('*') ? null : value;
}
