import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FailureSchema, routes } from '@weirhouse/cloud-contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import { createTenant, createTestApp, inject, type Tenant } from '../testing/test-app.ts';

let database: OpenDatabase;
let app: NestFastifyApplication;
let tenant: Tenant;
let stranger: Tenant;

beforeAll(async () => {
  database = await openTestDatabase();
  app = await createTestApp(database.prisma);
  tenant = await createTenant(app);
  stranger = await createTenant(app);
}, SETUP_MAX_MS);

afterAll(async () => {
  await app.close();
  await database.close();
});

test('a caller sees its own organization, as a list of one', async () => {
  const answer = await tenant.call('GET', '/org/v2/organizations');
  const { data, metadata } = routes.listOrganizations.response.schema.parse(answer.body);
  expect(data.map(({ id }) => id)).toEqual([tenant.organizationId]);
  expect('next' in metadata).toBe(false);
  const own = await tenant.call('GET', `/org/v2/organizations/${tenant.organizationId}`);
  expect(own.body).toEqual(data[0]);
  const other = await stranger.call('GET', `/org/v2/organizations/${tenant.organizationId}`);
  expect(other.status).toBe(404);
});

test('an organization is renamed within the rule for its names, and nothing else of it changes', async () => {
  const url = `/org/v2/organizations/${tenant.organizationId}`;
  const renamed = await tenant.call('PATCH', url, { display_name: 'Blue & Sons (2)' });
  expect(renamed.body).toMatchObject({ display_name: 'Blue & Sons (2)', jit_enabled: false });
  for (const body of [
    { display_name: '' },
    { display_name: 'x'.repeat(32) },
    { display_name: 'a<b' },
    { jit_enabled: true },
  ]) {
    const refused = await tenant.call('PATCH', url, body);
    expect(refused.status).toBe(422);
    expect(FailureSchema.parse(refused.body).errors[0]?.source.pointer).toBe(
      `/${Object.keys(body)[0]}`,
    );
  }
  expect((await tenant.call('GET', url)).body).toEqual(renamed.body);
});

test('regions are listed page by page and filtered by cloud and name', async () => {
  const whole = await tenant.call('GET', '/fcpm/v2/regions');
  const { data } = routes.listRegions.response.schema.parse(whole.body);
  expect(data).toMatchObject([{ id: 'aws.local', cloud: 'AWS', region_name: 'local' }]);
  for (const query of ['cloud=GCP', 'region_name=other'])
    expect((await tenant.call('GET', `/fcpm/v2/regions?${query}`)).body).toMatchObject({
      data: [],
    });
  const one = await tenant.call('GET', '/fcpm/v2/regions?cloud=aws&region_name=local');
  expect(one.body).toMatchObject({ data });
});

test('a signed-in person’s command line learns the regions and what clusters may be used for', async () => {
  const headers = { authorization: `Bearer ${await tenant.signIn()}` };
  const ask = async (url: string): Promise<unknown> =>
    (await inject(app, { method: 'GET', url, headers })).body;
  expect(await ask('/api/env_metadata')).toEqual({
    clouds: [
      {
        id: 'aws',
        name: 'AWS',
        regions: [{ id: 'local', name: 'This machine', is_schedulable: true }],
      },
    ],
  });
  const usage = await ask('/api/usage_limits?provider=aws&lkc_id=lkc-1&env_id=env-1');
  expect(usage).toMatchObject({
    usage_limits: {
      tier_limits: {
        BASIC: {
          cluster_limits: {
            ingress: { unit: 'MBPS', value: 5 },
            egress: { unit: 'MBPS', value: 15 },
            storage: { unit: 'GB', value: 5_000, unlimited: false },
            max_ecku: { value: 50 },
          },
        },
      },
      cku_limits: { 2: { ingress: { value: 120 }, storage: { unlimited: true } } },
    },
  });
});

test('a cluster in a region that nobody offers is refused, naming the regions', async () => {
  const environment = await tenant.call('POST', '/org/v2/environments', { display_name: 'e' });
  const { id } = environment.body as { readonly id: string };
  const place = { availability: 'LOW', cloud: 'AWS', region: 'us-east-1' };
  const spec = { ...place, display_name: 'c', config: { kind: 'Basic' }, environment: { id } };
  const refused = await tenant.call('POST', '/cmk/v2/clusters', { spec });
  expect(refused.status).toBe(422);
  expect(FailureSchema.parse(refused.body).errors[0]).toMatchObject({
    detail: 'There is no region us-east-1 of AWS: choose local of AWS.',
    source: { pointer: '/spec/region' },
  });
});

test('an environment has no Schema Registry, and an unknown one none to ask about', async () => {
  const environment = await tenant.call('POST', '/org/v2/environments', { display_name: 'sr' });
  const { id } = environment.body as { readonly id: string };
  const none = await tenant.call('GET', `/srcm/v3/clusters?environment=${id}`);
  expect(none.body).toMatchObject({ api_version: 'srcm/v3', kind: 'ClusterList', data: [] });
  expect((await stranger.call('GET', `/srcm/v3/clusters?environment=${id}`)).status).toBe(404);
});

test('what the contract has and this platform does not says so', async () => {
  for (const url of ['/connect/v1/environments/e/clusters/c/connectors', '/byok/v1/keys']) {
    const { status, body } = await inject(app, { method: 'GET', url });
    expect(status).toBe(404);
    const [failure] = FailureSchema.parse(body).errors;
    expect(failure?.code).toBe('not_offered');
    expect(failure?.detail).toContain('not offered');
  }
  const links = await inject(app, { method: 'GET', url: '/kafka/v3/clusters/lkc-1/links' });
  expect(links.body).toEqual({ error_code: 40401, message: 'Cluster links are not offered.' });
});
