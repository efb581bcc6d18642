import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FailureSchema, routes } from '@weirhouse/cloud-contract';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import { createTenant, createTestApp, type Answer, type Tenant } from '../testing/test-app.ts';

const CLUSTERS = '/cmk/v2/clusters';

let database: OpenDatabase;
let app: NestFastifyApplication;
let tenant: Tenant;
let environment: { readonly id: string };

beforeAll(async () => {
  database = await openTestDatabase();
  app = await createTestApp(database.prisma);
}, SETUP_MAX_MS);

beforeEach(async () => {
  tenant = await createTenant(app);
  const { body } = await tenant.call('POST', '/org/v2/environments', { display_name: 'prod' });
  environment = { id: routes.createEnvironment.response.schema.parse(body).id };
});

afterAll(async () => {
  await app.close();
  await database.close();
});

function wish(changes: object = {}): object {
  const config = { kind: 'Dedicated', cku: 2 };
  const place = { availability: 'SINGLE_ZONE', cloud: 'AWS', region: 'local' };
  return { spec: { display_name: 'orders', ...place, config, environment, ...changes } };
}

async function createCluster(): Promise<string> {
  const { body } = await tenant.call('POST', CLUSTERS, wish());
  return routes.createCluster.response.schema.parse(body).id;
}

function plan(id: string, body: object): Promise<Answer> {
  return tenant.call('POST', `${CLUSTERS}/${id}:plan`, body);
}

test('a creation is previewed with the same refusals and without a cluster', async () => {
  const preview = await tenant.call('POST', `${CLUSTERS}:plan`, wish());
  expect(preview).toMatchObject({
    status: 200,
    body: {
      steps: [{ action: 'allocatePorts' }, { action: 'startBroker' }],
      limits: { after: { units: 2, unit: 'CKU', connections: 36_000 } },
      unit_hours_per_day: { before: 0, after: 48 },
    },
  });
  const refused = await tenant.call('POST', `${CLUSTERS}:plan`, wish({ network: { id: 'n-1' } }));
  expect(refused.status).toBe(422);
  const listed = await tenant.call('GET', `${CLUSTERS}?environment=${environment.id}`);
  expect(listed.body).toMatchObject({ data: [] });
});

test('a change and a deletion are previewed, and nothing changes', async () => {
  const id = await createCluster();
  const config = { kind: 'Dedicated', cku: 1 };
  const smaller = await plan(id, { spec: { environment, config } });
  expect(smaller).toMatchObject({
    status: 200,
    body: { steps: [{ action: 'applyLimits' }], risks: [{ level: 'medium' }] },
  });
  const kind = await plan(id, { spec: { environment, config: { kind: 'Basic' } } });
  expect(FailureSchema.parse(kind.body).errors[0]?.source.pointer).toBe('/spec/config/kind');
  const deletion = await plan(id, { method: 'DELETE', spec: { environment } });
  expect(deletion.body).toMatchObject({ risks: [{ level: 'high' }] });
  const row = await database.prisma.kafkaCluster.findUniqueOrThrow({ where: { id } });
  expect(row).toMatchObject({ generation: 1n, cku: 2, deletionRequestedAt: null });
});

test('a cluster is paused with a reason, resumed, and the reconciler is told both times', async () => {
  const id = await createCluster();
  await database.prisma.outbox.deleteMany();
  const paused = await tenant.call('POST', `/v1/clusters/${id}:pause`, { reason: 'disk swap' });
  expect(paused).toMatchObject({ status: 200, body: { paused: { reason: 'disk swap' } } });
  const resumed = await tenant.call('POST', `/v1/clusters/${id}:resume`, {});
  expect(resumed.status).toBe(200);
  expect(routes.getClusterState.response.schema.parse(resumed.body).paused).toBeUndefined();
  expect(await database.prisma.outbox.count({ where: { resourceId: id } })).toBe(2);
});

test('a maintenance window and the policy on drift are set, kept and taken away', async () => {
  const id = await createCluster();
  const url = `/v1/clusters/${id}`;
  const window = { days: [6], start_minute: 120, duration_minutes: 90 };
  const set = await tenant.call('PATCH', url, {
    maintenance_window: window,
    drift_policy: 'report',
  });
  expect(set.body).toMatchObject({ maintenance_window: window, drift_policy: 'report' });
  const taken = await tenant.call('PATCH', url, { maintenance_window: null });
  const state = routes.getClusterState.response.schema.parse(taken.body);
  expect([state.maintenance_window, state.drift_policy]).toEqual([undefined, 'report']);
  const odd = await tenant.call('PATCH', url, { maintenance_window: { ...window, days: [7] } });
  expect(odd.status).toBe(422);
});

test('what a cluster may be used for is told with what is enforced', async () => {
  const id = await createCluster();
  const { body } = await tenant.call('GET', `/v1/clusters/${id}/limits`);
  expect(body).toMatchObject({
    limits: { partitions: 9_000, ingress_bytes_per_second: 120_000_000 },
    in_effect: false,
  });
});

test('operations are listed by page, and are still read when their cluster is gone', async () => {
  const id = await createCluster();
  const { organizationId } = tenant;
  const ids = [`opn-1${id}`, `opn-2${id}`, `opn-3${id}`];
  for (const [index, operationId] of ids.entries())
    await database.prisma.operation.create({
      data: {
        id: operationId,
        clusterId: id,
        organizationId,
        environmentId: environment.id,
        kind: 'create',
        generation: 1n,
        step: 'startBroker 1',
        status: 'running',
        fencingToken: 1n,
        createdAt: new Date(index),
        steps: { create: { step: 'startBroker 1', outcome: 'failed', message: 'no port' } },
      },
    });
  const first = await tenant.call('GET', `/v1/clusters/${id}/operations?page_size=2`);
  const page = routes.listClusterOperations.response.schema.parse(first.body);
  expect(page.data.map((item) => item.id)).toEqual(ids.slice(0, 2));
  expect(page.metadata.next).toContain('page_token=');
  await database.prisma.kafkaCluster.delete({ where: { id } });
  const read = await tenant.call('GET', `/v1/operations/${ids[2]}`);
  expect(read.body).toMatchObject({
    status: 'running',
    steps: [{ step: 'startBroker 1', outcome: 'failed', message: 'no port', attempts: 1 }],
  });
  const stranger = await createTenant(app);
  expect((await stranger.call('GET', `/v1/operations/${ids[2]}`)).status).toBe(404);
});
