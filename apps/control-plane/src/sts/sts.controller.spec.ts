import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { routes, type RouteOutput } from '@weirhouse/cloud-contract';
import { decodeJwt, exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { Provider } from 'oidc-provider';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import {
  bindRole,
  createTenant,
  createTestApp,
  inject,
  type Answer,
  type Tenant,
} from '../testing/test-app.ts';

const PROVIDERS = '/iam/v2/identity-providers';
const EXCHANGE = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
};

type Pool = RouteOutput<typeof routes.createIdentityPool>;

let database: OpenDatabase;
let app: NestFastifyApplication;
let tenant: Tenant;
let issuer: Issuer;
let providerId: string;

beforeAll(async () => {
  database = await openTestDatabase();
  app = await createTestApp(database.prisma, { issuerNetworks: 'any' });
  issuer = await startIssuer();
}, SETUP_MAX_MS);

beforeEach(async () => {
  tenant = await createTenant(app);
  const answer = await tenant.call('POST', PROVIDERS, {
    display_name: 'issuer',
    description: '',
    issuer: issuer.url,
    jwks_uri: `${issuer.url}/jwks`,
  });
  providerId = routes.createIdentityProvider.response.schema.parse(answer.body).id;
});

afterAll(async () => {
  issuer.server.close();
  await app.close();
  await database.close();
});

interface Issuer {
  readonly url: string;
  readonly server: Server;
  readonly key: CryptoKey;
  /** How often its keys were fetched. */
  fetches: number;
}

/** A real OpenID provider that gives programs signed access tokens. */
async function startIssuer(): Promise<Issuer> {
  const pair = await generateKeyPair('RS256', { extractable: true });
  const jwk: JWK = { ...(await exportJWK(pair.privateKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(url, {
    clients: [
      {
        client_id: 'app',
        client_secret: 'secret',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    jwks: { keys: [jwk] },
    cookies: { keys: ['cookie'] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'urn:weirhouse',
        getResourceServerInfo: () => ({
          scope: '',
          audience: 'weirhouse',
          accessTokenFormat: 'jwt',
          accessTokenTTL: 600,
        }),
      },
    },
  });
  const issuing: Issuer = { url, server, key: pair.privateKey, fetches: 0 };
  const answer = provider.callback();
  server.on('request', (request, reply) => {
    if (request.url === '/jwks') issuing.fetches += 1;
    void answer(request, reply);
  });
  return issuing;
}

/** A token of the issuer, as a program gets one. */
async function issuedToken(): Promise<string> {
  const answer = await fetch(`${issuer.url}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('app:secret').toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  return ((await answer.json()) as { readonly access_token: string }).access_token;
}

/** A token with the issuer's key and anything in it. */
function madeToken(claims: object, options: { readonly kid?: string } = {}): Promise<string> {
  const { kid = 'k1' } = options;
  return new SignJWT({ iss: issuer.url, sub: 'app', ...claims })
    .setProtectedHeader({ alg: 'RS256', kid })
    .setExpirationTime('10 minutes')
    .sign(issuer.key);
}

async function createPool(filter: string, claim = 'claims.sub'): Promise<Pool> {
  const fields = { display_name: 'pool', description: '', identity_claim: claim, filter };
  const answer = await tenant.call('POST', `${PROVIDERS}/${providerId}/identity-pools`, fields);
  expect(answer.status).toBe(201);
  return routes.createIdentityPool.response.schema.parse(answer.body);
}

function exchange(pool: string, token: string, fields: object = {}): Promise<Answer> {
  const form = { ...EXCHANGE, subject_token: token, identity_pool_id: pool, ...fields };
  return inject(app, {
    method: 'POST',
    url: '/sts/v1/oauth2/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(form).toString(),
  });
}

function tokenIn(answer: Answer): string {
  return routes.exchangeToken.response.schema.parse(answer.body).access_token;
}

function ask(token: string): Promise<Answer> {
  const headers = { authorization: `Bearer ${token}` };
  return inject(app, { method: 'GET', url: '/iam/v2/service-accounts', headers });
}

test('a token of a real issuer is exchanged for one that acts as the pool', async () => {
  const pool = await createPool('claims.aud == "weirhouse" && claims.sub == "app"');
  expect(pool.principal).toBe(pool.id);
  const answer = await exchange(pool.id, await issuedToken(), { expires_in: '300' });
  expect(answer).toMatchObject({
    status: 200,
    headers: { 'cache-control': 'no-store' },
    body: {
      token_type: 'Bearer',
      expires_in: 300,
      issued_token_type: EXCHANGE.requested_token_type,
    },
  });
  const token = tokenIn(answer);
  expect(decodeJwt(token)).toMatchObject({ sub: pool.id, identity: 'app' });
  expect((await ask(token)).status).toBe(403);
  await bindRole(app, tenant, { principalId: pool.id, roleName: 'OrganizationAdmin' });
  expect((await ask(token)).status).toBe(200);
  const audit = await database.prisma.auditRecord.findMany({
    where: { actor: `User:${pool.id}` },
    orderBy: { action: 'asc' },
  });
  // The refusal above is told too.
  const actions = audit.map(({ action }) => action);
  expect(actions).toEqual(['ExchangeToken', 'listIamV2ServiceAccounts']);
});

test('a token never lives longer than the one it was exchanged for', async () => {
  const pool = await createPool('true');
  const token = await madeToken({ exp: Math.floor(Date.now() / 1_000) + 60 });
  const short = await new SignJWT({ iss: issuer.url, sub: 'app' })
    .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
    .setExpirationTime('1 minute')
    .sign(issuer.key);
  const answer = await exchange(pool.id, short);
  const { expires_in: expiresS } = answer.body as { readonly expires_in: number };
  expect(expiresS).toBeLessThanOrEqual(60);
  expect(token).toContain('.');
});

test('what does not pass, is of another issuer or key, or expired, is refused alike', async () => {
  const pool = await createPool('claims.groups.exists(g, g == "admins")', 'claims.email');
  const email = 'a@example.org';
  const good = await madeToken({ email, groups: ['users', 'admins'] });
  expect((await exchange(pool.id, good)).status).toBe(200);
  const stranger = await generateKeyPair('RS256');
  const forged = await new SignJWT({ iss: issuer.url, email, groups: ['admins'] })
    .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
    .setExpirationTime('10 minutes')
    .sign(stranger.privateKey);
  const expired = await new SignJWT({ iss: issuer.url, email, groups: ['admins'] })
    .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
    .setExpirationTime(Math.floor(Date.now() / 1_000) - 60)
    .sign(issuer.key);
  const refusals = [
    await exchange(pool.id, await madeToken({ email, groups: ['users'] })),
    await exchange(pool.id, await madeToken({ email })),
    await exchange(pool.id, await madeToken({ groups: ['admins'] })),
    await exchange(pool.id, await madeToken({ email, groups: ['admins'], iss: 'https://other' })),
    await exchange(pool.id, forged),
    await exchange(pool.id, expired),
    await exchange(pool.id, 'nonsense'),
    await exchange('pool-unknown', good),
  ];
  for (const { status, body } of refusals) {
    expect(status).toBe(400);
    expect(body).toEqual(refusals[0]?.body);
  }
  expect(refusals[0]?.body).toMatchObject({ error: 'invalid_request' });
});

test('a form that is not whole says what is missing, in OAuth’s dialect', async () => {
  const answer = await exchange('pool-x', 'x', { grant_type: 'password', expires_in: '10000' });
  expect(answer.status).toBe(400);
  expect(answer.body).toMatchObject({ error: 'invalid_request' });
  expect(JSON.stringify(answer.body)).toContain('grant_type');
});

test('forms are taken nowhere else, and no field twice', async () => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const elsewhere = await inject(app, {
    method: 'POST',
    url: '/sessions',
    headers,
    payload: 'email=a',
  });
  expect(elsewhere.status).toBe(415);
  const twice = await inject(app, {
    method: 'POST',
    url: '/sts/v1/oauth2/token',
    headers,
    payload: 'grant_type=a&grant_type=b',
  });
  expect(twice.status).toBe(400);
});

test('a token of a deleted pool opens nothing any more', async () => {
  const pool = await createPool('true');
  await bindRole(app, tenant, { principalId: pool.id, roleName: 'OrganizationAdmin' });
  const token = tokenIn(await exchange(pool.id, await issuedToken()));
  expect((await ask(token)).status).toBe(200);
  const path = `${PROVIDERS}/${providerId}/identity-pools/${pool.id}`;
  expect((await tenant.call('DELETE', path)).status).toBe(204);
  expect((await ask(token)).status).toBe(401);
  expect((await exchange(pool.id, await issuedToken())).status).toBe(400);
});

test('a key that the issuer has not published makes us ask again, but not at every try', async () => {
  const pool = await createPool('true');
  const before = issuer.fetches;
  for (let time = 0; time < 5; time += 1)
    expect((await exchange(pool.id, await madeToken({}, { kid: 'unknown' }))).status).toBe(400);
  expect(issuer.fetches - before).toBeLessThanOrEqual(1);
});
