import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { environmentCrn, FailureSchema, routes } from '@weirhouse/cloud-contract';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import { basic, createTenant, createTestApp, inject, type Tenant } from '../testing/test-app.ts';

let database: OpenDatabase;
let app: NestFastifyApplication;
let tenant: Tenant;
/** The environment that the team administers, and one that it does not. */
let own: string;
let other: string;
let team: Tenant['call'];

beforeAll(async () => {
  database = await openTestDatabase();
  app = await createTestApp(database.prisma);
}, SETUP_MAX_MS);

afterAll(async () => {
  await app.close();
  await database.close();
});

beforeEach(async () => {
  tenant = await createTenant(app);
  own = await make('/org/v2/environments', { display_name: 'own' });
  other = await make('/org/v2/environments', { display_name: 'other' });
  const account = await make('/iam/v2/service-accounts', { display_name: 'team', description: '' });
  await make('/iam/v2/role-bindings', {
    principal: `User:${account}`,
    role_name: 'EnvironmentAdmin',
    crn_pattern: environmentCrn(tenant.organizationId, own),
  });
  const spec = { display_name: 'team', owner: { id: account } };
  const made = await tenant.call('POST', '/iam/v2/api-keys', { spec });
  const key = made.body as { readonly id: string; readonly spec: { readonly secret: string } };
  const headers = {
    authorization: basic(key.id, key.spec.secret),
    'content-type': 'application/json',
  };
  team = (method, url, body) =>
    inject(app, {
      method,
      url,
      headers,
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    });
});

async function make(path: string, body: object): Promise<string> {
  const answer = await tenant.call('POST', path, body);
  expect(answer.status).toBeLessThan(300);
  return (answer.body as { readonly id: string }).id;
}

function pathOf(environment?: string): string {
  return `/v1/configurations/shop${environment === undefined ? '' : `?environment=${environment}`}`;
}

function noteOf(environment?: string): string {
  return pathOf(environment).replace('/shop', '/shop:note');
}

const NOTE = { holder: 'h', made: [{ address: 'cluster.own/main', protect: false }] };

test('an EnvironmentAdmin keeps configurations within the environment, and no others', async () => {
  expect((await team('POST', noteOf(own), NOTE)).status).toBe(204);
  expect((await team('GET', pathOf(own))).body).toMatchObject({
    objects: [{ address: 'cluster.own/main' }],
  });
  expect((await team('GET', pathOf())).status).toBe(403);
  expect((await team('POST', noteOf(), NOTE)).status).toBe(403);
});

test('an environment that is not seen is one that is not there', async () => {
  const stranger = await createTenant(app);
  const theirs = await stranger.call('POST', '/org/v2/environments', { display_name: 'theirs' });
  for (const id of [other, (theirs.body as { readonly id: string }).id, 'env-00000']) {
    const [read, noted] = [await team('GET', pathOf(id)), await team('POST', noteOf(id), NOTE)];
    for (const { body, status } of [read, noted])
      expect([status, FailureSchema.parse(body).errors[0]?.detail]).toEqual([
        404,
        `There is no environment ${id}.`,
      ]);
  }
});

test('configurations of one name in several places are several, and go with their environment', async () => {
  await team('POST', noteOf(own), NOTE);
  for (const place of [other, undefined])
    expect((await tenant.call('GET', pathOf(place))).body).toMatchObject({ objects: [] });
  expect((await tenant.call('DELETE', `/org/v2/environments/${own}`)).status).toBe(204);
  const where = { organizationId: tenant.organizationId };
  expect(await database.prisma.configurationObject.count({ where })).toBe(0);
  expect(await database.prisma.configurationHold.count({ where })).toBe(0);
});

test('a plan within the environment is made and applied by its EnvironmentAdmin', async () => {
  const account = await make('/iam/v2/service-accounts', { display_name: 'app', description: '' });
  const document = {
    name: 'shop',
    within: 'own',
    environments: { own: {} },
    service_accounts: { app: {} },
    role_bindings: [{ principal: 'app', role: 'Operator', on: 'own' }],
  };
  const { schema } = routes.getPlan.response;
  const made = await team('POST', '/v1/plans', { document });
  const { id, spec } = schema.parse(made.body);
  expect(spec.summary).toBe('Plan: 1 to create, 0 to change, 0 to replace, 0 to delete.');
  expect((await team('POST', `/v1/plans/${id}:apply`, {})).status).toBe(202);
  await vi.waitFor(
    async () => {
      const read = await team('GET', `/v1/plans/${id}`);
      expect(schema.parse(read.body).status.phase).toBe('APPLIED');
    },
    { timeout: 20_000 },
  );
  const where = { organizationId: tenant.organizationId, principal: `User:${account}` };
  expect(await database.prisma.roleBinding.count({ where })).toBe(1);
});

test('what a file within an environment names has to be there, and the rest of the organization is not its', async () => {
  const plan = async (document: object): Promise<unknown> => {
    const { body } = await team('POST', '/v1/plans', { document });
    return FailureSchema.parse(body).errors[0]?.detail;
  };
  const base = { name: 'shop', environments: { own: {} } };
  expect(await plan({ ...base, within: 'own', service_accounts: { nobody: {} } })).toContain(
    'There is no service_account.nobody, and a file within an environment makes none',
  );
  expect(await plan({ name: 'shop', within: 'other' })).toContain('may not do plan:create');
  expect(await plan({ name: 'shop', within: 'absent' })).toContain('may not do plan:create');
  expect(await plan(base)).toContain('may not do plan:create');
});
