import { cutPage, type Page } from '@weirhouse/cloud-contract';
import { AppError, assert } from '@weirhouse/shared-kernel';
import type { Database, Transaction } from '../database/database.ts';
import type { Prisma, RoleBinding as Row } from '../database/generated/client.ts';
import { findTakenKey, isReferenceViolation } from '../database/sql-errors.ts';
import { afterPageKey, PAGE_ORDER, type PageRequest } from '../database/values.ts';
import { placeOf, type BindingPlace, type PathFilter } from './binding-place.ts';

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

/** Filters of a list; undefined = any. */
export interface RoleBindingFilter {
  readonly at: PathFilter;
  readonly principal: string | undefined;
  readonly roleName: string | undefined;
  /** One's own bindings, and those at some places. */
  readonly visible: { readonly principal: string; readonly at: PathFilter } | 'all';
}

/** The role without which nobody could give roles any more. */
const ADMIN_ROLE = 'OrganizationAdmin';

/** Role bindings in the database. Every look-up names the organization. */
export class RoleBindingsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(organizationId: string, id: string): Promise<RoleBinding | undefined> {
    const row = await this.#database.roleBinding.findFirst({ where: { id, organizationId } });
    return row === null ? undefined : fromRow(row);
  }

  /** The binding of the same role to the same principal at the same place. */
  async findSame(
    binding: Pick<RoleBinding, 'organizationId' | 'principal' | 'roleName' | 'crnPattern'>,
  ): Promise<RoleBinding | undefined> {
    const { organizationId, principal, roleName } = binding;
    const { path } = placeOf(binding.crnPattern);
    const row = await this.#database.roleBinding.findFirst({
      where: { organizationId, principal, roleName, path },
    });
    return row === null ? undefined : fromRow(row);
  }

  async list(
    organizationId: string,
    page: PageRequest,
    filter: RoleBindingFilter,
  ): Promise<Page<RoleBinding>> {
    const { at, principal, roleName, visible } = filter;
    const AND: Prisma.RoleBindingWhereInput[] = [{ OR: whereAt(at) }];
    if (visible !== 'all')
      AND.push({ OR: [{ principal: visible.principal }, ...whereAt(visible.at)] });
    const rows = await this.#database.roleBinding.findMany({
      where: {
        organizationId,
        ...(principal === undefined ? {} : { principal }),
        ...(roleName === undefined ? {} : { roleName }),
        AND,
        ...afterPageKey(page.after),
      },
      orderBy: [...PAGE_ORDER],
      take: page.pageSize + 1,
    });
    return cutPage(rows.map(fromRow), page.pageSize, (row) => row);
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

  /**
   * Throws `already_exists`, on `id` when the id is taken, or `not_found` when its environment or
   * cluster went away meanwhile. Answers the clusters whose ACLs change by it.
   */
  async insert(tx: Transaction, binding: RoleBinding): Promise<readonly string[]> {
    const row = toRow(binding);
    try {
      await tx.roleBinding.create({ data: row });
    } catch (cause) {
      const taken = findTakenKey(cause);
      if (taken !== undefined) {
        const field = taken === 'id' ? 'id' : 'crn_pattern';
        throw new AppError('already_exists', 'This role binding exists already.', { field, cause });
      }
      if (isReferenceViolation(cause))
        throw new AppError('invalid_argument', 'What crn_pattern names is gone.', { cause });
      throw cause;
    }
    return listClusterIds(tx, binding.organizationId, [row]);
  }

  /**
   * Answers the clusters whose ACLs change by it, or undefined when there was no such binding.
   * Throws `failed_precondition` for the last administrator of the organization.
   */
  async delete(
    tx: Transaction,
    { id, organizationId, roleName, crnPattern }: RoleBinding,
  ): Promise<readonly string[] | undefined> {
    if (roleName === ADMIN_ROLE) await lockOrganization(tx, organizationId);
    const { count } = await tx.roleBinding.deleteMany({ where: { id, organizationId } });
    if (count === 0) return undefined;
    if (roleName === ADMIN_ROLE) await requireAdmin(tx, organizationId);
    return listClusterIds(tx, organizationId, [placeOf(crnPattern)]);
  }

  /**
   * Answers the clusters whose ACLs change by it. Throws `failed_precondition` for the last
   * administrator of the organization.
   */
  async deleteOfPrincipal(
    tx: Transaction,
    organizationId: string,
    principal: string,
  ): Promise<readonly string[]> {
    const where = { organizationId, principal };
    const rows = await tx.roleBinding.findMany({ where });
    const isAdmin = rows.some(({ roleName }) => roleName === ADMIN_ROLE);
    if (isAdmin) await lockOrganization(tx, organizationId);
    await tx.roleBinding.deleteMany({ where });
    if (isAdmin) await requireAdmin(tx, organizationId);
    return listClusterIds(tx, organizationId, rows);
  }
}

/** Two who take the last two administrators' roles away at once wait for each other. */
async function lockOrganization(tx: Transaction, organizationId: string): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM "organization" WHERE "id" = ${organizationId} FOR UPDATE`;
}

async function requireAdmin(tx: Transaction, organizationId: string): Promise<void> {
  const where = { organizationId, roleName: ADMIN_ROLE };
  if ((await tx.roleBinding.findFirst({ where })) === null) {
    throw new AppError(
      'failed_precondition',
      `This would leave the organization without an ${ADMIN_ROLE}: give the role to somebody else first.`,
    );
  }
}

/** The clusters that bindings in these places reach: one, an environment's, or all. */
async function listClusterIds(
  tx: Transaction,
  organizationId: string,
  places: readonly Omit<BindingPlace, 'path'>[],
): Promise<readonly string[]> {
  if (places.length === 0) return [];
  const anywhere = places.some(({ environmentId }) => environmentId === null);
  const rows = await tx.kafkaCluster.findMany({
    where: anywhere ? { organizationId } : { organizationId, OR: places.map(whereCluster) },
    select: { id: true },
  });
  return rows.map(({ id }) => id);
}

function whereCluster({
  environmentId,
  clusterId,
}: Omit<BindingPlace, 'path'>): Prisma.KafkaClusterWhereInput {
  assert(environmentId !== null, 'only bindings inside an environment are narrowed');
  return clusterId === null ? { environmentId } : { environmentId, id: clusterId };
}

function whereAt({ equals, startsWith }: PathFilter): Prisma.RoleBindingWhereInput[] {
  return [
    { path: { in: [...equals] } },
    ...startsWith.map((beginning) => ({ path: { startsWith: beginning } })),
  ];
}

function toRow({ createdAtMs, ...columns }: RoleBinding): Row {
  return { ...columns, ...placeOf(columns.crnPattern), createdAt: new Date(createdAtMs) };
}

function fromRow(row: Row): RoleBinding {
  return {
    id: row.id,
    organizationId: row.organizationId,
    principal: row.principal,
    roleName: row.roleName,
    crnPattern: row.crnPattern,
    createdAtMs: row.createdAt.getTime(),
  };
}
