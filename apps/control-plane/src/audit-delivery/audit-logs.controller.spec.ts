import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FailureSchema, routes, type RouteOutput } from '@weirhouse/cloud-contract';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { AuditEventsRepository } from '../audit/audit-events.repository.ts';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import { newCluster } from '../testing/kafka-rest.ts';
import { createTenant, createTestApp, inject, type Tenant } from '../testing/test-app.ts';

type AuditLog = RouteOutput<typeof routes.getAuditLog>;

const PATH = '/v1/audit-log';

let database: OpenDatabase;
let app: NestFastifyApplication;
let tenant: Tenant;
let environmentId: string;
let clusterId: string;

beforeAll(async () => {
  database = await openTestDatabase();
  app = await createTestApp(database.prisma);
}, SETUP_MAX_MS);

beforeEach(async () => {
  tenant = await createTenant(app);
  environmentId = await create('/org/v2/environments', { display_name: 'prod' });
  clusterId = await create('/cmk/v2/clusters', newCluster(environmentId));
});

afterAll(async () => {
  await app.close();
  await database.close();
});

async function create(url: string, body: unknown): Promise<string> {
  return ((await tenant.call('POST', url, body)).body as { readonly id: string }).id;
}

async function turnTo(cluster_id: string | null): Promise<AuditLog> {
  const { body } = await tenant.call('PATCH', PATH, { cluster_id });
  return routes.updateAuditLog.response.schema.parse(body);
}

function pending(): Promise<number> {
  return database.prisma.auditDelivery.count({
    where: { organizationId: tenant.organizationId },
  });
}

test('an organization’s events go nowhere until it says where', async () => {
  const { body } = await tenant.call('GET', PATH);
  const log = routes.getAuditLog.response.schema.parse(body);
  expect(log).not.toHaveProperty('cluster_id');
  expect(log.status).toEqual({ phase: 'OFF', delivered_events: 0, pending_events: 0 });
  expect(await pending()).toBe(0);
});

test('from the change on every event waits for the topic, that of the change first', async () => {
  const log = await turnTo(clusterId);
  expect(log).toMatchObject({
    cluster_id: clusterId,
    environment_id: environmentId,
    topic_name: 'confluent-audit-log-events',
    status: { phase: 'DELIVERING', pending_events: 1 },
  });
  expect(log.status.oldest_pending_at).toBeDefined();
  await create('/iam/v2/service-accounts', { display_name: 'app' });
  const { body } = await tenant.call('GET', PATH);
  expect(routes.getAuditLog.response.schema.parse(body).status.pending_events).toBe(2);
  const unchanged = await turnTo(clusterId);
  expect(unchanged.status.pending_events).toBe(2);
});

test('a signed-in person’s command line learns where the events are, if the person may read them', async () => {
  await turnTo(clusterId);
  const me = async (token: string): Promise<unknown> =>
    (
      await inject(app, {
        method: 'GET',
        url: '/api/me',
        headers: { authorization: `Bearer ${token}` },
      })
    ).body;
  expect(await me(await tenant.signIn())).toMatchObject({
    organization: {
      audit_log: {
        cluster_id: clusterId,
        account_id: environmentId,
        topic_name: 'confluent-audit-log-events',
      },
    },
  });
  await database.prisma.roleBinding.deleteMany({ where: { principal: `User:${tenant.userId}` } });
  const without = await me(await tenant.signIn());
  expect(JSON.stringify(without)).not.toContain('audit_log');
});

test('turned off, nothing waits any more', async () => {
  await turnTo(clusterId);
  const log = await turnTo(null);
  expect(log.status).toEqual({ phase: 'OFF', delivered_events: 0, pending_events: 0 });
  await create('/iam/v2/service-accounts', { display_name: 'app' });
  expect(await pending()).toBe(0);
});

test('a cluster that receives the log is not deleted until it does no more', async () => {
  await turnTo(clusterId);
  const url = `/cmk/v2/clusters/${clusterId}?environment=${environmentId}`;
  const refused = await tenant.call('DELETE', url);
  expect(refused.status).toBe(409);
  expect(FailureSchema.parse(refused.body).errors[0]?.detail).toContain('PATCH /v1/audit-log');
  const still = await database.prisma.kafkaCluster.findUnique({ where: { id: clusterId } });
  expect(still?.deletionRequestedAt).toBeNull();
  await turnTo(null);
  expect((await tenant.call('DELETE', url)).status).toBe(204);
});

test('clusters that are not there, are others’ or are being deleted receive nothing', async () => {
  const stranger = await createTenant(app);
  for (const [caller, id] of [
    [tenant, 'lkc-nobody'],
    [stranger, clusterId],
  ] as const) {
    const answer = await caller.call('PATCH', PATH, { cluster_id: id });
    expect(answer.status).toBe(404);
    expect(FailureSchema.parse(answer.body).errors[0]?.detail).toBe(
      `There is no Kafka cluster ${id} here.`,
    );
  }
  await tenant.call('DELETE', `/cmk/v2/clusters/${clusterId}?environment=${environmentId}`);
  expect((await tenant.call('PATCH', PATH, { cluster_id: clusterId })).status).toBe(409);
  expect((await tenant.call('PATCH', PATH, {})).status).toBe(422);
  expect((await turnTo(null)).status.phase).toBe('OFF');
});

test('events that wait for the topic outlive the time that others are kept', async () => {
  await turnTo(clusterId);
  const { organizationId } = tenant;
  const old = new Date(1_000_000);
  await database.prisma.auditRecord.updateMany({
    where: { organizationId },
    data: { createdAt: old },
  });
  await new AuditEventsRepository(database.prisma).prune(2_000_000);
  const left = await database.prisma.auditRecord.findMany({ where: { organizationId } });
  expect(left.map(({ action }) => action)).toEqual(['UpdateAuditLog']);
});
