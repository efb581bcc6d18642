import type { Database, Transaction } from '../database/database.ts';
import { toNumber } from '../database/values.ts';

/** Where an organization's audit events go, and how far that has come. */
export interface AuditLog {
  readonly organizationId: string;
  /** Undefined = nowhere but the database. */
  readonly cluster: { readonly id: string; readonly environmentId: string } | undefined;
  readonly deliveredCount: number;
  readonly lastDeliveredAtMs: number | undefined;
  /** Why the last try failed. */
  readonly failure: string | undefined;
  readonly pendingCount: number;
  readonly oldestPendingAtMs: number | undefined;
}

/** What organizations want of their audit logs. Every look-up names the organization. */
export class AuditLogsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** An organization that never asked for one has one that goes nowhere. */
  async get(organizationId: string): Promise<AuditLog> {
    const row = await this.#database.auditLog.findUnique({
      where: { organizationId },
      include: { cluster: { select: { id: true, environmentId: true } } },
    });
    const pendingCount = await this.#database.auditDelivery.count({ where: { organizationId } });
    const oldest = await this.#database.auditDelivery.findFirst({
      where: { organizationId },
      orderBy: { recordId: 'asc' },
      include: { record: { select: { createdAt: true } } },
    });
    return {
      organizationId,
      cluster: row?.cluster ?? undefined,
      deliveredCount: toNumber(row?.deliveredCount ?? 0n),
      lastDeliveredAtMs: row?.lastDeliveredAt?.getTime(),
      failure: row?.failure ?? undefined,
      pendingCount,
      oldestPendingAtMs: oldest?.record.createdAt.getTime(),
    };
  }

  /**
   * Sends events to a cluster from now on, those too that another one has not got yet. Answers false,
   * and changes nothing, when the organization has no such cluster or it is being deleted.
   */
  async turnTo(
    tx: Transaction,
    place: { readonly organizationId: string; readonly clusterId: string },
    nowMs: number,
  ): Promise<boolean> {
    const { clusterId, organizationId } = place;
    await releaseUnmade(tx, organizationId);
    // Whoever deletes the cluster at the same time waits for this row, and sees the log then.
    const { count } = await tx.kafkaCluster.updateMany({
      where: { id: clusterId, organizationId, deletionRequestedAt: null },
      data: { hasAuditTopic: true },
    });
    if (count === 0) return false;
    const updatedAt = new Date(nowMs);
    await tx.auditTopic.createMany({ data: [{ clusterId }], skipDuplicates: true });
    await tx.auditLog.upsert({
      where: { organizationId },
      create: { organizationId, clusterId, createdAt: updatedAt, updatedAt },
      update: { clusterId, failure: null, updatedAt },
    });
    return true;
  }

  /** Sends events nowhere from now on; what waits is in the database all the same. */
  async turnOff(tx: Transaction, organizationId: string, nowMs: number): Promise<void> {
    await releaseUnmade(tx, organizationId);
    await tx.auditLog.updateMany({
      where: { organizationId },
      data: { clusterId: null, failure: null, updatedAt: new Date(nowMs) },
    });
    await tx.auditDelivery.deleteMany({ where: { organizationId } });
  }

  /** Whether a cluster receives its organization's events. */
  async isDestination(tx: Transaction, clusterId: string): Promise<boolean> {
    return (await tx.auditLog.count({ where: { clusterId } })) > 0;
  }
}

/** A topic that was never made is not the platform's: whoever has one of that name may change it. */
async function releaseUnmade(tx: Transaction, organizationId: string): Promise<void> {
  await tx.kafkaCluster.updateMany({
    where: { organizationId, hasAuditTopic: true, auditTopic: { madeAt: null } },
    data: { hasAuditTopic: false },
  });
}
