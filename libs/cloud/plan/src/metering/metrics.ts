import type { UsageRow, UsageSection } from './usage.ts';

/** A name by which a metric's points are told apart, and where a row has it. */
interface MetricLabel {
  readonly key: string;
  readonly description: string;
  readonly at: number;
}

/** One metric: what it is called, and what of a minute's usage it reads. */
export interface Metric {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  /** Counters are what came in a time; gauges what was there, on average. */
  readonly type: 'COUNTER_INT64' | 'GAUGE_INT64' | 'GAUGE_DOUBLE';
  readonly labels: readonly MetricLabel[];
  readonly section: UsageSection;
  readonly read: (row: UsageRow) => number;
}

const SERVER = 'io.confluent.kafka.server/';

const TOPIC = 'Name of the Kafka topic.';
const PRINCIPAL = 'Id of the user or service account.';
const TRAFFIC: readonly MetricLabel[] = [
  { key: 'principal_id', description: PRINCIPAL, at: 0 },
  { key: 'topic', description: TOPIC, at: 1 },
];
const REQUESTS: readonly MetricLabel[] = [
  { key: 'principal_id', description: PRINCIPAL, at: 0 },
  { key: 'type', description: 'Kind of the Kafka request.', at: 1 },
];

type Count = readonly [name: string, unit: string, description: string];

function at(position: number): Metric['read'] {
  return (row) => Number(row[position] ?? 0);
}

function counters(
  section: UsageSection,
  labels: readonly MetricLabel[],
  counts: readonly Count[],
): readonly Metric[] {
  return counts.map(([name, unit, description], position) => {
    const read = at(labels.length + position);
    const type = 'COUNTER_INT64';
    return { name: `${SERVER}${name}`, unit, description, type, labels, section, read };
  });
}

/** Every metric that is served; metering has its numbers by the minute. */
export const METRICS: readonly Metric[] = [
  ...counters('traffic', TRAFFIC, [
    ['received_bytes', 'By', 'Bytes of records that clients produced.'],
    ['received_records', '1', 'Records that clients produced.'],
    ['sent_bytes', 'By', 'Bytes of records that clients fetched.'],
    ['sent_records', '1', 'Records that clients fetched.'],
  ]),
  ...counters('requests', REQUESTS, [
    ['request_count', '1', 'Requests of clients.'],
    ['response_count', '1', 'Answers to clients.'],
    ['request_bytes', 'By', 'Bytes of requests.'],
    ['response_bytes', 'By', 'Bytes of answers.'],
  ]),
  {
    name: `${SERVER}retained_bytes`,
    unit: 'By',
    description: 'Bytes of records that are kept.',
    type: 'GAUGE_INT64',
    labels: [{ key: 'topic', description: TOPIC, at: 0 }],
    section: 'topics',
    read: at(2),
  },
  {
    name: `${SERVER}partition_count`,
    unit: '1',
    description: 'Partitions.',
    type: 'GAUGE_INT64',
    labels: [],
    section: 'totals',
    read: at(1),
  },
  {
    name: `${SERVER}active_connection_count`,
    unit: '1',
    description: 'Open connections of clients that have logged in.',
    type: 'GAUGE_INT64',
    labels: [{ key: 'principal_id', description: PRINCIPAL, at: 0 }],
    section: 'principals',
    read: at(1),
  },
  {
    name: `${SERVER}successful_authentication_count`,
    unit: '1',
    description: 'Logins that succeeded.',
    type: 'COUNTER_INT64',
    labels: [{ key: 'principal_id', description: PRINCIPAL, at: 0 }],
    section: 'principals',
    read: at(2),
  },
  {
    name: 'io.weirhouse.kafka.server/failed_authentication_count',
    unit: '1',
    description: 'Logins that failed.',
    type: 'COUNTER_INT64',
    labels: [],
    section: 'totals',
    read: at(2),
  },
  {
    name: `${SERVER}consumer_lag_offsets`,
    unit: '1',
    description: 'Records between what a group has committed and the end of a partition.',
    type: 'GAUGE_INT64',
    labels: [
      { key: 'consumer_group_id', description: 'Id of the consumer group.', at: 0 },
      { key: 'topic', description: TOPIC, at: 1 },
      { key: 'partition', description: 'Number of the partition.', at: 2 },
    ],
    section: 'lags',
    read: at(3),
  },
  {
    name: `${SERVER}cluster_load_percent`,
    unit: '1',
    description: 'Part of the time that the event loops of brokers worked, 0.0 to 1.0.',
    type: 'GAUGE_DOUBLE',
    labels: [],
    section: 'totals',
    read: (row) => {
      const [busyMs, idleMs] = [Number(row[3] ?? 0), Number(row[4] ?? 0)];
      return busyMs + idleMs === 0 ? 0 : busyMs / (busyMs + idleMs);
    },
  },
  {
    name: `${SERVER}dedicated_cku_count`,
    unit: '1',
    description: 'CKUs of the cluster.',
    type: 'GAUGE_INT64',
    labels: [],
    section: 'totals',
    read: at(5),
  },
];

/** The field by which queries name clusters. */
export const CLUSTER_FIELD = 'resource.kafka.id';

/** A metric by its name. */
export function findMetric(name: string): Metric | undefined {
  return METRICS.find((metric) => metric.name === name);
}

/** The fields that a metric's points have in filters and groups. */
export function fieldsOf(metric: Metric): readonly string[] {
  return [CLUSTER_FIELD, ...metric.labels.map(({ key }) => `metric.${key}`)];
}

/** A point's value of each field. */
export function labelsOf(
  metric: Metric,
  clusterId: string,
  row: UsageRow,
): Readonly<Record<string, string>> {
  const labels: Record<string, string> = { [CLUSTER_FIELD]: clusterId };
  for (const { at: position, key } of metric.labels)
    labels[`metric.${key}`] = String(row[position] ?? '');
  return labels;
}
