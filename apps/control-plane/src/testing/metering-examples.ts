import type { routes } from '@weirhouse/cloud-contract';
import type { Example, WorldIds } from './route-world.ts';

type Examples = Partial<Readonly<Record<keyof typeof routes, (ids: WorldIds) => Example>>>;

const params = { dataset: 'cloud' };

function ofCluster({ clusterId }: WorldIds) {
  return { op: 'EQ', field: 'resource.kafka.id', value: clusterId };
}

/** A day in UTC, so many days from now. */
function day(fromNow: number): string {
  return new Date(Date.now() + fromNow * 86_400_000).toISOString().slice(0, 10);
}

/** Good requests for the routes on usage. */
export const METERING_EXAMPLES: Examples = {
  listMetricDescriptors: () => ({ params }),
  listMetricResources: () => ({ params }),
  queryMetrics: (ids) => ({
    params,
    body: {
      aggregations: [{ metric: 'io.confluent.kafka.server/received_bytes' }],
      filter: ofCluster(ids),
      granularity: 'PT1M',
      intervals: ['PT1H/now'],
    },
  }),
  listMetricAttributes: (ids) => ({
    params,
    body: { group_by: ['metric.topic'], filter: ofCluster(ids) },
  }),
  listCosts: () => ({ query: { start_date: day(-1), end_date: day(1) } }),
  exportMetrics: ({ clusterId }) => ({ params, query: { 'resource.kafka.id': clusterId } }),
};
