import { cutPage, type Page } from '@weirhouse/cloud-contract';
import { AppError } from '@weirhouse/shared-kernel';
import type { Database, Transaction } from '../database/database.ts';
import type { ClientQuota as Row } from '../database/generated/client.ts';
import { findTakenKey, isReferenceViolation } from '../database/sql-errors.ts';
import { afterPageKey, PAGE_ORDER, toNumber, type PageRequest } from '../database/values.ts';

/** How much some principals may send to and take from a cluster, together per principal. */
export interface ClientQuota {
  readonly id: string;
  readonly organizationId: string;
  readonly environmentId: string;
  readonly clusterId: string;
  readonly displayName: string;
  readonly description: string;
  /** Bytes per second. */
  readonly ingressByteRate: number;
  readonly egressByteRate: number;
  /** Ids of service accounts, or `<default>`. */
  readonly principalIds: readonly string[];
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

const WITH_PRINCIPALS = { principals: { orderBy: { principalId: 'asc' } } } as const;

/** Client quotas in the database. Every look-up names the organization. */
export class ClientQuotasRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(organizationId: string, id: string): Promise<ClientQuota | undefined> {
    const row = await this.#database.clientQuota.findFirst({
      where: { id, organizationId },
      include: WITH_PRINCIPALS,
    });
    return row === null ? undefined : fromRow(row);
  }

  /** The quotas of a cluster, which the caller has looked up. */
  async list(clusterId: string, page: PageRequest): Promise<Page<ClientQuota>> {
    const rows = await this.#database.clientQuota.findMany({
      where: { clusterId, ...afterPageKey(page.after) },
      include: WITH_PRINCIPALS,
      orderBy: [...PAGE_ORDER],
      take: page.pageSize + 1,
    });
    return cutPage(rows.map(fromRow), page.pageSize, (row) => row);
  }

  /** Throws `already_exists` on `id`, or on the principals when one has a quota already. */
  async insert(tx: Transaction, quota: ClientQuota): Promise<void> {
    const { createdAtMs, updatedAtMs, principalIds, ...columns } = quota;
    try {
      await tx.clientQuota.create({
        data: {
          ...columns,
          ingressByteRate: BigInt(quota.ingressByteRate),
          egressByteRate: BigInt(quota.egressByteRate),
          createdAt: new Date(createdAtMs),
          updatedAt: new Date(updatedAtMs),
        },
      });
    } catch (cause) {
      if (isReferenceViolation(cause)) throw clusterGone(quota.clusterId, cause);
      if (findTakenKey(cause) !== 'id') throw cause;
      throw new AppError('already_exists', `There is a client quota ${quota.id}.`, {
        field: 'id',
        cause,
      });
    }
    await insertPrincipals(tx, { ...quota, principalIds });
  }

  /** Answers whether there was such a quota. */
  async update(tx: Transaction, quota: ClientQuota): Promise<boolean> {
    const { id, organizationId, displayName, description } = quota;
    const { count } = await tx.clientQuota.updateMany({
      where: { id, organizationId },
      data: {
        displayName,
        description,
        ingressByteRate: BigInt(quota.ingressByteRate),
        egressByteRate: BigInt(quota.egressByteRate),
        updatedAt: new Date(quota.updatedAtMs),
      },
    });
    if (count === 0) return false;
    await tx.clientQuotaPrincipal.deleteMany({ where: { quotaId: id } });
    await insertPrincipals(tx, quota);
    return true;
  }

  async delete(tx: Transaction, organizationId: string, id: string): Promise<boolean> {
    const { count } = await tx.clientQuota.deleteMany({ where: { id, organizationId } });
    return count > 0;
  }

  /** Takes a principal that is going out of its quotas, and quotas with nobody left; the clusters. */
  async forgetPrincipal(tx: Transaction, principalId: string): Promise<readonly string[]> {
    const rows = await tx.clientQuotaPrincipal.findMany({ where: { principalId } });
    await tx.clientQuotaPrincipal.deleteMany({ where: { principalId } });
    const ids = rows.map(({ quotaId }) => quotaId);
    await tx.clientQuota.deleteMany({ where: { id: { in: ids }, principals: { none: {} } } });
    return rows.map(({ clusterId }) => clusterId);
  }
}

async function insertPrincipals(
  tx: Transaction,
  { clusterId, id, principalIds }: Pick<ClientQuota, 'clusterId' | 'id' | 'principalIds'>,
): Promise<void> {
  try {
    await tx.clientQuotaPrincipal.createMany({
      data: principalIds.map((principalId) => ({ clusterId, principalId, quotaId: id })),
    });
  } catch (cause) {
    if (findTakenKey(cause) === undefined) throw cause;
    throw new AppError(
      'already_exists',
      'One of the principals has a client quota on this cluster already: a principal can be in one only.',
      { field: '/spec/principals', cause },
    );
  }
}

function clusterGone(clusterId: string, cause: unknown): AppError {
  return new AppError('invalid_argument', `There is no Kafka cluster ${clusterId}.`, {
    field: '/spec/cluster/id',
    cause,
  });
}

function fromRow(row: Row & { principals: readonly { principalId: string }[] }): ClientQuota {
  const { principals, createdAt, updatedAt, ingressByteRate, egressByteRate, ...columns } = row;
  return {
    ...columns,
    ingressByteRate: toNumber(ingressByteRate),
    egressByteRate: toNumber(egressByteRate),
    principalIds: principals.map(({ principalId }) => principalId),
    createdAtMs: createdAt.getTime(),
    updatedAtMs: updatedAt.getTime(),
  };
}
