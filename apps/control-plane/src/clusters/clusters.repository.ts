import { cutPage, type CLOUDS, type CLUSTER_PHASES, type Page } from '@weirhouse/cloud-contract';
import type { Availability, ClusterForm, ClusterKind, Visible } from '@weirhouse/cloud-plan';
import { AppError } from '@weirhouse/shared-kernel';
import { z } from 'zod';
import type { Database, Transaction } from '../database/database.ts';
import type { KafkaCluster as Row } from '../database/generated/client.ts';
import { findTakenKey, isReferenceViolation } from '../database/sql-errors.ts';
import {
  afterPageKey,
  PAGE_ORDER,
  toNumber,
  visibleRows,
  type PageRequest,
} from '../database/values.ts';

/** What is looked at of the reconciler's conditions. */
const ConditionsSchema = z.array(z.object({ type: z.string(), status: z.string() }));

type Cloud = (typeof CLOUDS)[number];
type Phase = (typeof CLUSTER_PHASES)[number];

/** What a person asked for. */
export interface ClusterSpec extends ClusterForm {
  readonly displayName: string;
  readonly cloud: Cloud;
  readonly region: string;
}

/** A Kafka cluster: desired state and what the reconciler last saw of it. */
export interface Cluster extends ClusterSpec {
  readonly id: string;
  readonly organizationId: string;
  readonly environmentId: string;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly isDeleting: boolean;
  /** The latest generation is in effect and nothing is in progress, as last observed. */
  readonly isStable: boolean;
  readonly phase: Phase;
  /** Dedicated only: the size in effect; undefined until there is one. */
  readonly observedCku: number | undefined;
  /** host:port; undefined until the ports are known. */
  readonly bootstrapEndpoint: string | undefined;
  /** Undefined = this API's own address. */
  readonly httpEndpoint: string | undefined;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** The super user of a new cluster, its password sealed with the cluster's id as context. */
export interface SealedCredential {
  readonly username: string;
  readonly secretEncrypted: Buffer;
}

/** Kafka clusters in the database. Every look-up names the organization. */
export class ClustersRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(organizationId: string, id: string): Promise<Cluster | undefined> {
    const row = await this.#database.kafkaCluster.findFirst({ where: { id, organizationId } });
    return row === null ? undefined : fromRow(row);
  }

  async list(
    organizationId: string,
    filter: {
      readonly environmentId: string;
      readonly visible: Visible;
      readonly deletionProtection?: boolean | undefined;
    },
    page: PageRequest,
  ): Promise<Page<Cluster>> {
    const { environmentId, deletionProtection } = filter;
    const rows = await this.#database.kafkaCluster.findMany({
      where: {
        organizationId,
        environmentId,
        ...(deletionProtection === undefined ? {} : { deletionProtection }),
        ...visibleRows(filter.visible),
        ...afterPageKey(page.after),
      },
      orderBy: [...PAGE_ORDER],
      take: page.pageSize + 1,
    });
    return cutPage(rows.map(fromRow), page.pageSize, (row) => row);
  }

  /** True when every topic that was asked for has been created. */
  async hasTopics(clusterId: string): Promise<boolean> {
    const missing = await this.#database.clusterTopic.count({
      where: { clusterId, appliedAt: null },
    });
    return missing === 0;
  }

  /** Throws `already_exists` on `id`, or `not_found` when the environment went away meanwhile. */
  async insert(tx: Transaction, cluster: Cluster, credential: SealedCredential): Promise<void> {
    try {
      await tx.kafkaCluster.create({
        data: {
          id: cluster.id,
          organizationId: cluster.organizationId,
          environmentId: cluster.environmentId,
          availability: cluster.availability,
          cloud: cluster.cloud,
          region: cluster.region,
          ...changeable(cluster),
          zones: [...cluster.zones],
          generation: cluster.generation,
          createdAt: new Date(cluster.createdAtMs),
          updatedAt: new Date(cluster.updatedAtMs),
        },
      });
    } catch (cause) {
      if (findTakenKey(cause) !== undefined)
        throw new AppError('already_exists', 'The cluster id is taken.', { field: 'id', cause });
      if (isReferenceViolation(cause))
        throw new AppError('not_found', 'The environment is gone.', { cause });
      throw cause;
    }
    await tx.clusterCredential.create({
      data: {
        clusterId: cluster.id,
        username: credential.username,
        secretEncrypted: Uint8Array.from(credential.secretEncrypted),
        createdAt: new Date(cluster.createdAtMs),
      },
    });
  }

  /**
   * Writes the changeable columns of the generation after the one that was read; false when somebody
   * changed it in between, or it is gone or being deleted.
   */
  async update(tx: Transaction, cluster: Cluster): Promise<boolean> {
    const { id, organizationId, generation, updatedAtMs } = cluster;
    const { count } = await tx.kafkaCluster.updateMany({
      where: {
        id,
        organizationId,
        deletionRequestedAt: null,
        generation: BigInt(generation - 1),
      },
      data: {
        ...changeable(cluster),
        updatedAt: new Date(updatedAtMs),
        generation: BigInt(generation),
      },
    });
    return count > 0;
  }

  /** Asks the reconciler to delete it; false when somebody did before, or protected it. */
  async requestDeletion(tx: Transaction, cluster: Cluster, nowMs: number): Promise<boolean> {
    const { id, organizationId } = cluster;
    const { count } = await tx.kafkaCluster.updateMany({
      where: { id, organizationId, deletionRequestedAt: null, deletionProtection: false },
      data: {
        deletionRequestedAt: new Date(nowMs),
        updatedAt: new Date(nowMs),
        generation: { increment: 1 },
      },
    });
    return count > 0;
  }

  /** Asks the reconciler to create a topic once; nothing happens when it was asked before. */
  async ensureTopic(
    tx: Transaction,
    topic: { readonly clusterId: string; readonly name: string; readonly partitions: number },
    nowMs: number,
  ): Promise<void> {
    await tx.clusterTopic.createMany({
      data: [{ ...topic, createdAt: new Date(nowMs) }],
      skipDuplicates: true,
    });
  }
}

/** The form's columns that a change may write. */
function changeable(cluster: ClusterSpec): {
  readonly displayName: string;
  readonly kind: string;
  readonly maxEcku: number | null;
  readonly cku: number | null;
  readonly releasePriority: string | null;
  readonly deletionProtection: boolean;
} {
  const { displayName, kind, maxEcku, cku, releasePriority, deletionProtection } = cluster;
  return {
    displayName,
    kind,
    maxEcku: maxEcku ?? null,
    cku: cku ?? null,
    releasePriority: releasePriority ?? null,
    deletionProtection,
  };
}

function fromRow(row: Row): Cluster {
  return {
    id: row.id,
    organizationId: row.organizationId,
    environmentId: row.environmentId,
    displayName: row.displayName,
    cloud: row.cloud as Cloud,
    region: row.region,
    ...formOfRow(row),
    generation: toNumber(row.generation),
    observedGeneration: toNumber(row.observedGeneration),
    isDeleting: row.deletionRequestedAt !== null,
    isStable: ConditionsSchema.parse(row.conditions).some(
      ({ type, status }) => type === 'Stable' && status === 'True',
    ),
    phase: row.phase as Phase,
    observedCku: row.observedCku ?? undefined,
    bootstrapEndpoint: row.bootstrapEndpoint ?? undefined,
    httpEndpoint: row.httpEndpoint ?? undefined,
    createdAtMs: row.createdAt.getTime(),
    updatedAtMs: row.updatedAt.getTime(),
  };
}

/** The form that a row holds; rows are written from checked forms only. */
export function formOfRow(
  row: Pick<
    Row,
    'kind' | 'availability' | 'maxEcku' | 'cku' | 'zones' | 'releasePriority' | 'deletionProtection'
  >,
): ClusterForm {
  return {
    kind: row.kind as ClusterKind,
    availability: row.availability as Availability,
    maxEcku: row.maxEcku ?? undefined,
    cku: row.cku ?? undefined,
    zones: row.zones,
    releasePriority: (row.releasePriority ?? undefined) as ClusterForm['releasePriority'],
    deletionProtection: row.deletionProtection,
  };
}
