import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FailureSchema, routePath, routes, type Route } from '@weirhouse/cloud-contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CONTROLLERS } from '../app.module.ts';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import { basic, createTenant, createTestApp, inject, type Tenant } from '../testing/test-app.ts';
import { findRoute, isOpen } from './implements.ts';

const ROUTES: readonly Route[] = Object.values(routes);

let database: OpenDatabase;
let app: NestFastifyApplication;
let owner: Tenant;
let stranger: Tenant;
/** What the owner has, by the route family's path. */
const owned = new Map<string, { readonly id: string; readonly query: string }>();
/** A signed-in user. */
let session: string;
let clusterKey: { readonly id: string; readonly secret: string };

interface Created {
  readonly id: string;
  readonly spec: { readonly secret: string };
}

beforeAll(async () => {
  database = await openTestDatabase();
  app = await createTestApp(database.prisma);
  owner = await createTenant(app);
  stranger = await createTenant(app);
  const create = async (url: string, body: unknown): Promise<Created> =>
    (await owner.call('POST', url, body)).body as Created;
  const environment = await create('/org/v2/environments', { display_name: 'prod' });
  const query = `?environment=${environment.id}`;
  const cluster = await create('/cmk/v2/clusters', clusterBody(environment.id));
  const account = await create('/iam/v2/service-accounts', { display_name: 'app' });
  const spec = { owner: { id: account.id }, resource: { id: cluster.id } };
  const key = await create('/iam/v2/api-keys', { spec });
  session = `Bearer ${await owner.signIn()}`;
  clusterKey = { id: key.id, secret: key.spec.secret };
  owned.set('/org/v2/environments/{id}', { id: environment.id, query: '' });
  owned.set('/cmk/v2/clusters/{id}', { id: cluster.id, query });
  for (const path of [
    '/cmk/v2/clusters/{id}:plan',
    '/v1/clusters/{id}',
    '/v1/clusters/{id}:pause',
    '/v1/clusters/{id}:resume',
    '/v1/clusters/{id}/limits',
    '/v1/clusters/{id}/operations',
  ])
    owned.set(path, { id: cluster.id, query: '' });
  owned.set('/v1/operations/{id}', { id: await insertOperation(cluster.id), query: '' });
  owned.set('/iam/v2/service-accounts/{id}', { id: account.id, query: '' });
  owned.set('/iam/v2/api-keys/{id}', { id: key.id, query: '' });
  owned.set('/iam/v2/users/{id}', { id: owner.userId, query: '' });
  const invitation = await create('/iam/v2/invitations', { email: 'guest@example.org' });
  owned.set('/iam/v2/invitations/{id}', { id: invitation.id, query: '' });
}, SETUP_MAX_MS);

afterAll(async () => {
  await app.close();
  await database.close();
});

/** The reconciler does not run here. */
async function insertOperation(clusterId: string): Promise<string> {
  const id = `opn-${clusterId}`;
  const work = { kind: 'create', generation: 1n, step: 'planned', status: 'running' };
  const { organizationId } = owner;
  const environmentId = owned.get('/org/v2/environments/{id}')?.id ?? '';
  await database.prisma.operation.create({
    data: { id, clusterId, organizationId, environmentId, fencingToken: 1n, ...work },
  });
  return id;
}

function clusterBody(environmentId: string): object {
  const config = { kind: 'Basic' };
  const environment = { id: environmentId };
  const place = { availability: 'SINGLE_ZONE', cloud: 'AWS', region: 'local' };
  return { spec: { display_name: 'c', ...place, config, environment } };
}

/** A body that every update route takes. */
function harmlessBody(route: Route): object {
  const environment = { id: owned.get('/org/v2/environments/{id}')?.id };
  return route.path.startsWith('/cmk/') ? { spec: { environment } } : { spec: {} };
}

function urlOf(route: Route, id = 'x-unknown'): string {
  return `${routePath(route, { id, token: id })}${owned.get(route.path)?.query ?? ''}`;
}

/** Whether the route answers with pages. */
function isPaged(route: Route): boolean {
  return route.query.safeParse({ page_size: '0' }).error?.issues[0]?.path[0] === 'page_size';
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

describe.each(ROUTES.map((route) => ({ name: route.name, route })))('$name', ({ route }) => {
  const payload = route.body === undefined ? {} : { payload: '{}' };
  const headers = route.body === undefined ? {} : { 'content-type': 'application/json' };

  const isClosed = route.credentials.length > 0;
  test.each(only(isClosed))('refuses a caller without a key and says how to send one', async () => {
    const answer = await inject(app, { method: route.method, url: urlOf(route), headers });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Basic realm="weirhouse"');
    expect(FailureSchema.parse(answer.body).errors[0]?.code).toBe('user_unauthenticated');
  });

  test.each(only(!isClosed))('asks nobody for a key', async () => {
    const answer = await inject(app, {
      method: route.method,
      url: urlOf(route),
      ...payload,
      headers,
    });
    expect(answer.status).not.toBe(401);
  });

  test.each(only(isClosed))(
    'refuses an unknown key, a wrong secret and a cluster key',
    async () => {
      for (const authorization of [
        basic('AAAAAAAAAAAAAAAA', 'x'),
        basic(owner.keyId, `${owner.secret}x`),
        basic(clusterKey.id, clusterKey.secret),
        'Bearer abc',
        'Basic ???',
      ]) {
        const answer = await inject(app, {
          method: route.method,
          url: urlOf(route),
          headers: { ...headers, authorization },
          ...payload,
        });
        expect(answer.status).toBe(401);
        expect(answer.headers['www-authenticate']).toContain('error="invalid_key"');
        expect(FailureSchema.parse(answer.body).errors[0]?.detail).toContain('invalid API key');
      }
    },
  );

  test.each(only(route.path.includes('{id}')))(
    'answers the same 404 for an unknown object and for another organization’s',
    async () => {
      const { id = '' } = owned.get(route.path) ?? {};
      const body = route.body === undefined ? undefined : harmlessBody(route);
      const foreign = await stranger.call(route.method, urlOf(route, id), body);
      const unknown = await owner.call(route.method, urlOf(route, 'x-unknown'), body);
      for (const answer of [foreign, unknown]) {
        expect(answer.status).toBe(404);
        expect(answer.headers['content-type']).toContain('application/json');
        expect(FailureSchema.parse(answer.body).errors[0]?.code).toBe('resource_not_found');
      }
      const details = [foreign, unknown].map(({ body: failure }) => {
        const { detail } = FailureSchema.parse(failure).errors[0] ?? { detail: '' };
        return detail.replaceAll(id, '').replaceAll('x-unknown', '');
      });
      expect(details[0]).toBe(details[1]);
    },
  );

  test.each(only(route.body !== undefined))('refuses bodies that are no JSON object', async () => {
    const key = basic(owner.keyId, owner.secret);
    const authorization = route.credentials[0] === 'session' ? session : key;
    const send = (type: string, text: string): ReturnType<typeof inject> =>
      inject(app, {
        method: route.method,
        url: urlOf(route),
        headers: { authorization, 'content-type': type },
        payload: text,
      });
    expect((await send('application/json', '{"a":')).status).toBe(400);
    expect((await send('application/json', '[]')).status).toBe(400);
    expect((await send('application/json', '')).status).toBe(400);
    expect((await send('text/plain', '{}')).status).toBe(415);
    expect((await send('application/json', `"${'x'.repeat(300_000)}"`)).status).toBe(413);
  });

  test.each(only(isPaged(route)))(
    'refuses page sizes and page tokens that make no sense, naming the parameter',
    async () => {
      const environment = owned.get('/cmk/v2/clusters/{id}')?.query ?? '';
      for (const [parameter, value] of [
        ['page_size', '0'],
        ['page_size', '101'],
        ['page_size', 'ten'],
        ['page_token', 'nonsense'],
      ] as const) {
        const query = `${environment === '' ? '?' : `${environment}&`}${parameter}=${value}`;
        const answer = await owner.call('GET', `${route.path}${query}`);
        expect(answer.status, `${parameter}=${value}`).toBe(400);
        expect(FailureSchema.parse(answer.body).errors[0]?.source).toEqual({ parameter });
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
  expect(method.headers['allow']).toBe('GET, PATCH, DELETE');
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
