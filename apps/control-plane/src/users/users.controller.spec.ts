import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { routes } from '@weirhouse/cloud-contract';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import {
  basic,
  bindRole,
  createTenant,
  createTestApp,
  inject,
  TEST_URL,
  type Tenant,
} from '../testing/test-app.ts';

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

test('users are listed and read in the contract’s form, those of one organization only', async () => {
  await createTenant(app);
  const { body } = await tenant.call('GET', '/iam/v2/users?page_size=100');
  const { data } = routes.listUsers.response.schema.parse(body);
  expect(data).toMatchObject([
    {
      api_version: 'iam/v2',
      kind: 'User',
      id: tenant.userId,
      email: tenant.email,
      full_name: 'Owner',
      auth_type: 'AUTH_TYPE_LOCAL',
      metadata: { self: `${TEST_URL}/iam/v2/users/${tenant.userId}` },
    },
  ]);
});

test('a name changes, an e-mail does not, and nobody makes a user by the API', async () => {
  const url = `/iam/v2/users/${tenant.userId}`;
  const renamed = await tenant.call('PATCH', url, { full_name: 'New', email: 'x@example.org' });
  expect(renamed).toMatchObject({ status: 200, body: { full_name: 'New', email: tenant.email } });
  expect((await tenant.call('PATCH', url, { full_name: '' })).status).toBe(422);
  expect((await tenant.call('POST', '/iam/v2/users', {})).status).toBe(405);
});

test('who has no role sees and renames themselves only', async () => {
  const email = 'plain@example.org';
  const answer = await tenant.call('POST', '/iam/v2/invitations', { email });
  const { user } = routes.createInvitation.response.schema.parse(answer.body);
  const key = await tenant.call('POST', '/iam/v2/api-keys', { spec: { owner: { id: user.id } } });
  const { id, spec } = routes.createApiKey.response.schema.parse(key.body);
  const headers = {
    authorization: basic(id, spec.secret ?? ''),
    'content-type': 'application/json',
  };
  const ask = async (method: string, url: string, body?: object): Promise<number> => {
    const payload = body === undefined ? {} : { payload: JSON.stringify(body) };
    return (await inject(app, { method, url, headers, ...payload })).status;
  };
  const list = await inject(app, { method: 'GET', url: '/iam/v2/users', headers });
  expect(routes.listUsers.response.schema.parse(list.body).data).toMatchObject([{ id: user.id }]);
  const change = { full_name: 'Plain' };
  expect(await ask('PATCH', `/iam/v2/users/${user.id}`, change)).toBe(200);
  expect(await ask('PATCH', `/iam/v2/users/${tenant.userId}`, change)).toBe(404);
  expect(await ask('DELETE', `/iam/v2/users/${user.id}`)).toBe(403);
  expect(await ask('POST', '/iam/v2/invitations', { email: 'x@example.org' })).toBe(403);
  expect(await ask('GET', '/iam/v2/invitations')).toBe(403);
});

test('a deleted user takes keys and role bindings along', async () => {
  const invited = await tenant.call('POST', '/iam/v2/invitations', { email: 'a@example.org' });
  const { user } = routes.createInvitation.response.schema.parse(invited.body);
  const spec = { owner: { id: user.id, kind: 'User' } };
  const key = await tenant.call('POST', '/iam/v2/api-keys', { spec });
  const { id: keyId } = key.body as { readonly id: string };
  await bindRole(app, tenant, { principalId: user.id, roleName: 'OrganizationAdmin' });
  expect((await tenant.call('DELETE', `/iam/v2/users/${user.id}`)).status).toBe(204);
  expect((await tenant.call('GET', `/iam/v2/users/${user.id}`)).status).toBe(404);
  expect((await tenant.call('GET', `/iam/v2/api-keys/${keyId}`)).status).toBe(404);
  const principal = `User:${user.id}`;
  expect(await database.prisma.roleBinding.count({ where: { principal } })).toBe(0);
  const invitations = await tenant.call('GET', '/iam/v2/invitations');
  expect(routes.listInvitations.response.schema.parse(invitations.body).data).toEqual([]);
});
