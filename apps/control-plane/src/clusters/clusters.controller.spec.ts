import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FailureSchema, routes } from '@weirhouse/cloud-contract';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ChangeSignal } from '../audit/change-signal.ts';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import { openSecret } from '../secrets/envelope.ts';
import {
  createTenant,
  createTestApp,
  TEST_MASTER_KEY,
  TEST_URL,
  type Answer,
  type Tenant,
} from '../testing/test-app.ts';

const PATH = '/cmk/v2/clusters';

let database: OpenDatabase;
let app: NestFastifyApplication;
let tenant: Tenant;
let environmentId: string;

beforeAll(async () => {
  database = await openTestDatabase();
  app = await createTestApp(database.prisma);
}, SETUP_MAX_MS);

beforeEach(async () => {
  tenant = await createTenant(app);
  environmentId = await createEnvironment('prod');
});

afterAll(async () => {
  await app.close();
  await database.close();
});

async function createEnvironment(displayName: string): Promise<string> {
  const { body } = await tenant.call('POST', '/org/v2/environments', { display_name: displayName });
  return routes.createEnvironment.response.schema.parse(body).id;
}

function wish(changes: object = {}): object {
  const config = { kind: 'Basic' };
  const place = { availability: 'SINGLE_ZONE', cloud: 'AWS', region: 'local' };
  const environment = { id: environmentId };
  return { spec: { display_name: 'orders', ...place, config, environment, ...changes } };
}

async function createCluster(): Promise<string> {
  const { body } = await tenant.call('POST', PATH, wish());
  return routes.createCluster.response.schema.parse(body).id;
}

function urlOf(id: string): string {
  return `${PATH}/${id}?environment=${environmentId}`;
}

function pointerOf(answer: Answer): string | undefined {
  return FailureSchema.parse(answer.body).errors[0]?.source.pointer;
}

test('a wished cluster is accepted, shown as provisioning, and the reconciler is told', async () => {
  let wakes = 0;
  const stop = app.get(ChangeSignal).onChange(() => {
    wakes += 1;
  });
  const made = await tenant.call('POST', PATH, wish({ config: { kind: 'Basic', max_ecku: 5 } }));
  stop();
  expect(made.status).toBe(202);
  const cluster = routes.createCluster.response.schema.parse(made.body);
  expect(cluster).toMatchObject({
    spec: { config: { kind: 'Basic', max_ecku: 5 }, http_endpoint: TEST_URL },
    status: { phase: 'PROVISIONING' },
  });
  expect(cluster.spec.kafka_bootstrap_endpoint).toBeUndefined();
  const place = `organization=${tenant.organizationId}/environment=${environmentId}`;
  expect(cluster.metadata.resource_name).toBe(
    `crn://weirhouse/${place}/cloud-cluster=${cluster.id}/kafka=${cluster.id}`,
  );
  expect(made.headers['location']).toBe(`${TEST_URL}${PATH}/${cluster.id}`);
  expect((await tenant.call('GET', urlOf(cluster.id))).body).toEqual(made.body);
  expect(wakes).toBe(1);
  const outbox = await database.prisma.outbox.findMany({ where: { resourceId: cluster.id } });
  expect(outbox).toMatchObject([{ resourceKind: 'Cluster' }]);
});

test('a new cluster has a sealed super user that only its own row opens', async () => {
  const id = await createCluster();
  const row = await database.prisma.clusterCredential.findUniqueOrThrow({
    where: { clusterId: id },
  });
  expect(row.username).toBe('weirhouse-control');
  expect(openSecret(TEST_MASTER_KEY, row.secretEncrypted, id).toString()).toMatch(/^[\w-]{43}$/u);
  expect(() => openSecret(TEST_MASTER_KEY, row.secretEncrypted, 'lkc-other')).toThrow(
    'stored secret',
  );
});

test.each([
  { what: 'Freight', changes: { config: { kind: 'Freight' } }, pointer: '/spec/config/kind' },
  { what: 'no such type', changes: { config: { kind: 'Huge' } }, pointer: '/spec/config/kind' },
  {
    what: 'Enterprise in one zone',
    changes: { config: { kind: 'Enterprise' } },
    pointer: '/spec/availability',
  },
  {
    what: 'HIGH with one eCKU',
    changes: { availability: 'HIGH', config: { kind: 'Basic', max_ecku: 1 } },
    pointer: '/spec/config/max_ecku',
  },
  {
    what: 'MULTI_ZONE with one CKU',
    changes: { availability: 'MULTI_ZONE', config: { kind: 'Dedicated', cku: 1 } },
    pointer: '/spec/config/cku',
  },
  { what: 'no CKU', changes: { config: { kind: 'Dedicated' } }, pointer: '/spec/config/cku' },
  { what: 'a key of its own', changes: { byok: { id: 'cck-1' } }, pointer: '/spec/byok' },
  { what: 'another cloud', changes: { cloud: 'MOON' }, pointer: '/spec/cloud' },
  { what: 'an odd region', changes: { region: '../x' }, pointer: '/spec/region' },
  { what: 'no name', changes: { display_name: undefined }, pointer: '/spec/display_name' },
  {
    what: 'protection',
    changes: { deletion_protection: true },
    pointer: '/spec/deletion_protection',
  },
  { what: 'a network', changes: { network: { id: 'n-1' } }, pointer: '/spec/network' },
  {
    what: 'a size of 0',
    changes: { config: { kind: 'Basic', max_ecku: 0 } },
    pointer: '/spec/config/max_ecku',
  },
])('what cannot be had ($what) is refused by name and makes nothing', async (refused) => {
  const answer = await tenant.call('POST', PATH, wish(refused.changes));
  expect(answer.status).toBe(422);
  expect(pointerOf(answer)).toBe(refused.pointer);
  const listed = await tenant.call('GET', `${PATH}?environment=${environmentId}`);
  expect(listed.body).toMatchObject({ data: [] });
});

test('a cluster needs an environment of its own organization', async () => {
  const stranger = await createTenant(app);
  expect((await stranger.call('POST', PATH, wish())).status).toBe(404);
  expect((await stranger.call('GET', `${PATH}?environment=${environmentId}`)).status).toBe(404);
  expect((await tenant.call('GET', PATH)).status).toBe(400);
});

test('a cluster is found only through its own environment', async () => {
  const id = await createCluster();
  const other = await createEnvironment('other');
  expect((await tenant.call('GET', `${PATH}/${id}?environment=${other}`)).status).toBe(404);
  expect((await tenant.call('GET', `${PATH}/${id}`)).status).toBe(400);
});

test('a change raises the generation; the same again does not', async () => {
  const id = await createCluster();
  const spec = { environment: { id: environmentId }, display_name: 'renamed' };
  const body = { spec: { ...spec, config: { kind: 'Basic', max_ecku: 2 } } };
  const renamed = await tenant.call('PATCH', `${PATH}/${id}`, body);
  expect(renamed).toMatchObject({
    status: 200,
    body: { spec: { display_name: 'renamed', config: { max_ecku: 2 } } },
  });
  await tenant.call('PATCH', `${PATH}/${id}`, body);
  const row = await database.prisma.kafkaCluster.findUniqueOrThrow({ where: { id } });
  expect(row.generation).toBe(2n);
});

test('a deletion is accepted once and again, the cluster is shown until it is gone', async () => {
  const id = await createCluster();
  expect((await tenant.call('DELETE', urlOf(id))).status).toBe(204);
  expect((await tenant.call('DELETE', urlOf(id))).status).toBe(204);
  expect((await tenant.call('GET', urlOf(id))).status).toBe(200);
  const change = { spec: { environment: { id: environmentId }, display_name: 'late' } };
  expect((await tenant.call('PATCH', `${PATH}/${id}`, change)).status).toBe(409);
  const records = await database.prisma.auditRecord.findMany({
    where: { action: 'DeleteKafkaCluster', resourceCrn: { endsWith: `kafka=${id}` } },
  });
  expect(records).toHaveLength(1);
  await database.prisma.kafkaCluster.delete({ where: { id } });
  expect((await tenant.call('GET', urlOf(id))).status).toBe(404);
});

test('a Basic cluster becomes Standard in place, and nothing becomes Basic again', async () => {
  const id = await createCluster();
  const environment = { id: environmentId };
  const to = (kind: string): Promise<Answer> =>
    tenant.call('PATCH', `${PATH}/${id}`, { spec: { environment, config: { kind } } });
  expect(await to('Standard')).toMatchObject({
    status: 200,
    body: { spec: { config: { kind: 'Standard' } } },
  });
  const back = await to('Basic');
  expect(back.status).toBe(422);
  expect(pointerOf(back)).toBe('/spec/config/kind');
});

test('a Dedicated cluster is resized, and its size in effect is told apart from the wish', async () => {
  const config = { kind: 'Dedicated', cku: 2, zones: ['z1', 'z2'] };
  const spec = wish({ config, availability: 'HIGH', deletion_protection: true });
  const made = await tenant.call('POST', PATH, spec);
  expect(made).toMatchObject({
    status: 202,
    body: {
      spec: { availability: 'HIGH', config: { ...config, release_priority: 'REGULAR' } },
      status: { phase: 'PROVISIONING' },
    },
  });
  const { id } = routes.createCluster.response.schema.parse(made.body);
  await database.prisma.kafkaCluster.update({
    where: { id },
    data: { observedCku: 2, phase: 'PROVISIONED' },
  });
  const environment = { id: environmentId };
  const change = { environment, config: { kind: 'Dedicated', cku: 3 }, availability: 'MULTI_ZONE' };
  const resized = await tenant.call('PATCH', `${PATH}/${id}`, { spec: change });
  expect(resized).toMatchObject({
    status: 200,
    body: { spec: { availability: 'HIGH', config: { cku: 3 } }, status: { cku: 2 } },
  });
  const moved = { environment, config: { kind: 'Dedicated', cku: 3, zones: ['z1', 'z3'] } };
  const refused = await tenant.call('PATCH', `${PATH}/${id}`, { spec: moved });
  expect([refused.status, pointerOf(refused)]).toEqual([422, '/spec/config/zones']);
});

test('a protected cluster is deleted only after its protection is taken off', async () => {
  const dedicated = { config: { kind: 'Dedicated', cku: 1 }, deletion_protection: true };
  const made = await tenant.call('POST', PATH, wish(dedicated));
  const { id } = routes.createCluster.response.schema.parse(made.body);
  const protectedOnes = `${PATH}?environment=${environmentId}&spec.deletion_protection=true`;
  expect((await tenant.call('GET', protectedOnes)).body).toMatchObject({ data: [{ id }] });
  const refused = await tenant.call('DELETE', urlOf(id));
  expect(refused.status).toBe(409);
  expect(FailureSchema.parse(refused.body).errors[0]?.detail).toContain('deletion_protection');
  const spec = { environment: { id: environmentId }, deletion_protection: false };
  expect((await tenant.call('PATCH', `${PATH}/${id}`, { spec })).status).toBe(200);
  expect((await tenant.call('DELETE', urlOf(id))).status).toBe(204);
});

test('two changes at once are both kept', async () => {
  const id = await createCluster();
  const environment = { id: environmentId };
  const answers = await Promise.all([
    tenant.call('PATCH', `${PATH}/${id}`, { spec: { environment, display_name: 'renamed' } }),
    tenant.call('PATCH', `${PATH}/${id}`, {
      spec: { environment, config: { kind: 'Basic', max_ecku: 7 } },
    }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect((await tenant.call('GET', urlOf(id))).body).toMatchObject({
    spec: { display_name: 'renamed', config: { max_ecku: 7 } },
  });
});

test('a list pages through one environment only and honours filters nothing can match', async () => {
  const ids = [await createCluster(), await createCluster(), await createCluster()];
  const home = environmentId;
  environmentId = await createEnvironment('other');
  await createCluster();
  const seen: string[] = [];
  let url: string | undefined = `${PATH}?environment=${home}&page_size=2`;
  while (url !== undefined) {
    const { body } = await tenant.call('GET', url.replace(TEST_URL, ''));
    const page = routes.listClusters.response.schema.parse(body);
    seen.push(...page.data.map((item) => item.id));
    url = page.metadata.next;
  }
  expect(seen).toEqual(ids);
  for (const filter of ['spec.network=n-1', 'spec.deletion_protection=true']) {
    const none = await tenant.call('GET', `${PATH}?environment=${home}&${filter}`);
    expect(none.body).toMatchObject({ data: [] });
  }
});

test('endpoints appear with the ports', async () => {
  const id = await createCluster();
  await database.prisma.kafkaCluster.update({
    where: { id },
    data: { bootstrapEndpoint: '127.0.0.1:9092', phase: 'PROVISIONED' },
  });
  const { body } = await tenant.call('GET', urlOf(id));
  expect(body).toMatchObject({
    spec: {
      kafka_bootstrap_endpoint: '127.0.0.1:9092',
      endpoints: { public: { http_endpoint: TEST_URL, connection_type: 'PUBLIC' } },
    },
    status: { phase: 'PROVISIONED' },
  });
});
