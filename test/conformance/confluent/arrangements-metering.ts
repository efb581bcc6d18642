// What the operations on usage are asked with. A cluster is metered each minute, so that the first answers take that long.
import { waitFor } from '@weirhouse/testing-harness';
import type { Arrangement, Asked, World } from './arrangement.ts';

/** Until the next minute has begun and been metered, on a busy machine. */
const METERED_MAX_MS = 150_000;
const METRICS = '/v2/metrics/cloud';
const path = ['cloud'];

function question({ quickstart }: World): object {
  return {
    aggregations: [{ metric: 'io.confluent.kafka.server/partition_count', agg: 'SUM' }],
    group_by: ['resource.kafka.id'],
    filter: { op: 'EQ', field: 'resource.kafka.id', value: quickstart().clusterId },
    granularity: 'PT1M',
    intervals: ['PT1H/now+2m'],
    limit: 10,
  };
}

/** Waits until the cluster of the first start has been metered. */
async function metered(world: World): Promise<void> {
  await waitFor(
    'the first minute of metering',
    async () => {
      const { body } = await world.call('POST', `${METRICS}/query`, { body: question(world) });
      return (body as { readonly data: readonly unknown[] }).data.length > 0;
    },
    METERED_MAX_MS,
  );
}

const afterMetering =
  (ask: (world: World) => readonly Asked[]): Arrangement =>
  async (world) => {
    await metered(world);
    return ask(world);
  };

/** A day in UTC, so many days from now. */
function day(fromNow: number): string {
  return new Date(Date.now() + fromNow * 86_400_000).toISOString().slice(0, 10);
}

/** By the operation's name, or where it has none by its method and path. */
export const METERING_ARRANGEMENTS: Readonly<Record<string, Arrangement>> = {
  'GET /v2/metrics/{dataset}/descriptors/metrics': async () => [
    { path },
    { path, query: { page_size: '1', resource_type: 'kafka' } },
  ],
  'GET /v2/metrics/{dataset}/descriptors/resources': async () => [{ path }],
  'POST /v2/metrics/{dataset}/query': afterMetering((world) => [
    { path, body: question(world) },
    { path, body: { ...question(world), format: 'GROUPED', limit: 1 } },
  ]),
  'POST /v2/metrics/{dataset}/attributes': afterMetering(({ quickstart }) => {
    const value = quickstart().clusterId;
    const filter = { op: 'EQ', field: 'resource.kafka.id', value };
    return [
      { path, body: { group_by: ['resource.kafka.id'], filter, intervals: ['PT1H/now+2m'] } },
    ];
  }),
  'GET /v2/metrics/{dataset}/export': afterMetering(({ quickstart }) => [
    { path, query: { 'resource.kafka.id': quickstart().clusterId } },
  ]),
  listBillingV1Costs: afterMetering(() => [
    { query: { start_date: day(-1), end_date: day(1) } },
    { query: { start_date: day(-1), end_date: day(1), page_size: '1' } },
  ]),
};
