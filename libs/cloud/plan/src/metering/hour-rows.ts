import type { Usage, UsageRow } from './usage.ts';

/**
 * Use to be added to the row of an hour: of a principal and a topic; of a principal (its requests), with an
 * empty topic; of the cluster as a whole, with two empty names.
 */
export interface HourRow {
  readonly principal: string;
  readonly topic: string;
  readonly receivedBytes: number;
  readonly receivedRecords: number;
  readonly sentBytes: number;
  readonly sentRecords: number;
  readonly requests: number;
  /** Minutes in which the cluster was seen to serve; the following are counted in each of them. */
  readonly minutes: number;
  readonly retainedByteMinutes: number;
  readonly partitionMinutes: number;
  readonly ckuMinutes: number;
}

const RECORDS = { receivedBytes: 0, receivedRecords: 0, sentBytes: 0, sentRecords: 0 };

const NOTHING: Omit<HourRow, 'principal' | 'topic'> = {
  ...RECORDS,
  requests: 0,
  minutes: 0,
  retainedByteMinutes: 0,
  partitionMinutes: 0,
  ckuMinutes: 0,
};

/** A minute's usage as what it adds to the rows of its hour: of pairs, of principals, and of the cluster. */
export function hourRowsOf({ requests, topics, totals, traffic }: Usage): readonly HourRow[] {
  const pairs = traffic.map(([principal = '', topic = '', ...numbers]): HourRow => {
    return { ...NOTHING, principal: String(principal), topic: String(topic), ...records(numbers) };
  });
  const byPrincipal = Map.groupBy(requests, ([principal]) => String(principal));
  const principals = Array.from(byPrincipal, ([principal, own]): HourRow => {
    return { ...NOTHING, principal, topic: '', requests: sumOf(own, 2) };
  });
  const [, partitions, , , , cku] = totals[0] ?? [];
  const cluster: HourRow = {
    principal: '',
    topic: '',
    ...records([2, 3, 4, 5].map((at) => sumOf(traffic, at))),
    requests: sumOf(requests, 2),
    minutes: 1,
    retainedByteMinutes: sumOf(topics, 2),
    partitionMinutes: Number(partitions ?? 0),
    ckuMinutes: Number(cku ?? 0),
  };
  return [...pairs, ...principals, cluster];
}

function records(numbers: UsageRow): typeof RECORDS {
  const [receivedBytes = 0, receivedRecords = 0, sentBytes = 0, sentRecords = 0] =
    numbers.map(Number);
  return { receivedBytes, receivedRecords, sentBytes, sentRecords };
}

function sumOf(rows: readonly UsageRow[], at: number): number {
  return rows.reduce((sum, row) => sum + Number(row[at] ?? 0), 0);
}
