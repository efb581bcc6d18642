import { auditEventOfRow, type AuditEvent } from '../audit/audit-events.repository.ts';
import type { Database, Transaction } from '../database/database.ts';
import { toNumber } from '../database/values.ts';
import { requireFence, type Fence } from '../reconcile/lease.repository.ts';

/** A cluster with the organization whose events it is to get. */
export interface AuditDestination {
  readonly organizationId: string;
  readonly clusterId: string;
}

/** What is known of a cluster's topic of audit events. */
export interface KnownTopic {
  /** False = the platform has not made it yet. */
  readonly isMade: boolean;
  /** Everything below is settled. */
  readonly endOffset: number;
}

/**
 * What waits for topics and how far they are. Every write is one transaction that fails with
 * `failed_precondition` unless the fence is still the present one.
 */
export class AuditDeliveryRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The destinations of one data plane for which something waits. */
  listWaiting(dataPlaneId: string): Promise<readonly AuditDestination[]> {
    return this.#database.$queryRaw<AuditDestination[]>`
      SELECT log.organization_id AS "organizationId", log.cluster_id AS "clusterId"
      FROM audit_log log JOIN kafka_cluster cluster ON cluster.id = log.cluster_id
      WHERE cluster.data_plane_id = ${dataPlaneId} AND EXISTS (
        SELECT 1 FROM audit_delivery waiting WHERE waiting.organization_id = log.organization_id
      )`;
  }

  /** Undefined when the organization's events go elsewhere by now. */
  async findTopic({
    clusterId,
    organizationId,
  }: AuditDestination): Promise<KnownTopic | undefined> {
    const row = await this.#database.auditTopic.findFirst({
      where: { clusterId, cluster: { auditLog: { organizationId } } },
    });
    return row === null
      ? undefined
      : { isMade: row.madeAt !== null, endOffset: toNumber(row.endOffset) };
  }

  /**
   * The events that have waited longest, in the order in which they are to be delivered; none when
   * they go elsewhere by now.
   */
  async listPending(destination: AuditDestination, rows: number): Promise<readonly AuditEvent[]> {
    const { clusterId, organizationId } = destination;
    const log = await this.#database.auditLog.findUnique({ where: { organizationId } });
    if (log?.clusterId !== clusterId) return [];
    const pending = await this.#database.auditDelivery.findMany({
      where: { organizationId },
      orderBy: { recordId: 'asc' },
      take: rows,
      include: { record: true },
    });
    return pending.map(({ record }) => auditEventOfRow(record));
  }

  /** Notes that the topic is there, and that it begins anew. */
  async markMade(fence: Fence, clusterId: string, nowMs: number): Promise<void> {
    await this.#write(fence, async (tx) => {
      await tx.auditTopic.updateMany({
        where: { clusterId },
        data: { madeAt: new Date(nowMs), endOffset: 0n },
      });
    });
  }

  /** Notes that events are in the topic: they wait no more. */
  async settle(
    fence: Fence,
    { clusterId, organizationId }: AuditDestination,
    delivered: {
      readonly eventIds: readonly string[];
      readonly endOffset: number;
      readonly nowMs: number;
    },
  ): Promise<void> {
    await this.#write(fence, async (tx) => {
      const { count } = await tx.auditDelivery.deleteMany({
        where: { organizationId, eventId: { in: [...delivered.eventIds] } },
      });
      await tx.auditTopic.updateMany({
        where: { clusterId },
        data: { endOffset: BigInt(delivered.endOffset) },
      });
      await tx.auditLog.updateMany({
        where: { organizationId },
        data: {
          failure: null,
          ...(count > 0 && {
            deliveredCount: { increment: count },
            lastDeliveredAt: new Date(delivered.nowMs),
          }),
        },
      });
    });
  }

  /** Tells the organization why it waits. */
  async noteFailure(
    fence: Fence,
    { clusterId, organizationId }: AuditDestination,
    failure: string,
  ): Promise<void> {
    await this.#write(fence, async (tx) => {
      await tx.auditLog.updateMany({ where: { organizationId, clusterId }, data: { failure } });
    });
  }

  #write<T>(fence: Fence, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#database.$transaction(async (tx) => {
      await requireFence(tx, fence);
      return work(tx);
    });
  }
}
