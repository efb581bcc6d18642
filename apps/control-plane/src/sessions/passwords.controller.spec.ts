import { scryptSync } from 'node:crypto';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { routes } from '@weirhouse/cloud-contract';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import { systemClock } from '../ports.ts';
import {
  basic,
  bindRole,
  createTenant,
  createTestApp,
  inject,
  type Answer,
  type Tenant,
} from '../testing/test-app.ts';
import { RESET_MAX_MS } from './reset-token.ts';

const OLD = 'correct horse battery';
const NEW = 'staple correct horse';

let database: OpenDatabase;
let app: NestFastifyApplication;
let tenant: Tenant;
let aheadMs = 0;

beforeAll(async () => {
  database = await openTestDatabase();
  const clock = { ...systemClock, wallMs: () => Date.now() + aheadMs };
  app = await createTestApp(database.prisma, { clock });
}, SETUP_MAX_MS);

beforeEach(async () => {
  aheadMs = 0;
  tenant = await createTenant(app);
  await update({ passwordHash: cheapHash(OLD) });
});

afterAll(async () => {
  await app.close();
  await database.close();
});

/** A hash at a lower cost than today's, as specs have no time for real ones. */
function cheapHash(password: string): string {
  const salt = Buffer.alloc(16, 1);
  const hash = scryptSync(password, salt, 32, { N: 2 ** 10, r: 8, p: 1 });
  return `scrypt$10$8$1$${salt.toString('base64')}$${hash.toString('base64')}`;
}

async function update(data: { passwordHash?: string; authType?: string }): Promise<void> {
  await database.prisma.userAccount.update({ where: { id: tenant.userId }, data });
}

function post(url: string, body: object, token?: string): Promise<Answer> {
  return inject(app, {
    method: 'POST',
    url,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    payload: JSON.stringify(body),
  });
}

async function signInStatus(password: string): Promise<number> {
  return (await post('/api/sessions', { email: tenant.email, password })).status;
}

async function meStatus(token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await inject(app, { method: 'GET', url: '/api/me', headers })).status;
}

async function issue(): Promise<string> {
  const { body } = await tenant.call('POST', `/v1/users/${tenant.userId}/password-reset`, {});
  return routes.createPasswordReset.response.schema.parse(body).token;
}

async function actions(): Promise<readonly string[]> {
  const { organizationId } = tenant;
  const rows = await database.prisma.auditRecord.findMany({
    where: { organizationId, action: { contains: 'Password' } },
    orderBy: { id: 'asc' },
  });
  return rows.map(({ action, result }) => `${action} ${result}`);
}

test('the old password buys a new one, and ends every session but the one that asks', async () => {
  const [own, other] = [await tenant.signIn(), await tenant.signIn()];
  const body = { old_password: OLD, new_password: NEW };
  expect((await post('/v1/password', body, own)).status).toBe(204);
  expect([await meStatus(own), await meStatus(other)]).toEqual([200, 401]);
  expect([await signInStatus(OLD), await signInStatus(NEW)]).toEqual([403, 200]);
  expect(await actions()).toEqual(['ChangePassword SUCCESS']);
});

test('a wrong old password, a weak new one and a key instead of a session change nothing', async () => {
  const token = await tenant.signIn();
  const wrong = { old_password: 'wrong', new_password: NEW };
  expect((await post('/v1/password', wrong, token)).status).toBe(403);
  const weak = { old_password: OLD, new_password: 'short' };
  expect((await post('/v1/password', weak, token)).status).toBe(422);
  const good = { old_password: OLD, new_password: NEW };
  expect((await tenant.call('POST', '/v1/password', good)).status).toBe(401);
  expect(await signInStatus(OLD)).toBe(200);
});

test('a one-time token buys a new password once, and ends every session', async () => {
  const session = await tenant.signIn();
  const [token, second] = [await issue(), await issue()];
  expect(await meStatus(session)).toBe(200);
  const url = '/v1/password-resets';
  expect((await post(url, { token, new_password: NEW })).status).toBe(204);
  expect(await meStatus(session)).toBe(401);
  expect([await signInStatus(OLD), await signInStatus(NEW)]).toEqual([403, 200]);
  for (const used of [token, second, 'x', `${token}x`])
    expect((await post(url, { token: used, new_password: OLD })).status).toBe(403);
  expect(await signInStatus(NEW)).toBe(200);
  const created = 'CreatePasswordReset SUCCESS';
  expect(await actions()).toEqual([created, created, 'ResetPassword SUCCESS']);
});

test('a token that is too old, or of a password that was changed since, opens nothing', async () => {
  const late = await issue();
  aheadMs = RESET_MAX_MS;
  const url = '/v1/password-resets';
  expect((await post(url, { token: late, new_password: NEW })).status).toBe(403);
  aheadMs = 0;
  const stale = await issue();
  await update({ passwordHash: cheapHash('chosen in between') });
  expect((await post(url, { token: stale, new_password: NEW })).status).toBe(403);
});

test('only who administers the organization hands out tokens, and only for passwords that exist', async () => {
  const url = `/v1/users/${tenant.userId}/password-reset`;
  const stranger = await createTenant(app);
  expect((await stranger.call('POST', url, {})).status).toBe(404);
  const account = await tenant.call('POST', '/iam/v2/service-accounts', { display_name: 'app' });
  const { id } = account.body as { readonly id: string };
  await bindRole(app, tenant, { principalId: id, roleName: 'AccountAdmin' });
  const made = await tenant.call('POST', '/iam/v2/api-keys', { spec: { owner: { id } } });
  const key = made.body as { readonly id: string; readonly spec: { readonly secret: string } };
  const authorization = basic(key.id, key.spec.secret);
  const headers = { authorization, 'content-type': 'application/json' };
  expect((await inject(app, { method: 'POST', url, headers, payload: '{}' })).status).toBe(403);
  await update({ authType: 'AUTH_TYPE_SSO' });
  expect((await tenant.call('POST', url, {})).status).toBe(409);
});
