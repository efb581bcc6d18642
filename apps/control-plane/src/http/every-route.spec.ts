import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FailureSchema, routePath, routes, type Route } from '@weirhouse/cloud-contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CONTROLLERS } from '../app.module.ts';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import { ask, EXAMPLES, makeWorld, type Example, type World } from '../testing/route-world.ts';
import { basic, createTestApp, inject, type Answer, type Tenant } from '../testing/test-app.ts';
import { findRoute, isOpen } from './implements.ts';

const ROUTES: readonly Route[] = Object.values(routes);
const KEYS = Object.keys(routes) as readonly (keyof typeof routes)[];

let database: OpenDatabase;
let app: NestFastifyApplication;
let world: World;
let owner: Tenant;

beforeAll(async () => {
  database = await openTestDatabase();
  app = await createTestApp(database.prisma);
  world = await makeWorld(app);
  owner = world.tenant;
}, SETUP_MAX_MS);

afterAll(async () => {
  await app.close();
  await database.close();
});

function exampleOf(key: keyof typeof routes): Example {
  return EXAMPLES[key]?.(world.ids) ?? {};
}

/** What a failure says, in any dialect. */
function reasonOf(answer: Answer): string {
  const body = answer.body as {
    readonly errors?: readonly { readonly detail?: string }[];
    readonly message?: string;
    readonly error_description?: string;
  };
  return body.errors?.[0]?.detail ?? body.message ?? body.error_description ?? '';
}

/** A test for some routes only: a list of one, or of none. */
function only(applies: boolean): readonly object[] {
  return applies ? [{}] : [];
}

test('every route of the contract has exactly one handler, and every other handler is open', () => {
  const implemented: string[] = [];
  for (const controller of CONTROLLERS) {
    const prototype: object = controller.prototype;
    for (const name of Object.getOwnPropertyNames(prototype)) {
      const handler: unknown = Reflect.get(prototype, name);
      if (name === 'constructor' || typeof handler !== 'function') continue;
      const route = findRoute(handler);
      expect(route !== undefined || isOpen(handler), `${controller.name}.${name}`).toBe(true);
      if (route !== undefined) implemented.push(route.name);
    }
  }
  expect(implemented.toSorted()).toEqual(ROUTES.map(({ name }) => name).toSorted());
});

describe.each(KEYS.map((key) => ({ key })))('$key', ({ key }) => {
  const route: Route = routes[key];
  const isClosed = route.credentials.length > 0;

  test.each(only(isClosed))('says to a caller without a key how to send one', async () => {
    const answer = await ask(app, key, { example: exampleOf(key), authorization: undefined });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Basic realm="weirhouse"');
    expect(answer.headers['content-type']).toContain('application/json');
    expect(reasonOf(answer)).toContain('HTTP Basic');
  });

  test.each(only(!isClosed))('asks nobody for a key', async () => {
    const answer = await ask(app, key, { example: exampleOf(key), authorization: undefined });
    expect(answer.status).not.toBe(401);
  });

  test.each(only(isClosed))('says of a bad key that it is one, and not why', async () => {
    for (const authorization of [
      basic('AAAAAAAAAAAAAAAA', 'x'),
      basic(owner.keyId, `${owner.secret}x`),
      'Bearer abc',
      'Basic ???',
    ]) {
      const answer = await ask(app, key, { example: exampleOf(key), authorization });
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toContain('error="invalid_key"');
      expect(reasonOf(answer)).toContain('invalid API key');
    }
  });

  // Bodies of records are streams, with a spec of their own.
  const isWhole = route.body !== undefined && key !== 'produceRecord';
  test.each(only(isWhole))('refuses bodies that are no JSON object', async () => {
    const ownKey = basic(owner.keyId, owner.secret);
    const isSession = route.credentials[0] === 'session';
    const authorization = isSession ? world.session : ownKey;
    const send = (type: string, text: string): ReturnType<typeof inject> =>
      inject(app, {
        method: route.method,
        url: routePath(route, exampleOf(key).params ?? {}),
        headers: { authorization, 'content-type': type },
        payload: text,
      });
    expect((await send('application/json', '{"a":')).status).toBe(400);
    expect((await send('application/json', '[]')).status).toBe(400);
    expect((await send('application/json', '')).status).toBe(400);
    expect((await send('text/plain', '{}')).status).toBe(415);
    expect((await send('application/json', `"${'x'.repeat(300_000)}"`)).status).toBe(413);
  });

  const hasPages =
    route.query
      .safeParse({ page_size: 'ten' })
      .error?.issues.some(({ path }) => path[0] === 'page_size') === true;
  test.each(only(hasPages && route.credentials.includes('cloud-key')))(
    'refuses page sizes and page tokens that make no sense, naming the parameter',
    async () => {
      for (const [parameter, value] of [
        ['page_size', '0'],
        ['page_size', 'ten'],
        ['page_token', 'nonsense'],
      ] as const) {
        const { query, ...rest } = exampleOf(key);
        const example = { ...rest, query: { ...query, [parameter]: value } };
        const authorization = basic(owner.keyId, owner.secret);
        const answer = await ask(app, key, { example, authorization });
        expect(answer.status, `${parameter}=${value}`).toBe(400);
        expect(reasonOf(answer)).toContain(parameter);
      }
    },
  );
});

test('a path that nobody serves answers 404, a method that nobody serves 405, without a key', async () => {
  const unknown = await inject(app, { method: 'GET', url: '/org/v3/environments' });
  expect(unknown.status).toBe(404);
  expect(unknown.headers['content-type']).toContain('application/json');
  expect(FailureSchema.parse(unknown.body).errors[0]?.status).toBe('404');
  const method = await inject(app, { method: 'PUT', url: '/org/v2/environments/env-1' });
  expect(method.status).toBe(405);
  expect(method.headers['allow']).toBe('GET, PATCH, DELETE, HEAD, OPTIONS');
});

test('what stands before a verb may hold anything that is percent-encoded', async () => {
  for (const id of ['a:b', 'a/b', 'a\nb', 'ä']) {
    const url = `/v1/plans/${encodeURIComponent(id)}:apply`;
    expect((await owner.call('POST', url, {})).status, id).toBe(404);
  }
});

test('every path is served below /api too', async () => {
  const plain = await owner.call('GET', '/org/v2/environments');
  const prefixed = await owner.call('GET', '/api/org/v2/environments');
  expect(prefixed.status).toBe(200);
  expect(prefixed.body).toEqual(plain.body);
  expect((await inject(app, { method: 'GET', url: '/apiorg/v2/environments' })).status).toBe(404);
});

test('a failure is written as its family writes failures', async () => {
  const rest = await inject(app, { method: 'GET', url: '/kafka/v3/nowhere' });
  expect(rest.body).toEqual({ error_code: 40401, message: 'Nothing is served on this path.' });
  const sts = await inject(app, { method: 'GET', url: '/sts/v1/nowhere' });
  expect(sts.body).toMatchObject({ error: 'invalid_request' });
});

test('every answer carries a request id, and a failure quotes the same one', async () => {
  const answer = await inject(app, { method: 'GET', url: '/nowhere' });
  const id = answer.headers['x-request-id'];
  expect(id).toMatch(/^[0-9a-f]{32}$/u);
  expect(FailureSchema.parse(answer.body).errors[0]?.id).toBe(id);
});

test('health, metrics and the contract need no key', async () => {
  expect((await inject(app, { method: 'GET', url: '/livez' })).body).toEqual({ live: true });
  expect((await inject(app, { method: 'GET', url: '/readyz' })).body).toEqual({ ready: true });
  const document = (await inject(app, { method: 'GET', url: '/openapi.json' })).body;
  expect(document).toMatchObject({ openapi: '3.1.0' });
  const metrics = await app.inject({ url: '/metrics' });
  expect(metrics.statusCode).toBe(200);
  expect(metrics.headers['content-type']).toContain('text/plain');
});
