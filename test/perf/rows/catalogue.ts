import type { Aim, FigureSpec, RowSpec } from '../figures.ts';

const KIB = 1024;

/** A throughput row: what Kafka's own performance tools move. */
export interface ThroughputRow extends RowSpec {
  readonly kind: 'produce' | 'consume';
  readonly recordBytes: number;
  readonly batchBytes: number;
  readonly partitions: number;
  /** Kafka syncs each request, as we do. */
  readonly isSynced?: boolean;
  /** Megabytes of records that a round moves. */
  readonly megabytes: number;
}

export interface LatencyRow extends RowSpec {
  readonly perSecond: number;
  readonly withConsumer: boolean;
}

const ratio = (bound: Aim['bound'], value: number): Aim => ({ of: 'ratio', bound, value });
const atMost = (value: number): Aim => ({ of: 'ours', bound: 'at most', value });

const rateAndCpu = (rate: number, cpu: number): readonly FigureSpec[] => [
  { name: 'MB/s', digits: 0, aim: ratio('at least', rate) },
  { name: 'CPU-s/GB', digits: 2, aim: ratio('at most', cpu) },
];

const small = { recordBytes: KIB, batchBytes: 16 * KIB };
const large = { recordBytes: KIB, batchBytes: 256 * KIB };

export const THROUGHPUT_ROWS: readonly ThroughputRow[] = [
  ...[1, 12].map((partitions): ThroughputRow => ({
    id: `produce-1k-16k-${partitions}p`,
    what: `produce 1 KiB, 16 KiB batches, ${partitions} partition(s)`,
    figures: rateAndCpu(1.3, 0.35),
    kind: 'produce',
    ...small,
    partitions,
    megabytes: 800,
  })),
  ...[1, 12].map((partitions): ThroughputRow => ({
    id: `produce-1k-256k-${partitions}p`,
    what: `produce 1 KiB, 256 KiB batches, ${partitions} partition(s)`,
    figures: rateAndCpu(1.2, 0.5),
    kind: 'produce',
    ...large,
    partitions,
    megabytes: 1200,
  })),
  ...[16, 256].map((batch): ThroughputRow => ({
    id: `produce-100b-${batch}k`,
    what: `produce 100 B, ${batch} KiB batches, 12 partitions`,
    figures: rateAndCpu(1.3, 0.4),
    kind: 'produce',
    recordBytes: 100,
    batchBytes: batch * KIB,
    partitions: 12,
    megabytes: 350,
  })),
  {
    id: 'produce-synced-16k',
    what: 'produce 1 KiB, 16 KiB batches, Kafka syncs each request',
    figures: rateAndCpu(5, 0.15),
    kind: 'produce',
    ...small,
    partitions: 12,
    isSynced: true,
    megabytes: 150,
  },
  {
    id: 'produce-synced-256k',
    what: 'produce 1 KiB, 256 KiB batches, Kafka syncs each request',
    figures: rateAndCpu(1.5, 0.15),
    kind: 'produce',
    ...large,
    partitions: 12,
    isSynced: true,
    megabytes: 600,
  },
  {
    id: 'consume-1k-16k',
    what: 'consume 1 KiB, 16 KiB batches, 12 partitions',
    figures: rateAndCpu(1, 0.8),
    kind: 'consume',
    ...small,
    partitions: 12,
    megabytes: 1500,
  },
  {
    id: 'consume-1k-256k',
    what: 'consume 1 KiB, 256 KiB batches, 12 partitions',
    figures: rateAndCpu(1, 1.1),
    kind: 'consume',
    ...large,
    partitions: 12,
    megabytes: 1500,
  },
];

const RATES = [
  { name: '1k', perSecond: 1000 },
  { name: '10k', perSecond: 10_000 },
];

export const LATENCY_ROWS: readonly LatencyRow[] = [
  ...RATES.map(({ name, perSecond }) => ({
    id: `latency-${name}`,
    what: `ack latency at ${perSecond} records/s, open loop, linger 0`,
    figures: [
      { name: 'p50 ms', digits: 2, aim: ratio('at most', 1) },
      { name: 'p99 ms', digits: 2, aim: ratio('at most', 0.5) },
      { name: 'p99.9 ms', digits: 2, aim: ratio('at most', 0.3) },
    ],
    perSecond,
    withConsumer: false,
  })),
  ...RATES.map(({ name, perSecond }) => ({
    id: `e2e-${name}`,
    what: `end to end at ${perSecond} records/s`,
    figures: [
      { name: 'p50 ms', digits: 2 },
      { name: 'p99 ms', digits: 2, aim: ratio('at most', 0.5) },
    ],
    perSecond,
    withConsumer: true,
  })),
];

/** What one life of a node shows: start, idle, load, many connections, stop, start, kill, start. */
export const LIFE_ROWS: readonly RowSpec[] = [
  {
    id: 'start-empty',
    what: 'start to first acknowledged record, empty',
    figures: [{ name: 's', digits: 2, aim: atMost(0.3) }],
  },
  {
    id: 'memory-idle',
    what: 'resident memory, idle',
    figures: [{ name: 'MiB', digits: 0, aim: atMost(80) }],
  },
  {
    id: 'idle-cpu',
    what: 'CPU of an idle broker, of a core',
    figures: [{ name: '%', digits: 2, aim: atMost(0.3) }],
  },
  {
    id: 'memory-load',
    what: 'resident memory after load',
    figures: [{ name: 'MiB', digits: 0, aim: atMost(200) }],
  },
  {
    id: 'connections-10k',
    what: '10,000 idle connections',
    figures: [
      { name: 'MiB more', digits: 0, aim: atMost(60) },
      { name: 'p99 with / without', digits: 2, aim: atMost(1.2) },
    ],
  },
  {
    id: 'start-clean',
    what: 'start to first acknowledged record, after a clean stop',
    figures: [{ name: 's', digits: 2, aim: atMost(0.5) }],
  },
  {
    id: 'start-kill',
    what: 'start to first acknowledged record, after kill -9',
    figures: [{ name: 's', digits: 2, aim: atMost(1.5) }],
  },
];

const NOT_YET = 'one node';

export const LATER_ROWS: readonly RowSpec[] = [
  { id: 'rf3', what: 'RF 3, min ISR 2, acks=all', figures: [], notMeasured: NOT_YET },
  { id: 'failover', what: 'failover after kill -9 of a leader', figures: [], notMeasured: NOT_YET },
];

/** Every row of the bench, in the table's order. */
export const ROWS: readonly RowSpec[] = [
  ...THROUGHPUT_ROWS,
  ...LATENCY_ROWS,
  ...LIFE_ROWS,
  ...LATER_ROWS,
];
