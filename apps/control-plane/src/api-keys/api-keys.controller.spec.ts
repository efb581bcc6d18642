import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FailureSchema, routes, type RouteOutput } from '@weirhouse/cloud-contract';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import { openScramVerifiers } from '../secrets/scram.ts';
import {
  basic,
  createTenant,
  createTestApp,
  inject,
  TEST_MASTER_KEY,
  type Tenant,
} from '../testing/test-app.ts';

const PATH = '/iam/v2/api-keys';

type Key = RouteOutput<typeof routes.createApiKey>;

let database: OpenDatabase;
let app: NestFastifyApplication;
let tenant: Tenant;
let accountId: string;
let clusterId: string;

beforeAll(async () => {
  database = await openTestDatabase();
  app = await createTestApp(database.prisma);
}, SETUP_MAX_MS);

beforeEach(async () => {
  tenant = await createTenant(app);
  accountId = await createdId('/iam/v2/service-accounts', { display_name: 'app' });
  const environment = await createdId('/org/v2/environments', { display_name: 'prod' });
  const place = { availability: 'LOW', cloud: 'AWS', region: 'local', config: { kind: 'Basic' } };
  clusterId = await createdId('/cmk/v2/clusters', {
    spec: { display_name: 'c', ...place, environment: { id: environment } },
  });
});

afterAll(async () => {
  await app.close();
  await database.close();
});

async function createdId(url: string, body: object): Promise<string> {
  return ((await tenant.call('POST', url, body)).body as { readonly id: string }).id;
}

async function createKey(spec: object): Promise<Key> {
  const { status, body } = await tenant.call('POST', PATH, { spec });
  expect(status).toBe(202);
  return routes.createApiKey.response.schema.parse(body);
}

async function statusWith(key: Key): Promise<number> {
  const authorization = basic(key.id, key.spec.secret ?? '');
  return (await inject(app, { method: 'GET', url: PATH, headers: { authorization } })).status;
}

test('a Cloud key says so in the words clients look for, and opens the API at once', async () => {
  const key = await createKey({ display_name: '', description: '', owner: { id: accountId } });
  expect(key.id).toMatch(/^[A-Z2-7]{16}$/u);
  expect(key.spec.secret).toMatch(/^[A-Za-z0-9+/]{64}$/u);
  expect(key.spec.resource).toEqual({
    api_version: 'iam/v2',
    id: 'cloud',
    kind: 'Cloud',
    related: 'cloud',
    resource_name: 'cloud',
  });
  expect(key.spec.owner).toMatchObject({ id: accountId, kind: 'ServiceAccount' });
  expect(await statusWith(key)).toBe(200);
});

test('a Global key says so in the words clients look for, and opens the API', async () => {
  const spec = { owner: { id: accountId }, resource: { id: 'global', kind: 'Global' } };
  const key = await createKey(spec);
  expect(key.spec.resource).toEqual({
    api_version: 'global/v1',
    id: 'global',
    kind: 'Global',
    related: 'global',
    resource_name: 'global',
  });
  expect(await statusWith(key)).toBe(200);
  expect((await tenant.call('DELETE', `${PATH}/${key.id}`)).status).toBe(204);
  expect(await statusWith(key)).toBe(401);
});

test('a secret is shown once and stored nowhere', async () => {
  const key = await createKey({ owner: { id: accountId }, resource: { id: clusterId } });
  const secret = key.spec.secret ?? '';
  for (const url of [`${PATH}/${key.id}`, PATH]) {
    const { body } = await tenant.call('GET', url);
    expect(JSON.stringify(body)).not.toContain(secret);
  }
  const row = await database.prisma.apiKey.findUniqueOrThrow({ where: { id: key.id } });
  const stored = [row.secretHash, row.scramEncrypted ?? new Uint8Array()].map((bytes) =>
    Buffer.from(bytes).toString('latin1'),
  );
  for (const text of stored) expect(text).not.toContain(secret);
});

test('a cluster key carries sealed verifiers of both mechanisms and tells the reconciler', async () => {
  const key = await createKey({
    owner: { id: accountId, kind: 'ServiceAccount' },
    resource: { id: clusterId, kind: 'Cluster' },
  });
  expect(key.spec.resource).toMatchObject({
    api_version: 'cmk/v2',
    id: clusterId,
    kind: 'Cluster',
  });
  const row = await database.prisma.apiKey.findUniqueOrThrow({ where: { id: key.id } });
  const verifiers = openScramVerifiers(
    TEST_MASTER_KEY,
    row.scramEncrypted ?? new Uint8Array(),
    key.id,
  );
  expect(verifiers.map(({ mechanism, iterations }) => [mechanism, iterations])).toEqual([
    ['SCRAM-SHA-256', 4096],
    ['SCRAM-SHA-512', 4096],
  ]);
  expect(row).toMatchObject({ generation: 1n, pushedGeneration: 0n });
  const outbox = await database.prisma.outbox.count({ where: { resourceId: clusterId } });
  expect(outbox).toBe(2);
});

test('a deleted Cloud key opens nothing any more', async () => {
  const key = await createKey({ owner: { id: accountId } });
  expect((await tenant.call('DELETE', `${PATH}/${key.id}`)).status).toBe(204);
  expect(await statusWith(key)).toBe(401);
  expect((await tenant.call('GET', `${PATH}/${key.id}`)).status).toBe(404);
});

test('a deleted cluster key is gone for people and stays for the reconciler to take back', async () => {
  const key = await createKey({ owner: { id: accountId }, resource: { id: clusterId } });
  expect((await tenant.call('DELETE', `${PATH}/${key.id}`)).status).toBe(204);
  expect((await tenant.call('GET', `${PATH}/${key.id}`)).status).toBe(404);
  expect((await tenant.call('DELETE', `${PATH}/${key.id}`)).status).toBe(404);
  const row = await database.prisma.apiKey.findUniqueOrThrow({ where: { id: key.id } });
  expect(row.deletionRequestedAt).not.toBeNull();
  expect(row.generation).toBe(2n);
});

test('names change, nothing else does', async () => {
  const key = await createKey({ display_name: 'a', owner: { id: accountId } });
  const spec = { display_name: 'b', owner: { id: 'sa-other' } };
  const answer = await tenant.call('PATCH', `${PATH}/${key.id}`, { spec });
  expect(answer).toMatchObject({
    status: 200,
    body: { spec: { display_name: 'b', owner: { id: accountId } } },
  });
});

test('lists filter by owner and by resource', async () => {
  const cloud = await createKey({ owner: { id: accountId } });
  const cluster = await createKey({ owner: { id: accountId }, resource: { id: clusterId } });
  const ids = async (query: string): Promise<readonly string[]> => {
    const { body } = await tenant.call('GET', `${PATH}?${query}`);
    return routes.listApiKeys.response.schema.parse(body).data.map((key) => key.id);
  };
  expect(await ids(`spec.owner=${accountId}`)).toEqual([cloud.id, cluster.id]);
  expect(await ids(`spec.resource=${clusterId}`)).toEqual([cluster.id]);
  expect(await ids('spec.resource=cloud')).toEqual([tenant.keyId, cloud.id]);
  expect(await ids('spec.resource=global')).toEqual([]);
});

test('owners and resources that do not exist, or are another organization’s, are refused', async () => {
  const stranger = await createTenant(app);
  const refusals = [
    { spec: { owner: { id: 'sa-nobody' } }, pointer: '/spec/owner/id' },
    { spec: { owner: { id: stranger.userId } }, pointer: '/spec/owner/id' },
    { spec: { owner: { id: accountId, kind: 'User' } }, pointer: '/spec/owner/id' },
    { spec: { owner: { id: accountId, kind: 'Robot' } }, pointer: '/spec/owner/kind' },
    {
      spec: { owner: { id: accountId }, resource: { id: 'lkc-none' } },
      pointer: '/spec/resource/id',
    },
    {
      spec: { owner: { id: accountId }, resource: { id: 'lsrc-1' } },
      pointer: '/spec/resource/id',
    },
    { spec: {}, pointer: '/spec/owner' },
  ];
  for (const { spec, pointer } of refusals) {
    const answer = await tenant.call('POST', PATH, { spec });
    expect(answer.status).toBe(422);
    expect(FailureSchema.parse(answer.body).errors[0]?.source.pointer).toBe(pointer);
  }
});

test('a deleted service account takes its keys along', async () => {
  const cloud = await createKey({ owner: { id: accountId } });
  const cluster = await createKey({ owner: { id: accountId }, resource: { id: clusterId } });
  expect((await tenant.call('DELETE', `/iam/v2/service-accounts/${accountId}`)).status).toBe(204);
  expect(await statusWith(cloud)).toBe(401);
  expect((await tenant.call('GET', `${PATH}/${cluster.id}`)).status).toBe(404);
  const rows = await database.prisma.apiKey.findMany({ where: { ownerId: accountId } });
  expect(rows).toMatchObject([{ id: cluster.id }]);
  const outbox = await database.prisma.outbox.findMany({ where: { resourceId: clusterId } });
  expect(outbox).toHaveLength(3);
});
