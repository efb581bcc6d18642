import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FailureSchema, routes } from '@weirhouse/cloud-contract';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import {
  createTenant,
  createTestApp,
  TEST_URL,
  type Answer,
  type Tenant,
} from '../testing/test-app.ts';

const PATH = '/kafka-quotas/v1/client-quotas';

let database: OpenDatabase;
let app: NestFastifyApplication;
let tenant: Tenant;
let environmentId: string;
let clusterId: string;
let accountId: string;

interface Created {
  readonly id: string;
}

beforeAll(async () => {
  database = await openTestDatabase();
  app = await createTestApp(database.prisma);
}, SETUP_MAX_MS);

beforeEach(async () => {
  tenant = await createTenant(app);
  const create = async (url: string, body: unknown): Promise<string> =>
    ((await tenant.call('POST', url, body)).body as Created).id;
  environmentId = await create('/org/v2/environments', { display_name: 'prod' });
  const place = { availability: 'SINGLE_ZONE', cloud: 'AWS', region: 'local' };
  clusterId = await create('/cmk/v2/clusters', {
    spec: {
      display_name: 'c',
      ...place,
      config: { kind: 'Basic' },
      environment: { id: environmentId },
    },
  });
  accountId = await create('/iam/v2/service-accounts', { display_name: 'app' });
});

afterAll(async () => {
  await app.close();
  await database.close();
});

function specOf(change: object = {}): { spec: Record<string, unknown> } {
  return {
    spec: {
      display_name: 'slow',
      throughput: { ingress_byte_rate: '1000', egress_byte_rate: '9007199254740991' },
      cluster: { id: clusterId },
      environment: { id: environmentId },
      principals: [{ id: accountId }],
      ...change,
    },
  };
}

function create(change: object = {}): Promise<Answer> {
  return tenant.call('POST', PATH, specOf(change));
}

function listUrl(): string {
  return `${PATH}?spec.cluster=${clusterId}&environment=${environmentId}`;
}

test('a created quota is shown as it was given, its rates as text, and the reconciler is told', async () => {
  await database.prisma.outbox.deleteMany();
  const made = await create();
  expect(made.status).toBe(202);
  const quota = routes.createClientQuota.response.schema.parse(made.body);
  expect(quota.id).toMatch(/^cq-[a-z0-9]{6}$/u);
  expect(made.headers['location']).toBe(`${TEST_URL}${PATH}/${quota.id}`);
  expect(quota.spec).toMatchObject({
    ...specOf().spec,
    description: '',
    cluster: { id: clusterId, environment: environmentId },
  });
  const read = await tenant.call('GET', `${PATH}/${quota.id}`);
  expect(read).toMatchObject({ status: 200, body: made.body as object });
  const rows = await database.prisma.outbox.findMany();
  expect(rows.map(({ resourceId }) => resourceId)).toEqual([clusterId]);
});

test('a principal can be in one quota of a cluster only', async () => {
  expect((await create()).status).toBe(202);
  const second = await create({ display_name: 'other' });
  expect(second.status).toBe(409);
  expect(FailureSchema.parse(second.body).errors[0]?.source.pointer).toBe('/spec/principals');
  expect((await create({ principals: [{ id: '<default>' }] })).status).toBe(202);
  const { body } = await tenant.call('GET', listUrl());
  expect(routes.listClientQuotas.response.schema.parse(body).data).toHaveLength(2);
});

test.each([
  ['/spec/principals', { principals: [{ id: 'sa-nobody' }] }],
  ['/spec/cluster/id', { cluster: { id: 'lkc-nothing' } }],
  ['/spec/cluster/id', { environment: { id: 'env-other' } }],
  [
    '/spec/throughput/ingress_byte_rate',
    { throughput: { ingress_byte_rate: '0', egress_byte_rate: '1' } },
  ],
  [
    '/spec/throughput/egress_byte_rate',
    { throughput: { ingress_byte_rate: '1', egress_byte_rate: 5 } },
  ],
])(
  'what is wrong with %s is refused by that name, and nothing is kept',
  async (pointer, change) => {
    const answer = await create(change);
    expect(answer.status).toBe(422);
    expect(FailureSchema.parse(answer.body).errors[0]?.source.pointer).toBe(pointer);
    expect(await database.prisma.clientQuota.count({ where: { clusterId } })).toBe(0);
  },
);

test('a change keeps what it does not name', async () => {
  const { id } = (await create({ description: 'why' })).body as Created;
  const throughput = { ingress_byte_rate: '5', egress_byte_rate: '6' };
  const changed = await tenant.call('PATCH', `${PATH}/${id}`, { spec: { throughput } });
  expect(changed).toMatchObject({
    status: 200,
    body: { spec: { throughput, description: 'why', principals: [{ id: accountId }] } },
  });
});

test('a quota goes with its last principal, and with its cluster', async () => {
  const { id } = (await create()).body as Created;
  const kept = (await create({ principals: [{ id: '<default>' }] })).body as Created;
  await tenant.call('DELETE', `/iam/v2/service-accounts/${accountId}`);
  expect((await tenant.call('GET', `${PATH}/${id}`)).status).toBe(404);
  expect((await tenant.call('GET', `${PATH}/${kept.id}`)).status).toBe(200);
  await database.prisma.kafkaCluster.delete({ where: { id: clusterId } });
  expect((await tenant.call('GET', `${PATH}/${kept.id}`)).status).toBe(404);
});

test('a deleted quota is gone; its principal is free for another', async () => {
  const { id } = (await create()).body as Created;
  expect((await tenant.call('DELETE', `${PATH}/${id}`)).status).toBe(204);
  expect((await tenant.call('DELETE', `${PATH}/${id}`)).status).toBe(404);
  expect((await create()).status).toBe(202);
});

test('the list needs its cluster, and a foreign one is not there', async () => {
  expect((await tenant.call('GET', PATH)).status).toBe(400);
  const stranger = await createTenant(app);
  const foreign = await stranger.call('GET', listUrl());
  expect(foreign.status).toBe(400);
  expect(FailureSchema.parse(foreign.body).errors[0]?.source.parameter).toBe('spec.cluster');
});
