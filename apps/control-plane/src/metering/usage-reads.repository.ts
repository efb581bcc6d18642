import { Inject, Injectable } from '@nestjs/common';
import type { TimeRange, Usage, UsageRow, UsageSection } from '@weirhouse/cloud-plan';
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
