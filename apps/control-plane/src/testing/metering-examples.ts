import type { routes } from '@weirhouse/cloud-contract';
import type { Example, WorldIds } from './route-world.ts';

type Examples = Partial<Readonly<Record<keyof typeof routes, (ids: WorldIds) => Example>>>;

const params = { dataset: 'cloud' };

function ofCluster({ clusterId }: WorldIds) {
  return { op: 'EQ', field: 'resource.kafka.id', value: clusterId };
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
  exportMetrics: ({ clusterId }) => ({ params, query: { 'resource.kafka.id': clusterId } }),
};
