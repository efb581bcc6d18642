import type { RouteOutput, routes } from '@weirhouse/cloud-contract';
import type { Metric, MetricPoint } from '@weirhouse/cloud-plan';
import { AppError } from '@weirhouse/shared-kernel';
import { z } from 'zod';

type Descriptor = RouteOutput<typeof routes.listMetricDescriptors>['data'][number];
type Resource = RouteOutput<typeof routes.listMetricResources>['data'][number];
type Answered = RouteOutput<typeof routes.queryMetrics>['data'][number];

/** What metrics are of. */
export const RESOURCES: readonly Resource[] = [
  {
    type: 'kafka',
    description: 'A Kafka cluster.',
    labels: [{ key: 'kafka.id', description: 'Id of the Kafka cluster.', exportable: true }],
  },
];

/** A metric as the contract describes it. */
export function presentMetric({ description, labels, name, type, unit }: Metric): Descriptor {
  return {
    name,
    description,
    unit,
    type,
    labels: labels.map((label) => {
      return { key: label.key, description: label.description, exportable: true };
    }),
    lifecycle_stage: 'GENERAL_AVAILABILITY',
    exportable: true,
    resources: ['kafka'],
  };
}

/** Points with their labels, or each group once with its points. */
export function presentPoints(
  points: readonly MetricPoint[],
  format: 'FLAT' | 'GROUPED',
): readonly Answered[] {
  if (format === 'FLAT') return points.map((point) => ({ ...point.labels, ...bare(point) }));
  const groups = Map.groupBy(points, ({ labels }) => JSON.stringify(labels));
  return Array.from(groups.values(), (group) => ({
    ...group[0]?.labels,
    points: group.map(bare),
  }));
}

function bare({ timeMs, value }: MetricPoint): { timestamp: string; value: number } {
  return { timestamp: new Date(timeMs).toISOString(), value };
}

/** A part of a list that is known as a whole. */
export interface Cut<Row> {
  readonly rows: readonly Row[];
  readonly total: number;
  readonly nextToken: string | undefined;
}

const OffsetSchema = z.string().regex(/^o\d{1,7}$/u);

/** The rows of a page; its token says how many are before it. Throws `invalid_argument` for others. */
export function cutOffsets<Row>(
  rows: readonly Row[],
  pageSize: number,
  token: string | undefined,
): Cut<Row> {
  const offset = token === undefined ? 0 : offsetOf(token);
  const end = offset + pageSize;
  const nextToken = end < rows.length ? Buffer.from(`o${end}`).toString('base64url') : undefined;
  return { rows: rows.slice(offset, end), total: rows.length, nextToken };
}

function offsetOf(token: string): number {
  const parsed = OffsetSchema.safeParse(Buffer.from(token, 'base64url').toString());
  if (!parsed.success)
    throw new AppError(
      'invalid_argument',
      'page_token is not one of ours: leave it out, or take it from meta.pagination.',
      { field: 'page_token' },
    );
  return Number(parsed.data.slice(1));
}
