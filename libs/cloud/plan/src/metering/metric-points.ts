import { AppError } from '@weirhouse/shared-kernel';
import { matches, type MetricFilter } from './metric-filter.ts';
import { labelsOf, type Metric } from './metrics.ts';
import { GRANULARITIES, type Granularity, type TimeRange } from './time-range.ts';
import type { UsageRow } from './usage.ts';

/** Points of one answer before it is cut into pages: bounds the memory of a request. */
const POINTS_MAX = 50_000;

/** What is asked of a metric. */
export interface PointsQuery {
  readonly metric: Metric;
  readonly filter: MetricFilter;
  readonly groupBy: readonly string[];
  readonly granularity: Granularity;
  readonly ranges: readonly TimeRange[];
}

/** A value of a group in a time. */
export interface MetricPoint {
  readonly labels: Readonly<Record<string, string>>;
  readonly timeMs: number;
  readonly value: number;
}

interface Bucket {
  readonly labels: Readonly<Record<string, string>>;
  readonly timeMs: number;
  /** Of the clusters that are done. */
  total: number;
  /** Of the cluster that is being added. */
  clusterId: string;
  sum: number;
  samples: number;
  lastMs: number;
}

/**
 * Adds rows of usage up to points. Counters are added; of gauges the average over the minutes in which there
 * were any is taken for each cluster, and these are added. Rows of a cluster come together, in order of time.
 */
export class MetricPoints {
  readonly #query: PointsQuery;
  readonly #isGauge: boolean;
  readonly #buckets = new Map<string, Bucket>();

  constructor(query: PointsQuery) {
    this.#query = query;
    this.#isGauge = query.metric.type.startsWith('GAUGE');
  }

  /** Throws `invalid_argument` when there are more points than an answer may have. */
  add(clusterId: string, timeMs: number, rows: readonly UsageRow[]): void {
    const { filter, metric, ranges } = this.#query;
    const range = ranges.find(({ fromMs, untilMs }) => fromMs <= timeMs && timeMs < untilMs);
    if (range === undefined) return;
    for (const row of rows) {
      const labels = labelsOf(metric, clusterId, row);
      if (!matches(filter, labels)) continue;
      const bucket = this.#bucketOf(labels, startOf(this.#query.granularity, range, timeMs));
      if (bucket.clusterId !== clusterId) this.#close(bucket);
      bucket.clusterId = clusterId;
      bucket.sum += metric.read(row);
      if (bucket.lastMs !== timeMs) bucket.samples += 1;
      bucket.lastMs = timeMs;
    }
  }

  /** The points by time, then by labels. */
  finish(): readonly MetricPoint[] {
    const isWhole = this.#query.metric.type !== 'GAUGE_DOUBLE';
    const points = Array.from(this.#buckets.values(), (bucket): MetricPoint => {
      this.#close(bucket);
      const { labels, timeMs, total } = bucket;
      return { labels, timeMs, value: isWhole ? Math.round(total) : total };
    });
    const text = new Map(points.map((point) => [point, JSON.stringify(point.labels)]));
    return points.toSorted(
      (a, b) => a.timeMs - b.timeMs || compare(text.get(a) ?? '', text.get(b) ?? ''),
    );
  }

  #bucketOf(labels: Readonly<Record<string, string>>, timeMs: number): Bucket {
    const group: Record<string, string> = {};
    for (const field of this.#query.groupBy) group[field] = labels[field] ?? '';
    const key = `${timeMs} ${JSON.stringify(group)}`;
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      if (this.#buckets.size >= POINTS_MAX)
        throw new AppError(
          'invalid_argument',
          `The answer has more than ${POINTS_MAX} points: narrow the filter or the interval, or group by less.`,
        );
      bucket = {
        labels: group,
        timeMs,
        total: 0,
        clusterId: '',
        sum: 0,
        samples: 0,
        lastMs: -1,
      };
      this.#buckets.set(key, bucket);
    }
    return bucket;
  }

  #close(bucket: Bucket): void {
    bucket.total += this.#isGauge ? bucket.sum / Math.max(1, bucket.samples) : bucket.sum;
    bucket.sum = 0;
    bucket.samples = 0;
    bucket.lastMs = -1;
  }
}

/** Where the time begins that a point stands for; `ALL` begins with the interval. */
function startOf(granularity: Granularity, { fromMs }: TimeRange, timeMs: number): number {
  const { lengthMs } = GRANULARITIES[granularity];
  return lengthMs === Infinity ? fromMs : timeMs - (timeMs % lengthMs);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
