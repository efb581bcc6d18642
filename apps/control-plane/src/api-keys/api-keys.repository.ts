import { cutPage, type Page } from '@weirhouse/cloud-contract';
import { AppError, assert } from '@weirhouse/shared-kernel';
import type { Database, Transaction } from '../database/database.ts';
import type { Prisma } from '../database/generated/client.ts';
import { findTakenKey, isReferenceViolation } from '../database/sql-errors.ts';
import { afterPageKey, PAGE_ORDER, type PageRequest } from '../database/values.ts';

/** Whose key it is. */
export interface ApiKeyOwner {
  readonly kind: 'User' | 'ServiceAccount';
  readonly id: string;
}

/** What a key opens: this REST API, one cluster, or both the API and every cluster's REST. */
export type ApiKeyResource =
  | { readonly kind: 'Cloud' }
  | { readonly kind: 'Global' }
  | { readonly kind: 'Cluster'; readonly clusterId: string; readonly environmentId: string };

/** An API key without anything secret. */
export interface ApiKey {
  readonly id: string;
  readonly organizationId: string;
  readonly owner: ApiKeyOwner;
  readonly resource: ApiKeyResource;
  readonly displayName: string;
  readonly description: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** What is needed to log in with a key. */
export interface ApiKeyLogin {
  readonly organizationId: string;
  readonly owner: ApiKeyOwner;
  readonly resourceKind: ApiKeyResource['kind'];
  /** The cluster of a cluster key. */
  readonly clusterId: string | undefined;
  readonly secretHash: Uint8Array;
}

/** The secret parts of a new key, as they are stored. */
export interface ApiKeySecrets {
  readonly secretHash: Buffer;
  /** Cluster keys only. */
  readonly scramEncrypted: Buffer | undefined;
}

/** Which keys may be seen: one's own, and those of some clusters or of all in some environments. */
export interface VisibleKeys {
  readonly ownerId: string;
  readonly environmentIds: readonly string[];
  readonly clusterIds: readonly string[];
}

/** Filters of a list; undefined = any. */
export interface ApiKeyFilter {
  readonly visible?: VisibleKeys | undefined;
  readonly ownerId: string | undefined;
  /** A cluster's id, `cloud` or `global`. */
  readonly resourceId: string | undefined;
}

/** The row, and the environment that the cluster's name needs. */
const WITH_CLUSTER = { cluster: { select: { environmentId: true } } } as const;

type Row = Prisma.ApiKeyGetPayload<{ include: typeof WITH_CLUSTER }>;

/** API keys in the database. A key whose deletion was requested is not found here any more. */
export class ApiKeysRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(organizationId: string, id: string): Promise<ApiKey | undefined> {
    const row = await this.#database.apiKey.findFirst({
      where: { id, organizationId, deletionRequestedAt: null },
      include: WITH_CLUSTER,
    });
    return row === null ? undefined : fromRow(row);
  }

  /** The one look-up that knows no organization: it is how the organization becomes known. */
  async findForLogin(id: string): Promise<ApiKeyLogin | undefined> {
    const row = await this.#database.apiKey.findUnique({
      where: { id },
      select: {
        organizationId: true,
        ownerKind: true,
        ownerId: true,
        resourceKind: true,
        clusterId: true,
        secretHash: true,
        deletionRequestedAt: true,
      },
    });
    if (row === null || row.deletionRequestedAt !== null) return undefined;
    return {
      organizationId: row.organizationId,
      owner: ownerOf(row),
      resourceKind: resourceKindOf(row),
      clusterId: row.clusterId ?? undefined,
      secretHash: row.secretHash,
    };
  }

  /** True when the cluster's brokers know the key as it is now. */
  async isPushed(id: string): Promise<boolean> {
    const row = await this.#database.apiKey.findUnique({ where: { id } });
    return row !== null && row.pushedGeneration >= row.generation;
  }

  async list(
    organizationId: string,
    page: PageRequest,
    filter: ApiKeyFilter,
  ): Promise<Page<ApiKey>> {
    const rows = await this.#database.apiKey.findMany({
      where: {
        organizationId,
        deletionRequestedAt: null,
        ...(filter.ownerId === undefined ? {} : { ownerId: filter.ownerId }),
        ...resourceFilter(filter.resourceId),
        ...visibleKeys(filter.visible),
        ...afterPageKey(page.after),
      },
      include: WITH_CLUSTER,
      orderBy: [...PAGE_ORDER],
      take: page.pageSize + 1,
    });
    return cutPage(rows.map(fromRow), page.pageSize, (row) => row);
  }

  /** Throws `already_exists` on `id`, or `not_found` when the cluster went away meanwhile. */
  async insert(tx: Transaction, key: ApiKey, secrets: ApiKeySecrets): Promise<void> {
    try {
      await tx.apiKey.create({
        data: {
          id: key.id,
          organizationId: key.organizationId,
          ownerKind: key.owner.kind,
          ownerId: key.owner.id,
          resourceKind: key.resource.kind,
          clusterId: key.resource.kind === 'Cluster' ? key.resource.clusterId : null,
          displayName: key.displayName,
          description: key.description,
          secretHash: Uint8Array.from(secrets.secretHash),
          scramEncrypted:
            secrets.scramEncrypted === undefined ? null : Uint8Array.from(secrets.scramEncrypted),
          createdAt: new Date(key.createdAtMs),
          updatedAt: new Date(key.updatedAtMs),
        },
      });
    } catch (cause) {
      if (findTakenKey(cause) !== undefined)
        throw new AppError('already_exists', 'The key id is taken.', { field: 'id', cause });
      if (isReferenceViolation(cause))
        throw new AppError('not_found', 'The cluster is gone.', { cause });
      throw cause;
    }
  }

  /** Answers whether there was such a key. */
  async update(tx: Transaction, key: ApiKey): Promise<boolean> {
    const { id, organizationId, displayName, description, updatedAtMs } = key;
    const { count } = await tx.apiKey.updateMany({
      where: { id, organizationId, deletionRequestedAt: null },
      data: { displayName, description, updatedAt: new Date(updatedAtMs) },
    });
    return count > 0;
  }

  /**
   * Deletes a Cloud or Global key; asks for the deletion of a cluster key, whose row the reconciler removes
   * once the brokers have forgotten it. Answers whether there was such a key.
   */
  async delete(tx: Transaction, key: ApiKey, nowMs: number): Promise<boolean> {
    const where = { id: key.id, organizationId: key.organizationId, deletionRequestedAt: null };
    const { count } =
      key.resource.kind === 'Cluster'
        ? await tx.apiKey.updateMany({ where, data: requestDeletion(nowMs) })
        : await tx.apiKey.deleteMany({ where });
    return count > 0;
  }

  /** The same for every key of an owner; answers the clusters that must forget some. */
  async deleteOfOwner(
    tx: Transaction,
    owner: { readonly organizationId: string; readonly ownerId: string; readonly nowMs: number },
  ): Promise<readonly string[]> {
    const { organizationId, ownerId, nowMs } = owner;
    const where = { organizationId, ownerId, deletionRequestedAt: null };
    await tx.apiKey.deleteMany({ where: { ...where, clusterId: null } });
    const rows = await tx.apiKey.findMany({ where, select: { clusterId: true } });
    await tx.apiKey.updateMany({ where, data: requestDeletion(nowMs) });
    return rows.flatMap(({ clusterId }) => (clusterId === null ? [] : [clusterId]));
  }
}

function requestDeletion(nowMs: number): {
  deletionRequestedAt: Date;
  generation: { increment: number };
} {
  return { deletionRequestedAt: new Date(nowMs), generation: { increment: 1 } };
}

function visibleKeys(visible: VisibleKeys | undefined): Prisma.ApiKeyWhereInput {
  if (visible === undefined) return {};
  const { ownerId, environmentIds, clusterIds } = visible;
  const OR: Prisma.ApiKeyWhereInput[] = [{ ownerId }];
  if (clusterIds.length > 0) OR.push({ clusterId: { in: [...clusterIds] } });
  if (environmentIds.length > 0)
    OR.push({ cluster: { environmentId: { in: [...environmentIds] } } });
  return { AND: [{ OR }] };
}

function resourceFilter(id: string | undefined): { resourceKind?: string; clusterId?: string } {
  if (id === undefined) return {};
  if (id === 'cloud') return { resourceKind: 'Cloud' };
  return id === 'global' ? { resourceKind: 'Global' } : { clusterId: id };
}

function resourceKindOf({
  resourceKind: kind,
}: {
  readonly resourceKind: string;
}): ApiKeyResource['kind'] {
  assert(
    kind === 'Cloud' || kind === 'Global' || kind === 'Cluster',
    'a key opens something known',
  );
  return kind;
}

function resourceOf(row: Row): ApiKeyResource {
  const kind = resourceKindOf(row);
  const { clusterId, cluster } = row;
  if (kind !== 'Cluster') return { kind };
  assert(clusterId !== null && cluster !== null, 'a cluster key names its cluster');
  return { kind, clusterId, environmentId: cluster.environmentId };
}

function fromRow(row: Row): ApiKey {
  return {
    id: row.id,
    organizationId: row.organizationId,
    owner: ownerOf(row),
    resource: resourceOf(row),
    displayName: row.displayName,
    description: row.description,
    createdAtMs: row.createdAt.getTime(),
    updatedAtMs: row.updatedAt.getTime(),
  };
}

function ownerOf(row: { readonly ownerKind: string; readonly ownerId: string }): ApiKeyOwner {
  const { ownerKind: kind, ownerId: id } = row;
  assert(kind === 'User' || kind === 'ServiceAccount', 'a key belongs to a user or an account');
  return { kind, id };
}
