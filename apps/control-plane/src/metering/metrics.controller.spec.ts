import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { clusterUsage, hourRowsOf, meter } from '@weirhouse/cloud-plan';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import {
  basic,
  bindRole,
  createTenant,
  createTestApp,
  inject,
  type Tenant,
} from '../testing/test-app.ts';
import { reportOf, takeFence } from './testing.ts';
import { UsageRepository } from './usage.repository.ts';

const MINUTE_MS = 60_000;
const PATH = '/v2/metrics/cloud';
const SERVER = 'io.confluent.kafka.server';
/** The minutes that are written, up to the last whole one. */
const MINUTES = 300;

let database: OpenDatabase;
let app: NestFastifyApplication;
let tenant: Tenant;
let clusterId: string;
let environmentId: string;
let lastMs: number;

interface Point {
  readonly timestamp: string;
  readonly value: number;
  readonly [label: string]: unknown;
}

beforeAll(async () => {
  database = await openTestDatabase();
  app = await createTestApp(database.prisma);
  tenant = await createTenant(app);
  const create = async (url: string, body: unknown): Promise<string> =>
    ((await tenant.call('POST', url, body)).body as { readonly id: string }).id;
  environmentId = await create('/org/v2/environments', { display_name: 'prod' });
  clusterId = await create('/cmk/v2/clusters', {
    spec: {
      display_name: 'c',
      availability: 'SINGLE_ZONE',
      cloud: 'AWS',
      region: 'local',
      config: { kind: 'Basic' },
      environment: { id: environmentId },
    },
  });
  const now = Date.now();
  lastMs = now - (now % MINUTE_MS);
  await meterMinutes();
}, SETUP_MAX_MS);

afterAll(async () => {
  await app.close();
  await database.close();
});

/** Each minute the topic `hello` was sent 100 bytes and gave 50. */
async function meterMinutes(): Promise<void> {
  const usage = new UsageRepository(database.prisma);
  const fence = await takeFence(database.prisma, 'spec');
  const { organizationId } = tenant;
  const cluster = {
    clusterId,
    organizationId,
    environmentId,
    displayName: 'c',
    cku: 0,
    brokers: [],
  };
  let memory;
  for (let at = 1; at <= MINUTES; at += 1) {
    const metered = meter(memory, reportOf(at * 100, at * 50), 'weirhouse-control');
    memory = metered.memory;
    const total = clusterUsage([metered.usage], 0);
    const minuteMs = lastMs - (MINUTES - at) * MINUTE_MS;
    const state = { revision: at, minuteMs, memory: { 0: memory } };
    await usage.record(fence, { cluster, state, usage: total, hourRows: hourRowsOf(total) });
  }
}

function filter(value: string = clusterId) {
  return { op: 'EQ', field: 'resource.kafka.id', value };
}

function question(changes: object = {}) {
  return {
    aggregations: [{ metric: `${SERVER}/received_bytes` }],
    filter: filter(),
    granularity: 'PT1M',
    intervals: [`PT5M/${new Date(lastMs + MINUTE_MS).toISOString()}`],
    ...changes,
  };
}

async function query(changes: object = {}, token = ''): Promise<{ data: Point[]; meta: object }> {
  const answer = await tenant.call('POST', `${PATH}/query${token}`, question(changes));
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body as { data: Point[]; meta: object };
}

async function refusal(url: string, body: object): Promise<{ status: number; detail: string }> {
  const { body: answer, status } = await tenant.call('POST', `${PATH}/${url}`, body);
  const [error] = (answer as { readonly errors: readonly Readonly<Record<string, string>>[] })
    .errors;
  expect(Object.keys(error ?? {}).toSorted()).toEqual(['code', 'detail', 'id', 'status']);
  return { status, detail: error?.['detail'] ?? '' };
}

describe('metrics/v2', () => {
  test('describes its metrics by pages, and what they are of', async () => {
    const names: string[] = [];
    let url = `${PATH}/descriptors/metrics?page_size=4`;
    for (;;) {
      const { body } = await tenant.call('GET', url);
      const page = body as { data: { name: string }[]; links?: { next: string } };
      names.push(...page.data.map(({ name }) => name));
      if (page.links === undefined) break;
      const next = new URL(page.links.next);
      url = `${next.pathname}${next.search}`;
    }
    expect(names).toContain(`${SERVER}/consumer_lag_offsets`);
    expect(new Set(names).size).toBe(16);
    const none = await tenant.call('GET', `${PATH}/descriptors/metrics?resource_type=connector`);
    expect(none.body).toMatchObject({ data: [] });
    const resources = await tenant.call('GET', `${PATH}/descriptors/resources`);
    expect(resources.body).toMatchObject({ data: [{ type: 'kafka' }] });
  });

  test('answers points of each minute, grouped by labels', async () => {
    const { data } = await query({ group_by: ['metric.topic', 'metric.principal_id'] });
    expect(data).toHaveLength(5);
    expect(data.at(-1)).toEqual({
      timestamp: new Date(lastMs).toISOString(),
      value: 100,
      'metric.topic': 'hello',
      'metric.principal_id': 'sa-1',
    });
  });

  test('adds minutes up, and takes the average of gauges', async () => {
    const intervals = [`PT4H/${new Date(lastMs + MINUTE_MS).toISOString()}`];
    const all = { granularity: 'ALL', intervals };
    expect((await query(all)).data.map(({ value }) => value)).toEqual([24_000]);
    const aggregations = [{ metric: `${SERVER}/consumer_lag_offsets` }];
    expect((await query({ ...all, aggregations })).data.map(({ value }) => value)).toEqual([7]);
    const load = [{ metric: `${SERVER}/partition_count` }];
    expect((await query({ ...all, aggregations: load })).data.map(({ value }) => value)).toEqual([
      3,
    ]);
  });

  test('answers groups with their points, in the order that is asked for, by pages', async () => {
    const order_by = [{ metric: `${SERVER}/received_bytes`, order: 'ASCENDING' }];
    const grouped = await query({ format: 'GROUPED', group_by: ['metric.topic'], order_by });
    expect(grouped.data).toEqual([
      { 'metric.topic': 'hello', points: expect.arrayContaining([]) as unknown },
    ]);
    const first = await query({ limit: 3 });
    expect(first.data).toHaveLength(3);
    const { next_page_token: token } = (first.meta as { pagination: { next_page_token: string } })
      .pagination;
    expect((await query({ limit: 3 }, `?page_token=${token}`)).data).toHaveLength(2);
  });

  test('knows what is older than a week by the hour', async () => {
    const old = lastMs - 8 * 24 * 60 * MINUTE_MS;
    const intervals = [
      `${new Date(old).toISOString()}/${new Date(lastMs + MINUTE_MS).toISOString()}`,
    ];
    const { data } = await query({ granularity: 'ALL', intervals });
    expect(data.map(({ value }) => value)).toEqual([MINUTES * 100]);
    const aggregations = [{ metric: `${SERVER}/retained_bytes` }];
    const gauge = question({ granularity: 'ALL', intervals, aggregations });
    expect(await refusal('query', gauge)).toMatchObject({ status: 400 });
  });

  test('lists the values of a label', async () => {
    const body = { group_by: ['metric.topic'], filter: filter(), intervals: question().intervals };
    const answer = await tenant.call('POST', `${PATH}/attributes`, body);
    expect(answer.body).toMatchObject({ data: [{ 'metric.topic': 'hello' }] });
    const clusters = { ...body, group_by: ['resource.kafka.id'] };
    const found = await tenant.call('POST', `${PATH}/attributes`, clusters);
    expect(found.body).toMatchObject({ data: [{ 'resource.kafka.id': clusterId }] });
  });

  test('exports the newest minute for Prometheus', async () => {
    const answer = await tenant.call('GET', `${PATH}/export?resource.kafka.id=${clusterId}`);
    expect(answer.headers['content-type']).toContain('version=0.0.4');
    const text = String(answer.body);
    expect(text).toContain('# TYPE confluent_kafka_server_received_bytes gauge\n');
    expect(text).toContain(
      `confluent_kafka_server_received_bytes{kafka_id="${clusterId}",principal_id="sa-1",topic="hello"} 100 ${lastMs}\n`,
    );
    const one = await tenant.call(
      'GET',
      `${PATH}/export?resource.kafka.id=${clusterId}&metric=${SERVER}/partition_count`,
    );
    expect(String(one.body).split('\n')).toHaveLength(4);
  });

  test.each([
    ['an unknown metric', { aggregations: [{ metric: 'x/y' }] }, 'descriptors/metrics'],
    ['an unknown label', { group_by: ['metric.colour'] }, 'metric.colour is no label'],
    ['no clusters', { filter: undefined }, 'must say which clusters'],
    ['clusters that are only left out', { filter: { op: 'NOT', filter: filter('x') } }, 'must say'],
    ['too long an interval', { intervals: ['P2D/now'] }, 'at most 6 hours'],
    ['no interval', { intervals: ['x'] }, 'is no interval'],
    ['another order', { order_by: [{ metric: 'x' }] }, 'order_by must name'],
    ['an unknown granularity', { granularity: 'PT2M' }, 'granularity'],
  ])('says what is wrong with %s', async (_, changes, reason) => {
    const { detail, status } = await refusal('query', question(changes));
    expect(status).toBe(400);
    expect(detail).toContain(reason);
  });

  test('is for whoever has a role for it: others are refused or find nothing', async () => {
    const ask = async (roleName: string | undefined) => {
      const account = await tenant.call('POST', '/iam/v2/service-accounts', {
        display_name: `account ${roleName}`,
      });
      const { id } = account.body as { readonly id: string };
      const created = await tenant.call('POST', '/iam/v2/api-keys', {
        spec: { owner: { id }, resource: { id: 'cloud' } },
      });
      const key = created.body as { id: string; spec: { secret: string } };
      if (roleName !== undefined) await bindRole(app, tenant, { principalId: id, roleName });
      const answer = await inject(app, {
        method: 'POST',
        url: `${PATH}/query`,
        headers: {
          authorization: basic(key.id, key.spec.secret),
          'content-type': 'application/json',
        },
        payload: JSON.stringify(question()),
      });
      return answer.status;
    };
    expect(await ask('MetricsViewer')).toBe(200);
    expect(await ask('BillingAdmin')).toBe(403);
    expect(await ask(undefined)).toBe(403);
    expect(await refusal('query', question({ filter: filter('lkc-none') }))).toMatchObject({
      status: 404,
    });
    const other = await tenant.call('POST', '/v2/metrics/other/query', question());
    expect(other.status).toBe(404);
  });
});
