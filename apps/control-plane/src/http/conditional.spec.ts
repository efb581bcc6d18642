import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  hasEntityTag,
  isConditional,
  routePath,
  routes,
  type Route,
} from '@weirhouse/cloud-contract';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { Repositories } from '../database/repositories.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import { EXAMPLES, makeWorld, type World } from '../testing/route-world.ts';
import { basic, createTestApp, inject, type Answer } from '../testing/test-app.ts';

// What lies in clusters needs brokers; conformance tests ask it.
const KEYS = (Object.keys(routes) as readonly (keyof typeof routes)[]).filter((key) => {
  const { credentials }: Route = routes[key];
  return credentials.includes('cloud-key');
});

let database: OpenDatabase;
let app: NestFastifyApplication;
let world: World;

beforeAll(async () => {
  database = await openTestDatabase();
  app = await createTestApp(database.prisma);
  world = await makeWorld(app);
}, SETUP_MAX_MS);

afterAll(async () => {
  await app.close();
  await database.close();
});

function send(
  route: Route,
  key: keyof typeof routes,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const { params = {}, query = {}, body } = EXAMPLES[key]?.(world.ids) ?? {};
  return inject(app, {
    method: route.method,
    url: `${routePath(route, params)}?${new URLSearchParams(query).toString()}`,
    headers: {
      authorization: basic(world.tenant.keyId, world.tenant.secret),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  });
}

const reads = KEYS.filter((key) => (routes[key] as Route).method === 'GET');

describe.each(reads)('%s', (key) => {
  const route: Route = routes[key];

  test('answers HEAD as GET, without the body', async () => {
    const get = await send(route, key);
    const head = await send({ ...route, method: 'HEAD' as 'GET' }, key);
    expect(get.status).toBe(200);
    expect(head.status).toBe(200);
    expect(head.body).toBeUndefined();
    for (const name of ['content-type', 'content-length', 'etag'])
      expect(head.headers[name], name).toBe(get.headers[name]);
  });

  test('tells what the caller has from what it has not', async () => {
    const first = await send(route, key);
    const tag = first.headers['etag'];
    expect(tag !== undefined).toBe(hasEntityTag(route));
    if (tag === undefined) return;
    const again = await send(route, key, { 'if-none-match': `"other", W/${tag as string}` });
    expect([again.status, again.body, again.headers['etag']]).toEqual([304, undefined, tag]);
    const other = await send(route, key, { 'if-none-match': '"other"' });
    expect([other.status, other.body]).toEqual([200, first.body]);
  });
});

const changes = KEYS.filter((key) => isConditional(routes[key]));

test.each(changes)('%s changes nothing that is not what the caller read', async (key) => {
  const refused = await send(routes[key], key, { 'if-match': '"other"' });
  expect(refused.status).toBe(412);
  expect(JSON.stringify(refused.body)).toMatch(/changed since it was read|has no ETag/u);
});

async function patch(tag: string, name: string): Promise<Answer> {
  return inject(app, {
    method: 'PATCH',
    url: `/org/v2/environments/${world.ids.environmentId}`,
    headers: {
      authorization: basic(world.tenant.keyId, world.tenant.secret),
      'content-type': 'application/json',
      'if-match': tag,
    },
    payload: JSON.stringify({ display_name: name }),
  });
}

test('of two changes of the same thing one is made, however close they come', async () => {
  for (let round = 0; round < 10; round++) {
    const tag = String((await send(routes.getEnvironment, 'getEnvironment')).headers['etag']);
    const names = [`a ${round}`, `b ${round}`];
    const answers = await Promise.all(names.map((name) => patch(tag, name)));
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['200', '412']);
    const winner = names[answers.findIndex(({ status }) => status === 200)];
    const now = await send(routes.getEnvironment, 'getEnvironment');
    expect(now.body).toMatchObject({ display_name: winner });
  }
});

test('what changes between the comparison and the transaction counts too', async () => {
  const tag = String((await send(routes.getEnvironment, 'getEnvironment')).headers['etag']);
  const { environments } = app.get(Repositories);
  const where = { id: world.ids.environmentId };
  vi.spyOn(environments, 'findByName').mockImplementationOnce(async () => {
    await database.prisma.environment.update({ where, data: { displayName: 'in between' } });
    return undefined;
  });
  expect((await patch(tag, 'too late')).status).toBe(412);
  const now = await send(routes.getEnvironment, 'getEnvironment');
  expect(now.body).toMatchObject({ display_name: 'in between' });
});

test('any state will do for If-Match: *', async () => {
  expect((await patch('*', 'any')).status).toBe(200);
});

test('a weak tag is not good enough to change something', async () => {
  const tag = String((await send(routes.getEnvironment, 'getEnvironment')).headers['etag']);
  expect((await patch(`W/${tag}`, 'weak')).status).toBe(412);
});

test('OPTIONS names the methods of a path, without a key', async () => {
  const options = (url: string): Promise<Answer> => inject(app, { method: 'OPTIONS', url });
  const known = await options('/org/v2/environments/env-1?x=1');
  expect([known.status, known.body, known.headers['allow']]).toEqual([
    204,
    undefined,
    'GET, PATCH, DELETE, HEAD, OPTIONS',
  ]);
  expect((await options('/iam/v2/api-keys')).headers['allow']).toBe('GET, POST, HEAD, OPTIONS');
  expect((await options('/livez')).headers['allow']).toBe('GET, HEAD, OPTIONS');
  expect((await options('/nowhere')).status).toBe(404);
  expect((await inject(app, { method: 'DELETE', url: '/livez' })).status).toBe(405);
});
