import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { routes, type RouteOutput } from '@weirhouse/cloud-contract';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { Repositories } from '../database/repositories.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import { basic, createTenant, createTestApp, inject, type Tenant } from '../testing/test-app.ts';
import { AUDIT_KEPT_MS } from './audit-retention.ts';

type AuditEvents = RouteOutput<typeof routes.listAuditEvents>;

const PATH = '/v1/audit-events';

let database: OpenDatabase;
let app: NestFastifyApplication;
let tenant: Tenant;

beforeAll(async () => {
  database = await openTestDatabase();
  app = await createTestApp(database.prisma);
}, SETUP_MAX_MS);

beforeEach(async () => {
  tenant = await createTenant(app);
});

afterAll(async () => {
  await app.close();
  await database.close();
});

async function list(query = ''): Promise<AuditEvents> {
  const { body } = await tenant.call('GET', `${PATH}${query}`);
  return routes.listAuditEvents.response.schema.parse(body);
}

async function methods(query = ''): Promise<readonly string[]> {
  return (await list(query)).data.map(({ data }) => data.methodName);
}

test('a change is one event that says who did what to what, and how it ended', async () => {
  const made = await tenant.call('POST', '/org/v2/environments', { display_name: 'prod' });
  const { metadata } = routes.createEnvironment.response.schema.parse(made.body);
  const [event] = (await list()).data;
  expect(event).toMatchObject({
    specversion: '1.0',
    type: 'io.confluent.cloud/request',
    subject: metadata.resource_name,
    data: {
      methodName: 'CreateEnvironment',
      authenticationInfo: { principal: `User:${tenant.userId}` },
      requestMetadata: {
        requestId: [made.headers['x-request-id']],
        clientAddress: [{ ip: '127.0.0.1' }],
      },
      result: { status: 'SUCCESS' },
    },
  });
});

test('pages go back in time and hold each event once, those of one instant too', async () => {
  const { organizationId } = tenant;
  await database.prisma.auditRecord.deleteMany({ where: { organizationId } });
  const rest = { organizationId, actor: 'System', action: 'x', requestId: 'r' };
  const data = Array.from({ length: 11 }, (_, index) => ({
    ...rest,
    resourceCrn: `crn://w/${index}`,
    createdAt: new Date(1_700_000_000_000 + Math.floor(index / 5)),
  }));
  await database.prisma.auditRecord.createMany({ data });
  const subjects: string[] = [];
  const ids = new Set<string>();
  for (let url: string | undefined = '?page_size=2'; url !== undefined;) {
    const page: AuditEvents = await list(url);
    subjects.push(...page.data.map(({ subject }) => subject));
    for (const { id } of page.data) ids.add(id);
    url = page.metadata.next && new URL(page.metadata.next).search;
  }
  expect(subjects).toEqual(data.map(({ resourceCrn }) => resourceCrn).toReversed());
  expect(ids.size).toBe(11);
});

test('a known caller that may not, and a wrong secret of a known key, are recorded', async () => {
  const account = await tenant.call('POST', '/iam/v2/service-accounts', { display_name: 'app' });
  const owner = { id: (account.body as { id: string }).id };
  const made = await tenant.call('POST', '/iam/v2/api-keys', { spec: { owner } });
  const key = routes.createApiKey.response.schema.parse(made.body);
  const send = (secret: string): ReturnType<typeof inject> =>
    inject(app, {
      method: 'POST',
      url: '/org/v2/environments',
      headers: { authorization: basic(key.id, secret), 'content-type': 'application/json' },
      payload: JSON.stringify({ display_name: 'mine' }),
    });
  expect((await send(key.spec.secret ?? '')).status).toBe(403);
  expect((await send('wrong')).status).toBe(401);
  await expect.poll(() => methods('?method=CreateEnvironment')).toHaveLength(2);
  const [forbidden] = (await list('?result=FORBIDDEN')).data;
  expect(forbidden?.data).toMatchObject({
    methodName: 'CreateEnvironment',
    authenticationInfo: { principal: `User:${owner.id}`, metadata: { identifier: key.id } },
    result: { status: 'FAILURE' },
  });
  expect(await methods('?result=UNAUTHENTICATED')).toEqual(['CreateEnvironment']);
});

test('a flood of refusals leaves a bounded number of events', async () => {
  const authorization = basic(tenant.keyId, tenant.secret);
  for (let count = 0; count < 40; count += 1)
    await inject(app, {
      method: 'GET',
      url: '/kafka/v3/clusters/lkc-x',
      headers: { authorization },
    });
  const { organizationId } = tenant;
  const denied = await database.prisma.auditRecord.count({
    where: { organizationId, result: { not: 'SUCCESS' } },
  });
  expect(denied).toBeLessThanOrEqual(21);
});

test('another organization’s events are not shown', async () => {
  await tenant.call('POST', '/org/v2/environments', { display_name: 'secret' });
  const stranger = await createTenant(app);
  const { body } = await stranger.call('GET', `${PATH}?method=CreateEnvironment`);
  expect(routes.listAuditEvents.response.schema.parse(body).data).toEqual([]);
});

test('what is too old goes, the rest stays', async () => {
  const { organizationId } = tenant;
  const rest = { organizationId, actor: 'System', requestId: 'r', resourceCrn: 'crn://w/x' };
  const nowMs = Date.now();
  await database.prisma.auditRecord.createMany({
    data: [
      { ...rest, action: 'old', createdAt: new Date(nowMs - AUDIT_KEPT_MS - 1_000) },
      { ...rest, action: 'young', createdAt: new Date(nowMs - AUDIT_KEPT_MS + 60_000) },
    ],
  });
  expect(await app.get(Repositories).auditEvents.prune(nowMs - AUDIT_KEPT_MS)).toBe(false);
  expect(await methods('?method=old')).toEqual([]);
  expect(await methods('?method=young')).toEqual(['young']);
});
