import { scryptSync } from 'node:crypto';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { routes, type RouteOutput } from '@weirhouse/cloud-contract';
import { decodeJwt, importJWK, jwtVerify, type JWK } from 'jose';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import { systemContext } from '../auth/op-context.ts';
import type { OpenDatabase } from '../database/database.ts';
import { Repositories } from '../database/repositories.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import {
  bindRole,
  createTenant,
  createTestApp,
  inject,
  type Answer,
  type Tenant,
} from '../testing/test-app.ts';

const PASSWORD = 'correct horse battery';

type Session = RouteOutput<typeof routes.createSession>;

let database: OpenDatabase;
let app: NestFastifyApplication;
let tenant: Tenant;

beforeAll(async () => {
  database = await openTestDatabase();
  app = await createTestApp(database.prisma);
}, SETUP_MAX_MS);

beforeEach(async () => {
  tenant = await createTenant(app);
  await setPassword(tenant, cheapHash(PASSWORD));
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

async function setPassword({ organizationId, userId: id }: Tenant, hash: string): Promise<void> {
  await app
    .get(UnitOfWork)
    .run(systemContext(organizationId, 'test'), (tx) =>
      app.get(Repositories).users.setPassword(tx, { id, organizationId }, hash),
    );
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

function get(url: string, token: string): Promise<Answer> {
  return inject(app, { method: 'GET', url, headers: { authorization: `Bearer ${token}` } });
}

async function signIn(): Promise<Session> {
  const { email } = tenant;
  const answer = await post('/api/sessions', { email, password: PASSWORD, org_resource_id: '' });
  expect(answer.status).toBe(200);
  return routes.createSession.response.schema.parse(answer.body);
}

async function auditActions(): Promise<readonly string[]> {
  const rows = await database.prisma.auditRecord.findMany({
    where: { organizationId: tenant.organizationId, actor: `User:${tenant.userId}` },
    orderBy: { id: 'asc' },
  });
  return rows.map(({ action }) => action);
}

test('the realm sends nobody elsewhere, whoever asks', async () => {
  const answer = await inject(app, { method: 'GET', url: '/api/login/realm?email=a%40b.c' });
  expect(answer).toMatchObject({
    status: 200,
    body: { is_sso: false, mfa_required: false, realm: '' },
  });
});

test('a signed-in user opens every family, and learns who they are', async () => {
  const environment = await tenant.call('POST', '/org/v2/environments', { display_name: 'prod' });
  const session = await signIn();
  expect(session.user).toMatchObject({ email: tenant.email, resource_id: tenant.userId });
  expect(session.organization.resource_id).toBe(tenant.organizationId);
  const lifeS = (decodeJwt(session.token).exp ?? 0) - Date.now() / 1_000;
  expect(lifeS).toBeGreaterThan(60);
  expect(lifeS).toBeLessThan(16 * 60);
  expect((await get('/api/org/v2/environments', session.token)).status).toBe(200);
  const { id } = environment.body as { readonly id: string };
  expect((await get('/api/me', session.token)).body).toMatchObject({
    user: { resource_id: tenant.userId, first_name: 'Owner', last_name: '' },
    accounts: [{ id, name: 'prod', org_resource_id: tenant.organizationId }],
    account: { id },
  });
  const trial = await get('/api/growth/v1/free-trial-info', session.token);
  expect(trial.body).toEqual({ promo_code_claims: [] });
});

test('a wrong password and an unknown person look the same, and the known one’s is recorded', async () => {
  const wrong = await post('/sessions', { email: tenant.email, password: 'x' });
  const unknown = await post('/sessions', { email: 'nobody@example.org', password: PASSWORD });
  const foreign = await post('/sessions', {
    email: tenant.email,
    password: PASSWORD,
    org_resource_id: 'elsewhere',
  });
  const details = [wrong, unknown, foreign].map(({ status, body }) => {
    const { errors } = body as { readonly errors: readonly { readonly detail: string }[] };
    return [status, errors[0]?.detail];
  });
  expect(new Set(details.map((detail) => JSON.stringify(detail))).size).toBe(1);
  expect(details[0]).toEqual([403, 'The e-mail or the password is wrong.']);
  expect(await auditActions()).toEqual(['SignInFailed']);
});

test('operators see how many get in and how many do not', async () => {
  await signIn();
  await post('/sessions', { email: tenant.email, password: 'x' });
  const { body } = await app.inject({ url: '/metrics' });
  const count = (outcome: string): number =>
    Number(new RegExp(`shown="password",outcome="${outcome}"[^}]*\\} (\\d+)`, 'u').exec(body)?.[1]);
  expect(count('good')).toBeGreaterThan(0);
  expect(count('bad')).toBeGreaterThan(0);
});

test('an e-mail is the same in any case, and an old hash is replaced at the sign-in', async () => {
  const email = tenant.email.toUpperCase();
  expect((await post('/sessions', { email, password: PASSWORD })).status).toBe(200);
  const row = await database.prisma.userAccount.findUniqueOrThrow({ where: { id: tenant.userId } });
  expect(row.passwordHash).toMatch(/^scrypt\$15\$/u);
});

test('a refresh token is good once; used again it ends the session for both', async () => {
  const first = await signIn();
  const next = await post('/sessions', { refresh_token: first.refresh_token });
  expect(next.status).toBe(200);
  const second = routes.createSession.response.schema.parse(next.body);
  expect(second.refresh_token).not.toBe(first.refresh_token);
  expect((await get('/me', second.token)).status).toBe(200);
  const copied = await post('/sessions', { refresh_token: first.refresh_token });
  expect(copied.status).toBe(403);
  for (const { refresh_token } of [first, second])
    expect((await post('/sessions', { refresh_token })).status).toBe(403);
  for (const { token } of [first, second]) expect((await get('/me', token)).status).toBe(401);
  expect(await auditActions()).toEqual(['SignIn', 'RefreshSession', 'RevokeSession']);
});

test('what is no refresh token is refused', async () => {
  const { refresh_token } = await signIn();
  for (const text of ['x', `${refresh_token}x`, refresh_token.replace('.', '')])
    expect((await post('/sessions', { refresh_token: text })).status).toBe(403);
});

test('signing out ends the session at once', async () => {
  const { token, refresh_token } = await signIn();
  const answer = await inject(app, {
    method: 'DELETE',
    url: '/api/sessions',
    headers: { authorization: `Bearer ${token}` },
  });
  expect(answer).toMatchObject({ status: 200, body: {} });
  expect((await get('/me', token)).status).toBe(401);
  expect((await post('/sessions', { refresh_token })).status).toBe(403);
  expect(await auditActions()).toEqual(['SignIn', 'SignOut']);
});

test('a deleted user’s sessions end', async () => {
  const { token } = await signIn();
  const url = '/iam/v2/invitations';
  const invited = await tenant.call('POST', url, { email: `next-${tenant.email}` });
  const { user } = routes.createInvitation.response.schema.parse(invited.body);
  // Somebody has to stay who may give roles.
  await bindRole(app, tenant, { principalId: user.id, roleName: 'OrganizationAdmin' });
  expect((await tenant.call('DELETE', `/iam/v2/users/${tenant.userId}`)).status).toBe(204);
  expect((await get('/me', token)).status).toBe(401);
});

test('a token for the data plane does not open the control plane', async () => {
  const { token } = await signIn();
  const answer = await post('/api/access_tokens', {}, token);
  const data = routes.createAccessToken.response.schema.parse(answer.body);
  expect(decodeJwt(data.token)).toMatchObject({ aud: 'weirhouse:data', sub: tenant.userId });
  expect((await get('/org/v2/environments', data.token)).status).toBe(401);
});

test('tokens are signed by the published keys, and changed or foreign ones open nothing', async () => {
  const { token } = await signIn();
  const answer = await inject(app, { method: 'GET', url: '/.well-known/jwks.json' });
  const { keys } = answer.body as { readonly keys: readonly JWK[] };
  expect(JSON.stringify(keys)).not.toContain('"d"');
  const [jwk = {}] = keys;
  await jwtVerify(token, await importJWK(jwk, 'ES256'), { issuer: 'weirhouse' });
  const [head = '', body = '', signature = ''] = token.split('.');
  const claims = { ...decodeJwt(token), sub: 'u-other' };
  const forged = Buffer.from(JSON.stringify(claims)).toString('base64url');
  const none = Buffer.from('{"alg":"none"}').toString('base64url');
  for (const bad of [
    `${head}.${forged}.${signature}`,
    `${none}.${body}.`,
    `${head}.${body}.${signature.slice(1)}A`,
    'a.b.c',
  ])
    expect((await get('/me', bad)).status).toBe(401);
});
