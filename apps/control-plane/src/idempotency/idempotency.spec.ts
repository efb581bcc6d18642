import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { isRepeatable, routes } from '@weirhouse/cloud-contract';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { Repositories } from '../database/repositories.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import { systemClock } from '../ports.ts';
import { EXAMPLES, keyWithRole, makeWorld, type World } from '../testing/route-world.ts';
import { basic, createTestApp, inject, type Answer } from '../testing/test-app.ts';
import { organizationCrn, routePath } from '@weirhouse/cloud-contract';
import { ANSWER_KEPT_MS, KEYS_MAX } from './idempotency-keys.repository.ts';

/** Its issuer would be asked for keys, and there is none. */
const UNMAKEABLE = 'createIdentityProvider';
const KEYS = (Object.keys(routes) as readonly (keyof typeof routes)[]).filter(
  (key) => isRepeatable(routes[key]) && key !== UNMAKEABLE,
);

let database: OpenDatabase;
let app: NestFastifyApplication;
let world: World;
let laterMs = 0;
let count = 0;

beforeAll(async () => {
  database = await openTestDatabase();
  const clock = { ...systemClock, wallMs: () => systemClock.wallMs() + laterMs };
  app = await createTestApp(database.prisma, { clock });
  world = await makeWorld(app);
}, SETUP_MAX_MS);

afterAll(async () => {
  await app.close();
  await database.close();
});

beforeEach(() => {
  laterMs = 0;
});

function newKey(): string {
  count += 1;
  return `key-${count}`;
}

function post(
  url: string,
  request: { readonly body: object; readonly key: string; readonly authorization?: string },
): Promise<Answer> {
  const { keyId, secret } = world.tenant;
  return inject(app, {
    method: 'POST',
    url,
    headers: {
      authorization: request.authorization ?? basic(keyId, secret),
      'content-type': 'application/json',
      'idempotency-key': request.key,
    },
    payload: JSON.stringify(request.body),
  });
}

function makeEnvironment(
  key: string,
  display_name: string,
  authorization?: string,
): Promise<Answer> {
  const request = { body: { display_name }, key };
  return post(
    '/org/v2/environments',
    authorization === undefined ? request : { ...request, authorization },
  );
}

function changes(): Promise<number> {
  return database.prisma.auditRecord.count({ where: { result: 'SUCCESS' } });
}

async function environments(): Promise<readonly string[]> {
  const rows = await database.prisma.environment.findMany({ select: { displayName: true } });
  return rows.map(({ displayName }) => displayName);
}

test('what makes things takes a key', () => {
  expect(KEYS).toEqual(
    expect.arrayContaining(['createEnvironment', 'createCluster', 'createApiKey']),
  );
  expect(isRepeatable(routes.createTopic)).toBe(false);
  expect(isRepeatable(routes.updateEnvironment)).toBe(false);
});

describe.each(KEYS)('%s', (name) => {
  test('makes one thing however often it is asked with the same key', async () => {
    const { body = {}, params = {} } = EXAMPLES[name]?.(world.ids) ?? {};
    const url = routePath(routes[name], params);
    const key = newKey();
    const first = await post(url, { body, key });
    expect([first.status, first.headers['idempotent-replayed']]).toEqual([
      routes[name].response.status,
      undefined,
    ]);
    const changed = await changes();
    const again = await post(url, { body, key });
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect([again.status, again.body]).toEqual([first.status, first.body]);
    expect(again.headers['location']).toBe(first.headers['location']);
    expect(again.headers['x-request-id']).not.toBe(first.headers['x-request-id']);
    expect(await changes()).toBe(changed);
  });
});

test('the secret of a key comes again, and lies sealed in between', async () => {
  const body = { spec: { owner: { id: world.ids.accountId } } };
  const key = newKey();
  const first = (await post('/iam/v2/api-keys', { body, key })).body as {
    spec: { secret: string };
  };
  const again = (await post('/iam/v2/api-keys', { body, key })).body as {
    spec: { secret: string };
  };
  expect(again.spec.secret).toBe(first.spec.secret);
  for (const { answerEncrypted } of await database.prisma.idempotencyKey.findMany())
    expect(Buffer.from(answerEncrypted ?? []).includes(first.spec.secret)).toBe(false);
});

test('a key that was used for something else is refused, and nothing is made', async () => {
  const key = newKey();
  expect((await makeEnvironment(key, 'first use')).status).toBe(201);
  const other = await makeEnvironment(key, 'second use');
  expect([other.status, JSON.stringify(other.body)]).toEqual([
    422,
    expect.stringContaining('Idempotency-Key was used for another request'),
  ]);
  expect(await environments()).not.toContain('second use');
});

test('a key is its caller’s own', async () => {
  const key = newKey();
  const crnPattern = organizationCrn(world.ids.organizationId);
  const role = { roleName: 'OrganizationAdmin', crnPattern };
  const other = await keyWithRole(app, world, role);
  expect((await makeEnvironment(key, 'mine')).status).toBe(201);
  const theirs = await makeEnvironment(key, 'theirs', other);
  expect([theirs.status, theirs.headers['idempotent-replayed']]).toEqual([201, undefined]);
});

test('of requests that come at once one makes it, and all are answered the same', async () => {
  const key = newKey();
  const all = [1, 2, 3, 4, 5].map(() => makeEnvironment(key, 'at once'));
  const answers = await Promise.all(all);
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
  expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  const made = answers.filter(({ headers }) => headers['idempotent-replayed'] === undefined);
  expect(made).toHaveLength(1);
  expect((await environments()).filter((name) => name === 'at once')).toHaveLength(1);
});

test('a refusal is not kept: the same request may succeed later', async () => {
  const key = newKey();
  await makeEnvironment(newKey(), 'in the way');
  const refused = await makeEnvironment(key, 'in the way');
  expect([refused.status, refused.headers['location']]).toEqual([409, expect.any(String)]);
  const url = new URL(String(refused.headers['location'])).pathname;
  expect((await world.tenant.call('DELETE', url)).status).toBe(204);
  expect((await makeEnvironment(key, 'in the way')).status).toBe(201);
});

test('where the answer cannot be kept nothing is made', async () => {
  const { idempotencyKeys } = app.get(Repositories);
  const keep = vi.spyOn(idempotencyKeys, 'keep').mockRejectedValueOnce(new Error('killed'));
  const key = newKey();
  expect((await makeEnvironment(key, 'not kept')).status).toBe(500);
  expect(keep).toHaveBeenCalledOnce();
  expect(await environments()).not.toContain('not kept');
  expect((await makeEnvironment(key, 'not kept')).status).toBe(201);
});

test('after a day a key is new again, and the answer is removed', async () => {
  const key = newKey();
  expect((await makeEnvironment(key, 'yesterday')).status).toBe(201);
  laterMs = ANSWER_KEPT_MS + 1;
  expect((await makeEnvironment(key, 'today')).status).toBe(201);
  const { idempotencyKeys } = app.get(Repositories);
  expect(await idempotencyKeys.prune(systemClock.wallMs() + laterMs)).toBe(false);
  const left = await database.prisma.idempotencyKey.count();
  expect(left).toBe(1);
});

test('keys have a form, and an organization only so many of them', async () => {
  for (const key of ['a b', 'ä', 'x'.repeat(256)])
    expect((await makeEnvironment(key, 'never')).status, key).toBe(400);
  const { organizationId } = world.ids;
  const data = Array.from({ length: KEYS_MAX }, (_, index) => ({
    id: `filler-${index}`,
    organizationId,
    requestHash: '',
  }));
  await database.prisma.idempotencyKey.createMany({ data });
  const refused = await makeEnvironment(newKey(), 'never');
  expect([refused.status, refused.headers['retry-after']]).toEqual([429, '3600']);
  expect(await environments()).not.toContain('never');
});
