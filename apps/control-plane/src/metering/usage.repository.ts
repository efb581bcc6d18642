import type { BrokerMemory, HourRow, Usage } from '@weirhouse/cloud-plan';
import type { Database, Transaction } from '../database/database.ts';
import { requireFence, type Fence } from '../reconcile/lease.repository.ts';
import type { UsageAddress } from './broker-usage.ts';

/** Clusters that are read at once. */
const PAGE_ROWS = 200;
/** Rows removed at once, so that no statement holds a table for long. */
const PRUNE_ROWS = 2_000;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Minutes are for the metrics API, which looks back a week. */
export const MINUTES_KEPT_MS = 7 * DAY_MS;
/** Hours are for costs and comparisons with the year before. */
export const HOURS_KEPT_MS = 400 * DAY_MS;

/** A cluster with brokers to be asked. */
export interface MeteredCluster {
  readonly clusterId: string;
  readonly organizationId: string;
  readonly environmentId: string;
  readonly displayName: string;
  readonly cku: number;
  readonly brokers: readonly UsageAddress[];
}

/** How far a cluster is metered. */
export interface MeteringState {
  /** 0 = never. */
  readonly revision: number;
  readonly minuteMs: number;
  /** By node id. */
  readonly memory: Readonly<Record<string, BrokerMemory>>;
}

/** A minute to be written, with what the next one is metered from. */
export interface MeteredMinute {
  readonly cluster: MeteredCluster;
  readonly state: MeteringState;
  readonly usage: Usage;
  readonly hourRows: readonly HourRow[];
}

const NEVER: MeteringState = { revision: 0, minuteMs: 0, memory: {} };

/** What clusters used, in the database. */
export class UsageRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Clusters of a data plane that have brokers, in the order of their ids; the next page is after the last. */
  async listMetered(dataPlaneId: string, after: string): Promise<readonly MeteredCluster[]> {
    const rows = await this.#database.kafkaCluster.findMany({
      where: { dataPlaneId, id: { gt: after } },
      orderBy: { id: 'asc' },
      take: PAGE_ROWS,
      include: { brokers: { select: { nodeId: true, host: true, adminPort: true } } },
    });
    return rows.map((row) => ({
      clusterId: row.id,
      organizationId: row.organizationId,
      environmentId: row.environmentId,
      displayName: row.displayName,
      cku: row.observedCku ?? 0,
      brokers: row.brokers.map((broker) => ({ clusterId: row.id, ...broker })),
    }));
  }

  async findState(clusterId: string): Promise<MeteringState> {
    const row = await this.#database.usageCluster.findUnique({ where: { clusterId } });
    if (row === null) return NEVER;
    return {
      revision: Number(row.revision),
      minuteMs: row.minute.getTime(),
      memory: row.memory as unknown as MeteringState['memory'],
    };
  }

  /**
   * Writes a minute and what it was metered from, all or nothing; false when somebody else metered the
   * cluster since the state was read. Throws `failed_precondition` when the fence is not the present one.
   */
  async record(fence: Fence, metered: MeteredMinute): Promise<boolean> {
    return this.#database.$transaction(async (tx) => {
      await requireFence(tx, fence);
      if (!(await saveState(tx, metered))) return false;
      const { clusterId } = metered.cluster;
      const minute = new Date(metered.state.minuteMs);
      const sections = JSON.stringify(metered.usage);
      await tx.$executeRaw`
        INSERT INTO usage_minute (cluster_id, minute, sections)
        VALUES (${clusterId}, ${minute}, ${sections}::jsonb)`;
      await addHourRows(tx, metered);
      return true;
    });
  }

  /** Removes what is too old, some rows at once; true when there may be more. */
  async prune(nowMs: number): Promise<boolean> {
    const minutes = await this.#database.$executeRaw`
      DELETE FROM usage_minute WHERE (cluster_id, minute) IN (
        SELECT cluster_id, minute FROM usage_minute
        WHERE minute < ${new Date(nowMs - MINUTES_KEPT_MS)} ORDER BY minute LIMIT ${PRUNE_ROWS})`;
    const hoursBefore = new Date(nowMs - HOURS_KEPT_MS);
    const hours = await this.#database.$executeRaw`
      DELETE FROM usage_hour WHERE (cluster_id, hour, principal, topic) IN (
        SELECT cluster_id, hour, principal, topic FROM usage_hour
        WHERE hour < ${hoursBefore} ORDER BY hour LIMIT ${PRUNE_ROWS})`;
    await this.#database.usageCluster.deleteMany({ where: { minute: { lt: hoursBefore } } });
    return minutes === PRUNE_ROWS || hours === PRUNE_ROWS;
  }
}

/** Compares and sets: of two who read the same state one is too late. */
async function saveState(tx: Transaction, { cluster, state }: MeteredMinute): Promise<boolean> {
  const { clusterId, displayName, environmentId, organizationId } = cluster;
  const memory = JSON.stringify(state.memory);
  const minute = new Date(state.minuteMs);
  const saved = await tx.$executeRaw`
    INSERT INTO usage_cluster AS known
      (cluster_id, organization_id, environment_id, display_name, minute, revision, memory)
    VALUES (${clusterId}, ${organizationId}, ${environmentId}, ${displayName}, ${minute},
      ${state.revision}::bigint, ${memory}::jsonb)
    ON CONFLICT (cluster_id) DO UPDATE SET
      display_name = excluded.display_name, minute = excluded.minute,
      revision = excluded.revision, memory = excluded.memory
    WHERE known.revision = excluded.revision - 1 AND known.minute < excluded.minute`;
  return saved === 1;
}

async function addHourRows(tx: Transaction, { cluster, hourRows, state }: MeteredMinute) {
  const hour = new Date(state.minuteMs - (state.minuteMs % HOUR_MS));
  await tx.$executeRaw`
    INSERT INTO usage_hour AS known (cluster_id, hour, organization_id, principal, topic,
      received_bytes, received_records, sent_bytes, sent_records, requests,
      minutes, retained_byte_minutes, partition_minutes, cku_minutes)
    SELECT ${cluster.clusterId}, ${hour}, ${cluster.organizationId}, added.*
    FROM jsonb_to_recordset(${JSON.stringify(hourRows)}::jsonb) AS added (
      "principal" text, "topic" text, "receivedBytes" bigint, "receivedRecords" bigint,
      "sentBytes" bigint, "sentRecords" bigint, "requests" bigint, "minutes" int,
      "retainedByteMinutes" bigint, "partitionMinutes" bigint, "ckuMinutes" int)
    ON CONFLICT (cluster_id, hour, principal, topic) DO UPDATE SET
      received_bytes = known.received_bytes + excluded.received_bytes,
      received_records = known.received_records + excluded.received_records,
      sent_bytes = known.sent_bytes + excluded.sent_bytes,
      sent_records = known.sent_records + excluded.sent_records,
      requests = known.requests + excluded.requests,
      minutes = known.minutes + excluded.minutes,
      retained_byte_minutes = known.retained_byte_minutes + excluded.retained_byte_minutes,
      partition_minutes = known.partition_minutes + excluded.partition_minutes,
      cku_minutes = known.cku_minutes + excluded.cku_minutes`;
}
