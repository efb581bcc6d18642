import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FailureSchema, routes } from '@weirhouse/cloud-contract';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import {
  bindRole,
  createTenant,
  createTestApp,
  TEST_URL,
  type Tenant,
} from '../testing/test-app.ts';

const PATH = '/iam/v2/identity-providers';
const KEY = { kty: 'RSA', kid: 'k1', alg: 'RS256', use: 'sig', n: 'AQAB', e: 'AQAB' };

let database: OpenDatabase;
let app: NestFastifyApplication;
let tenant: Tenant;
let server: Server;
let url: string;
/** What the issuer answers with. */
let keySet: string;

beforeAll(async () => {
  database = await openTestDatabase();
  app = await createTestApp(database.prisma, { issuerNetworks: 'any' });
  server = createServer((request, reply) => {
    if (request.url === '/moved') reply.writeHead(302, { location: '/jwks' });
    reply.end(keySet);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}, SETUP_MAX_MS);

beforeEach(async () => {
  tenant = await createTenant(app);
  keySet = JSON.stringify({
    keys: [
      { ...KEY, d: 'private' },
      { kty: 'oct', kid: 'shared' },
    ],
  });
});

afterAll(async () => {
  server.close();
  await app.close();
  await database.close();
});

function fields(changes: object = {}): object {
  const texts = { display_name: 'issuer', description: 'ours' };
  return { ...texts, issuer: url, jwks_uri: `${url}/jwks`, ...changes };
}

async function createProvider(): Promise<string> {
  const answer = await tenant.call('POST', PATH, fields());
  expect(answer.status).toBe(201);
  return routes.createIdentityProvider.response.schema.parse(answer.body).id;
}

test('a provider shows the public keys of its issuer, and nothing else of them', async () => {
  const id = await createProvider();
  const answer = await tenant.call('GET', `${PATH}/${id}`);
  expect(answer.body).toMatchObject({
    id,
    kind: 'IdentityProvider',
    state: 'ENABLED',
    issuer: url,
    keys: [KEY],
    metadata: { self: `${TEST_URL}${PATH}/${id}` },
  });
  expect(JSON.stringify(answer.body)).not.toContain('private');
  const row = await database.prisma.identityProvider.findUniqueOrThrow({ where: { id } });
  expect(JSON.stringify(row.jwks)).not.toContain('private');
});

test('an issuer whose keys cannot be had is refused, and nothing is made', async () => {
  const cases = [
    { jwks_uri: 'http://127.0.0.1:1/jwks', says: 'cannot be reached' },
    { jwks_uri: `${url}/moved`, says: 'status 302' },
    { jwks_uri: 'nonsense', says: 'URL' },
  ];
  for (const { jwks_uri, says } of cases) {
    const answer = await tenant.call('POST', PATH, fields({ jwks_uri }));
    expect(answer.status).toBe(422);
    const [error] = FailureSchema.parse(answer.body).errors;
    expect(error?.source.pointer).toBe('/jwks_uri');
    expect(error?.detail).toContain(says);
  }
  for (const answer of ['nonsense', '{}', 'x'.repeat(300_000)]) {
    keySet = answer;
    expect((await tenant.call('POST', PATH, fields())).status).toBe(422);
  }
  const { body } = await tenant.call('GET', PATH);
  expect(routes.listIdentityProviders.response.schema.parse(body).data).toEqual([]);
});

test('a refresh fetches the keys again, and says when it could not', async () => {
  const id = await createProvider();
  const refresh = (): ReturnType<Tenant['call']> =>
    tenant.call('PATCH', `${PATH}/${id}/jwks`, { spec: { jwks_status: 'REFRESHED' } });
  keySet = JSON.stringify({ keys: [{ ...KEY, kid: 'k2' }] });
  expect((await refresh()).body).toMatchObject({ status: { jwks_status: 'REFRESHED' } });
  expect((await tenant.call('GET', `${PATH}/${id}`)).body).toMatchObject({ keys: [{ kid: 'k2' }] });
  keySet = 'nonsense';
  const failed = await refresh();
  expect(failed).toMatchObject({
    status: 200,
    body: { status: { jwks_status: 'ERROR_FETCHING_JWKS' } },
  });
  expect((await tenant.call('GET', `${PATH}/${id}`)).body).toMatchObject({ keys: [{ kid: 'k2' }] });
});

test('providers and pools change, and a provider is deleted after its pools', async () => {
  const id = await createProvider();
  const renamed = await tenant.call('PATCH', `${PATH}/${id}`, { display_name: 'new' });
  expect(renamed.body).toMatchObject({ display_name: 'new', description: 'ours' });
  const pools = `${PATH}/${id}/identity-pools`;
  const pool = { display_name: 'p', description: '', identity_claim: 'sub', filter: 'true' };
  const bad = await tenant.call('POST', pools, { ...pool, filter: 'claims.sub ==' });
  expect(bad.status).toBe(422);
  expect(FailureSchema.parse(bad.body).errors[0]?.source.pointer).toBe('/filter');
  const made = await tenant.call('POST', pools, pool);
  const poolId = routes.createIdentityPool.response.schema.parse(made.body).id;
  const changed = await tenant.call('PATCH', `${pools}/${poolId}`, { filter: 'claims.x == "y"' });
  expect(changed.body).toMatchObject({ id: poolId, principal: poolId, filter: 'claims.x == "y"' });
  const { body } = await tenant.call('GET', pools);
  expect(routes.listIdentityPools.response.schema.parse(body).data).toMatchObject([{ id: poolId }]);
  expect((await tenant.call('DELETE', `${PATH}/${id}`)).status).toBe(409);
  await bindRole(app, tenant, { principalId: poolId, roleName: 'OrganizationAdmin' });
  expect((await tenant.call('DELETE', `${pools}/${poolId}`)).status).toBe(204);
  const principal = `User:${poolId}`;
  expect(await database.prisma.roleBinding.count({ where: { principal } })).toBe(0);
  expect((await tenant.call('DELETE', `${PATH}/${id}`)).status).toBe(204);
  expect((await tenant.call('GET', pools)).status).toBe(404);
});

test('a private address is refused unless the operator allows it', async () => {
  const strict = await createTestApp(database.prisma);
  const other = await createTenant(strict);
  const answer = await other.call('POST', PATH, fields());
  expect(answer.status).toBe(422);
  expect(FailureSchema.parse(answer.body).errors[0]?.detail).toContain('https://');
  await strict.close();
});
