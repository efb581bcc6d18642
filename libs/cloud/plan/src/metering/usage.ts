/** Stands for all that have no row of their own; no topic and no principal is called so. */
export const OTHERS = '(other)';

/** What a broker says that its clients used since its start, and what it keeps for them now. */
export interface BrokerReport {
  /** A new one for each life of the process: counters begin at 0 with it. */
  readonly incarnationId: string;
  readonly load: { readonly busyMs: number; readonly idleMs: number };
  readonly connections: number;
  readonly failedAuthentications: number;
  readonly principals: readonly {
    readonly series: number;
    readonly principal: string;
    readonly connections: number;
    readonly authentications: number;
  }[];
  readonly traffic: readonly {
    readonly series: number;
    readonly principal: string;
    readonly topic: string;
    readonly receivedBytes: number;
    readonly receivedRecords: number;
    readonly sentBytes: number;
    readonly sentRecords: number;
  }[];
  readonly requests: readonly {
    readonly series: number;
    readonly principal: string;
    readonly api: string;
    readonly requests: number;
    readonly responses: number;
    readonly requestBytes: number;
    readonly responseBytes: number;
  }[];
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: number;
    readonly retainedBytes: number;
  }[];
  readonly lags: readonly {
    readonly group: string;
    readonly topic: string;
    readonly partition: number;
    readonly lag: number;
  }[];
}

/** First the names that a row is of, then its numbers. */
export type UsageRow = readonly (string | number)[];

/** The parts of a minute's usage: how many names and numbers their rows have, and how many rows are kept. */
export const SECTIONS = {
  /** principal, topic; bytes and records received, bytes and records sent. */
  traffic: { names: 2, numbers: 4, rowsMax: 500 },
  /** principal, API; requests, responses, bytes of requests, bytes of responses. */
  requests: { names: 2, numbers: 4, rowsMax: 500 },
  /** principal; open connections, logins. */
  principals: { names: 1, numbers: 2, rowsMax: 500 },
  /** topic; partitions, retained bytes. */
  topics: { names: 1, numbers: 2, rowsMax: 500 },
  /** group, topic, partition; records behind. */
  lags: { names: 3, numbers: 1, rowsMax: 500 },
  /** No name; connections, partitions, failed logins, ms that event loops worked and waited, CKUs. */
  totals: { names: 0, numbers: 6, rowsMax: 1 },
} as const;

/** One part of a minute's usage. */
export type UsageSection = keyof typeof SECTIONS;

/** What was used in a minute: how much counters grew, and what gauges said. */
export type Usage = Readonly<Record<UsageSection, readonly UsageRow[]>>;

/** The usage of a cluster from that of its brokers; `cku` = 0 for clusters without any. */
export function clusterUsage(brokers: readonly Usage[], cku: number): Usage {
  const merged = (section: UsageSection): readonly UsageRow[] =>
    mergeRows(
      brokers.flatMap((usage) => usage[section]),
      section,
    );
  return {
    traffic: merged('traffic'),
    requests: merged('requests'),
    principals: merged('principals'),
    topics: merged('topics'),
    lags: merged('lags'),
    totals: merged('totals').map((row) => row.slice(0, -1).concat(cku)),
  };
}

/** Rows of the same names added up; beyond the limit those with most are kept and the others are one row. */
function mergeRows(rows: readonly UsageRow[], section: UsageSection): readonly UsageRow[] {
  const { names, rowsMax } = SECTIONS[section];
  const added = addUp(rows, names);
  if (added.length <= rowsMax) return added;
  const sumOf = (row: UsageRow): number => row.slice(names).reduce<number>(plus, 0);
  const sorted = added.toSorted((a, b) => sumOf(b) - sumOf(a));
  const nobody: UsageRow = Array.from({ length: names }, () => OTHERS);
  const others = sorted.slice(rowsMax - 1).map((row) => nobody.concat(row.slice(names)));
  return addUp([...sorted.slice(0, rowsMax - 1), ...others], names);
}

function addUp(rows: readonly UsageRow[], names: number): readonly UsageRow[] {
  const byName = new Map<string, (string | number)[]>();
  for (const row of rows) {
    const key = JSON.stringify(row.slice(0, names));
    const known = byName.get(key);
    if (known === undefined) byName.set(key, [...row]);
    else for (let at = names; at < row.length; at++) known[at] = plus(known[at] ?? 0, row[at] ?? 0);
  }
  return Array.from(byName.values());
}

function plus(a: string | number, b: string | number): number {
  return Number(a) + Number(b);
}
