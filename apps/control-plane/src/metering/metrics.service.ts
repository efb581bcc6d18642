import { Inject, Injectable } from '@nestjs/common';
import { clusterCrn, type RouteInput, type routes } from '@weirhouse/cloud-contract';
import {
  CLUSTER_FIELD,
  clustersIn,
  fieldsOf,
  findMetric,
  GRANULARITIES,
  METRICS,
  MetricPoints,
  parseFilter,
  parseInterval,
  requireSpan,
  unionOf,
  type Metric,
  type MetricFilter,
  type MetricPoint,
  type PointsQuery,
  type TimeRange,
} from '@weirhouse/cloud-plan';
import { AppError } from '@weirhouse/shared-kernel';
import { authorize, isAllowed } from '../auth/authorize.ts';
import type { OpContext } from '../auth/op-context.ts';
import { Repositories } from '../database/repositories.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { exportText } from './metrics-export.ts';
import { UsageReadsRepository } from './usage-reads.repository.ts';
import { MINUTES_KEPT_MS } from './usage.repository.ts';

type QueryBody = RouteInput<typeof routes.queryMetrics>['body'];
type AttributesBody = RouteInput<typeof routes.listMetricAttributes>['body'];

/** Clusters of one question. */
const CLUSTERS_MAX = 20;
/** Minutes or rows of hours that one question may cost: some seconds of reading. */
const READS_MAX = 50_000;
/** An export shows the newest minute, if it is not older than this. */
const EXPORT_AGE_MS_MAX = 5 * 60_000;
const HOUR_MS = 3_600_000;

/** Answers what clusters used over time, to those who may know. */
@Injectable()
export class MetricsService {
  constructor(
    private readonly reads: UsageReadsRepository,
    private readonly repositories: Repositories,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  /** The points of a metric, by time. Throws `invalid_argument`, `not_found` and `forbidden`. */
  async query(ctx: OpContext, body: QueryBody): Promise<readonly MetricPoint[]> {
    const metric = getMetric(body.aggregations[0]?.metric ?? '');
    const order = body.order_by?.[0];
    if (order !== undefined && order.metric !== metric.name)
      throw refuse('order_by', `must name the metric that is asked for, ${metric.name}.`);
    const points = await this.#points(ctx, {
      metric,
      filter: filterOf(metric, body.filter),
      groupBy: groupsOf(metric, body.group_by ?? []),
      granularity: body.granularity,
      ranges: this.#rangesOf(body.intervals),
    });
    if (order === undefined) return points;
    const sign = order.order === 'ASCENDING' ? 1 : -1;
    return points.toSorted((a, b) => sign * (a.value - b.value));
  }

  /** The values of a label, in order. Throws as `query` does. */
  async attributes(ctx: OpContext, body: AttributesBody): Promise<readonly string[]> {
    const [field = ''] = body.group_by;
    const metric = body.metric === undefined ? someMetricWith(field) : getMetric(body.metric);
    const points = await this.#points(ctx, {
      metric,
      filter: filterOf(metric, body.filter),
      groupBy: groupsOf(metric, [field]),
      granularity: 'ALL',
      ranges: this.#rangesOf(body.intervals ?? ['PT1H/now']),
    });
    return [...new Set(points.map(({ labels }) => labels[field] ?? ''))].toSorted();
  }

  /** The newest minute of clusters in the Prometheus format. */
  async export(
    ctx: OpContext,
    clusterIds: readonly string[],
    names: readonly string[] | undefined,
  ): Promise<string> {
    const metrics = names === undefined ? METRICS : names.map(getMetric);
    if (clusterIds.length === 0) throw refuse(CLUSTER_FIELD, 'must name one cluster at least.');
    await this.#requireClusters(ctx, clusterIds);
    const fromMs = this.ports.clock.wallMs() - EXPORT_AGE_MS_MAX;
    const newest = [];
    for (const clusterId of new Set(clusterIds)) {
      const found = await this.reads.findNewest(clusterId, fromMs);
      if (found !== undefined) newest.push({ clusterId, ...found });
    }
    return exportText(metrics, newest);
  }

  async #points(ctx: OpContext, query: PointsQuery): Promise<readonly MetricPoint[]> {
    const clusterIds = [...(clustersIn(query.filter) ?? [])];
    await this.#requireClusters(ctx, clusterIds);
    requireSpan(query.granularity, query.ranges);
    const isOld = this.#isOld(query);
    const points = new MetricPoints(query);
    let reads = 0;
    for (const clusterId of clusterIds)
      for (const range of unionOf(query.ranges)) {
        const found = isOld
          ? this.reads.hours(clusterId, range)
          : this.reads.minutes(clusterId, query.metric.section, range);
        for await (const { rows, timeMs } of found) {
          reads += 1;
          if (reads > READS_MAX)
            throw refuse('intervals', 'are too long for so many clusters: ask for less at once.');
          points.add(clusterId, timeMs, rows);
        }
      }
    return points.finish();
  }

  /** Whether hours have to tell: what is older than a week is known by the hour, and traffic only. */
  #isOld({ granularity, metric, ranges }: PointsQuery): boolean {
    const oldestMs = this.ports.clock.wallMs() - MINUTES_KEPT_MS - HOUR_MS;
    if (ranges.every(({ fromMs }) => fromMs >= oldestMs)) return false;
    if (metric.section !== 'traffic' || GRANULARITIES[granularity].lengthMs < HOUR_MS)
      throw refuse(
        'intervals',
        `reach back more than 7 days: of that time there are bytes and records only, with granularity PT1H or coarser.`,
      );
    return true;
  }

  /** Of clusters that are hidden nobody learns that they exist. */
  async #requireClusters(ctx: OpContext, clusterIds: readonly string[]): Promise<void> {
    const { organizationId } = ctx;
    if (clusterIds.length > CLUSTERS_MAX)
      throw refuse(CLUSTER_FIELD, `can name ${CLUSTERS_MAX} clusters at most.`);
    for (const clusterId of clusterIds) {
      const cluster = await this.repositories.clusters.find(organizationId, clusterId);
      const crn =
        cluster === undefined
          ? undefined
          : clusterCrn({ organizationId, environmentId: cluster.environmentId, clusterId });
      const isKnown = crn !== undefined && isAllowed(ctx, 'cluster:read', crn);
      if (crn === undefined || (!isKnown && !isAllowed(ctx, 'metric:read', crn)))
        throw new AppError('not_found', `There is no cluster ${clusterId}.`);
      authorize(ctx, 'metric:read', crn);
    }
  }

  #rangesOf(intervals: readonly string[]): readonly TimeRange[] {
    const nowMs = this.ports.clock.wallMs();
    return intervals.map((text) => parseInterval(text, nowMs));
  }
}

function getMetric(name: string): Metric {
  const metric = findMetric(name);
  if (metric === undefined)
    throw refuse('metric', `${name} is unknown; descriptors/metrics lists those there are.`);
  return metric;
}

/** Every cluster has partitions counted, used or not. */
function someMetricWith(field: string): Metric {
  const own =
    field === CLUSTER_FIELD ? METRICS.filter(({ labels }) => labels.length === 0) : METRICS;
  const found = own.find((metric) => fieldsOf(metric).includes(field));
  if (found === undefined) throw refuse('group_by', `${field} is no label of any metric.`);
  return found;
}

function groupsOf(metric: Metric, groupBy: readonly string[]): readonly string[] {
  const fields = fieldsOf(metric);
  const unknown = groupBy.find((field) => !fields.includes(field));
  if (unknown !== undefined)
    throw refuse(
      'group_by',
      `${unknown} is no label of ${metric.name}; it has ${fields.join(', ')}.`,
    );
  return groupBy;
}

/** Throws unless the filter says which clusters it is about. */
function filterOf(metric: Metric, value: unknown): MetricFilter {
  const filter = value === undefined ? undefined : parseFilter(value, fieldsOf(metric));
  if (filter === undefined || clustersIn(filter) === undefined)
    throw refuse(
      'filter',
      `must say which clusters are meant: {"op":"EQ","field":"${CLUSTER_FIELD}","value":"lkc-..."}, alone or within AND.`,
    );
  return filter;
}

function refuse(field: string, reason: string): AppError {
  return new AppError('invalid_argument', `${field} ${reason}`, { field });
}
