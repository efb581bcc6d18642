import { Inject, Injectable } from '@nestjs/common';
import type { DayUsage, TimeRange, Usage, UsageRow, UsageSection } from '@weirhouse/cloud-plan';
import { DATABASE, type Database } from '../database/database.ts';

/** Minutes that are read at once: other requests go on in between. */
const MINUTES_AT_ONCE = 240;
/** Rows of hours that are read at once. */
const HOURS_AT_ONCE = 2_000;

/** Rows of a section at a time. */
export interface UsageAt {
  readonly timeMs: number;
  readonly rows: readonly UsageRow[];
}

/** What a cluster used in a day (UTC); it may be gone since. */
export interface ClusterDay extends DayUsage {
  readonly clusterId: string;
  readonly displayName: string;
  readonly environmentId: string;
  readonly dayMs: number;
}

interface HourRow {
  readonly hour: Date;
  readonly principal: string;
  readonly topic: string;
  readonly receivedBytes: bigint;
  readonly receivedRecords: bigint;
  readonly sentBytes: bigint;
  readonly sentRecords: bigint;
}

/** Reads what clusters used. Whoever asks has looked whose they are. */
@Injectable()
export class UsageReadsRepository {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  /** A section of each minute of a cluster, in order. */
  async *minutes(
    clusterId: string,
    section: UsageSection,
    { fromMs, untilMs }: TimeRange,
  ): AsyncGenerator<UsageAt> {
    let from = new Date(fromMs);
    for (;;) {
      const found = await this.database.$queryRaw<
        readonly { readonly minute: Date; readonly rows: readonly UsageRow[] | null }[]
      >`
        SELECT minute, sections -> ${section} AS rows FROM usage_minute
        WHERE cluster_id = ${clusterId} AND minute >= ${from} AND minute < ${new Date(untilMs)}
        ORDER BY minute LIMIT ${MINUTES_AT_ONCE}`;
      for (const { minute, rows } of found) yield { timeMs: minute.getTime(), rows: rows ?? [] };
      const last = found.at(-1);
      if (last === undefined || found.length < MINUTES_AT_ONCE) return;
      from = new Date(last.minute.getTime() + 1);
    }
  }

  /** The traffic of each hour of a cluster, in order, in the form of the minutes' section. */
  async *hours(clusterId: string, { fromMs, untilMs }: TimeRange): AsyncGenerator<UsageAt> {
    let after: Pick<HourRow, 'hour' | 'principal' | 'topic'> | undefined;
    for (;;) {
      const from = after?.hour ?? new Date(fromMs);
      const found: readonly HourRow[] = await this.database.usageHour.findMany({
        where: {
          clusterId,
          hour: { gte: from, lt: new Date(untilMs) },
          ...(after === undefined
            ? {}
            : {
                OR: [
                  { hour: { gt: from } },
                  { principal: { gt: after.principal } },
                  { principal: after.principal, topic: { gt: after.topic } },
                ],
              }),
        },
        orderBy: [{ hour: 'asc' }, { principal: 'asc' }, { topic: 'asc' }],
        take: HOURS_AT_ONCE,
      });
      for (const row of found) yield { timeMs: row.hour.getTime(), rows: trafficOf(row) };
      after = found.at(-1);
      if (after === undefined || found.length < HOURS_AT_ONCE) return;
    }
  }

  /** What each cluster of an organization used each day, by days. Sessions are in UTC, and so are days. */
  async listDays(
    organizationId: string,
    { fromMs, untilMs }: TimeRange,
  ): Promise<readonly ClusterDay[]> {
    const rows = await this.database.$queryRaw<readonly (ClusterDay & { readonly day: Date })[]>`
      SELECT used.*, known.display_name AS "displayName", known.environment_id AS "environmentId"
      FROM (
        SELECT cluster_id AS "clusterId", date_trunc('day', hour) AS day,
          sum(received_bytes)::float8 AS "receivedBytes", sum(sent_bytes)::float8 AS "sentBytes",
          sum(minutes)::float8 AS minutes, sum(cku_minutes)::float8 AS "ckuMinutes",
          sum(retained_byte_minutes)::float8 AS "retainedByteMinutes",
          sum(partition_minutes)::float8 AS "partitionMinutes"
        FROM usage_hour
        WHERE organization_id = ${organizationId} AND principal = '' AND topic = ''
          AND hour >= ${new Date(fromMs)} AND hour < ${new Date(untilMs)}
        GROUP BY cluster_id, day
      ) AS used JOIN usage_cluster AS known ON known.cluster_id = used."clusterId"
      WHERE known.organization_id = ${organizationId}
      ORDER BY used.day, used."clusterId"`;
    return rows.map(({ day, ...row }) => Object.assign(row, { dayMs: day.getTime() }));
  }

  /** The newest minute of a cluster that is not older than a time. */
  async findNewest(
    clusterId: string,
    fromMs: number,
  ): Promise<{ readonly timeMs: number; readonly usage: Usage } | undefined> {
    const row = await this.database.usageMinute.findFirst({
      where: { clusterId, minute: { gte: new Date(fromMs) } },
      orderBy: { minute: 'desc' },
    });
    if (row === null) return undefined;
    return { timeMs: row.minute.getTime(), usage: row.sections as unknown as Usage };
  }
}

/** Rows without a topic are of all topics together. */
function trafficOf(row: HourRow): readonly UsageRow[] {
  if (row.topic === '') return [];
  const { receivedBytes, receivedRecords, sentBytes, sentRecords } = row;
  const numbers = [receivedBytes, receivedRecords, sentBytes, sentRecords].map(Number);
  return [[row.principal, row.topic, ...numbers]];
}
