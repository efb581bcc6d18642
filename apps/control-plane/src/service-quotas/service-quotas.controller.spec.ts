import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FailureSchema, routes } from '@weirhouse/cloud-contract';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { Repositories } from '../database/repositories.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import { createTenant, createTestApp, type Answer, type Tenant } from '../testing/test-app.ts';
import type { QuotaCode } from './catalogue.ts';
import { parseQuotaSetting } from './set-quota.ts';

const PATH = '/service-quota/v1/applied-quotas';

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

async function setLimit(code: QuotaCode, appliedLimit: number): Promise<void> {
  const { organizationId } = tenant;
  const { serviceQuotas } = app.get(Repositories);
  await serviceQuotas.setLimit({ organizationId, code, appliedLimit });
}

async function createEnvironment(displayName: string): Promise<string> {
  const made = await tenant.call('POST', '/org/v2/environments', { display_name: displayName });
  return routes.createEnvironment.response.schema.parse(made.body).id;
}

function createCluster(environmentId: string, config: object): Promise<Answer> {
  const place = { availability: 'SINGLE_ZONE', cloud: 'AWS', region: 'local' };
  return tenant.call('POST', '/cmk/v2/clusters', {
    spec: { display_name: 'c', ...place, config, environment: { id: environmentId } },
  });
}

test('of creates that race for the last place one gets it, and the others are told the limit', async () => {
  await setLimit('iam.max_environments.per_org', 3);
  await createEnvironment('a');
  await createEnvironment('b');
  const racing = await Promise.all(
    ['c', 'd', 'e', 'f'].map((displayName) =>
      tenant.call('POST', '/org/v2/environments', { display_name: displayName }),
    ),
  );
  expect(racing.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
    201, 402, 402, 402,
  ]);
  const refused = racing.find(({ status }) => status === 402);
  const [failure] = FailureSchema.parse(refused?.body).errors;
  expect(failure).toMatchObject({ status: '402', code: 'quota_exceeded' });
  expect(failure?.detail).toContain('iam.max_environments.per_org (Environments per');
  expect(failure?.detail).toContain('is 3');
});

test('each organization has its own limits and counts', async () => {
  await setLimit('iam.max_service_accounts.per_org', 1);
  const account = { display_name: 'app' };
  expect((await tenant.call('POST', '/iam/v2/service-accounts', account)).status).toBe(201);
  const second = await tenant.call('POST', '/iam/v2/service-accounts', { display_name: 'b' });
  expect(second.status).toBe(402);
  const other = await createTenant(app);
  expect((await other.call('POST', '/iam/v2/service-accounts', account)).status).toBe(201);
});

test('CKUs are limited when a cluster is made and when it grows', async () => {
  const environmentId = await createEnvironment('prod');
  const tooLarge = await createCluster(environmentId, { kind: 'Dedicated', cku: 5 });
  expect(tooLarge.status).toBe(402);
  const made = await createCluster(environmentId, { kind: 'Dedicated', cku: 2 });
  expect(made.status).toBe(202);
  const { id } = routes.createCluster.response.schema.parse(made.body);
  const resize = (cku: number): Promise<Answer> =>
    tenant.call('PATCH', `/cmk/v2/clusters/${id}`, {
      spec: { config: { kind: 'Dedicated', cku }, environment: { id: environmentId } },
    });
  expect((await resize(5)).status).toBe(402);
  expect((await resize(3)).status).toBe(200);
});

test('clusters that are gone count among those of the day', async () => {
  await setLimit('kafka.max_kafka_creation.per_day', 1);
  const environmentId = await createEnvironment('prod');
  expect((await createCluster(environmentId, { kind: 'Basic' })).status).toBe(202);
  await database.prisma.kafkaCluster.deleteMany({
    where: { organizationId: tenant.organizationId },
  });
  const answer = await createCluster(environmentId, { kind: 'Basic' });
  expect(answer.status).toBe(402);
  expect(JSON.stringify(answer.body)).toContain('kafka.max_kafka_creation.per_day');
});

test('keys are limited by owner', async () => {
  await setLimit('iam.max_cloud_api_keys.per_user', 2);
  const key = { spec: { owner: { id: tenant.userId } } };
  expect((await tenant.call('POST', '/iam/v2/api-keys', key)).status).toBe(202);
  expect((await tenant.call('POST', '/iam/v2/api-keys', key)).status).toBe(402);
});

test('the limits of an organization are listed with usage, the raised one with both numbers', async () => {
  await setLimit('iam.max_environments.per_org', 99);
  await createEnvironment('a');
  const { body } = await tenant.call('GET', `${PATH}?scope=organization&page_size=200`);
  const { data } = routes.listAppliedQuotas.response.schema.parse(body);
  expect(data.every(({ scope }) => scope === 'ORGANIZATION')).toBe(true);
  expect(data.find(({ id }) => id === 'iam.max_environments.per_org')).toMatchObject({
    default_limit: 25,
    applied_limit: 99,
    usage: 1,
    organization: { id: tenant.organizationId },
  });
});

test('pages of limits hold each of them once', async () => {
  const seen: string[] = [];
  let url: string | undefined = `${PATH}?scope=ORGANIZATION&page_size=3`;
  while (url !== undefined) {
    const { body } = await tenant.call('GET', url.replace(/^http:\/\/[^/]+/u, ''));
    const page = routes.listAppliedQuotas.response.schema.parse(body);
    seen.push(...page.data.map(({ id }) => id));
    url = page.metadata.next;
  }
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen.length).toBeGreaterThan(3);
});

test('usage of an environment is told to those who see it, and of a foreign one not', async () => {
  const environmentId = await createEnvironment('prod');
  await createCluster(environmentId, { kind: 'Basic' });
  const url = `${PATH}/kafka.max_kafka_clusters.per_env?environment=${environmentId}`;
  const own = await tenant.call('GET', url);
  expect(own.body).toMatchObject({ usage: 1, environment: { id: environmentId } });
  const foreign = await (await createTenant(app)).call('GET', url);
  expect(foreign.status).toBe(200);
  expect(foreign.body).not.toHaveProperty('usage');
  expect(foreign.body).not.toHaveProperty('environment');
});

test('scopes can be listed and read, unknown ones not', async () => {
  const { body } = await tenant.call('GET', '/service-quota/v1/scopes?page_size=100');
  expect(routes.listQuotaScopes.response.schema.parse(body).data).toHaveLength(8);
  const one = await tenant.call('GET', '/service-quota/v1/scopes/KAFKA_CLUSTER');
  expect(one.body).toMatchObject({ id: 'KAFKA_CLUSTER' });
  expect((await tenant.call('GET', `${PATH}?scope=GALAXY`)).status).toBe(400);
});

test('the operator’s setting is read whole or refused with what is wrong', () => {
  expect(parseQuotaSetting('org-1/iam.max_environments.per_org=40')).toEqual({
    organizationId: 'org-1',
    code: 'iam.max_environments.per_org',
    appliedLimit: 40,
  });
  expect(() => parseQuotaSetting('iam.max_environments.per_org=40')).toThrow('must look like');
  expect(() => parseQuotaSetting('org-1/iam.max_environments.per_org=')).toThrow('must look like');
  expect(() => parseQuotaSetting('org-1/nothing=4')).toThrow('iam.max_environments.per_org');
});
