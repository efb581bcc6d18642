import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { environmentCrn, routes, type Route } from '@weirhouse/cloud-contract';
import { assert } from '@weirhouse/shared-kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ChangeSignal } from '../audit/change-signal.ts';
import { DenialLog } from '../audit/denial-log.ts';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import {
  ask,
  EXAMPLES,
  keyWithRole,
  makeWorld,
  unknownIds,
  type Example,
  type World,
  type WorldIds,
} from '../testing/route-world.ts';
import { basic, createTestApp, type Answer } from '../testing/test-app.ts';

type Key = keyof typeof routes;

const KEYS = Object.keys(routes) as readonly Key[];
const ID_NAMES = Object.keys(unknownIds()) as readonly (keyof WorldIds)[];

let database: OpenDatabase;
let app: NestFastifyApplication;
let own: World;
let foreign: World;
/** Header Authorization of callers of the own organization. */
let ownerKey: string;
let viewerKey: string;
let nobodyKey: string;
/** Statements that the database was asked so far. */
let queries = 0;

beforeAll(async () => {
  database = await openTestDatabase({ onQuery: () => (queries += 1) });
  app = await createTestApp(database.prisma);
  own = await makeWorld(app);
  foreign = await makeWorld(app);
  ownerKey = basic(own.tenant.keyId, own.tenant.secret);
  const { organizationId, environmentId } = own.ids;
  const crnPattern = environmentCrn(organizationId, environmentId);
  viewerKey = await keyWithRole(app, own, { roleName: 'MetricsViewer', crnPattern });
  nobodyKey = await keyWithRole(app, own, undefined);
}, SETUP_MAX_MS);

afterAll(async () => {
  await app.close();
  await database.close();
});

function routeOf(key: Key): Route {
  return routes[key];
}

function exampleOf(key: Key, ids: WorldIds): Example {
  const make = EXAMPLES[key];
  assert(make !== undefined, `${key} has an example in testing/route-world.ts`);
  return make(ids);
}

/** Names of the ids that the example of a route is made of. */
function idsIn(key: Key): readonly (keyof WorldIds)[] {
  const unknown = unknownIds();
  const text = JSON.stringify(exampleOf(key, unknown));
  return ID_NAMES.filter((name) => text.includes(unknown[name]));
}

function isInPath(key: Key, name: keyof WorldIds): boolean {
  const unknown = unknownIds();
  return Object.values(exampleOf(key, unknown).params ?? {}).includes(unknown[name]);
}

/** A credential of the organization that the route takes. */
function credentialFor(key: Key, world: World): string {
  const { credentials } = routeOf(key);
  if (credentials.includes('cloud-key')) return basic(world.tenant.keyId, world.tenant.secret);
  return credentials.includes('session') ? world.session : world.clusterKey;
}

/** An answer without what may differ: the id that was asked for, and the request's own. */
function comparable(answer: Answer, id: string): unknown {
  const body = JSON.stringify(answer.body ?? '')
    .replaceAll(id, 'ID')
    .replaceAll(/[0-9a-f]{32}/gu, 'REQUEST');
  return { status: answer.status, body, location: answer.headers['location'] };
}

test('every route has an example, so that none is left out here', () => {
  expect(KEYS.filter((key) => EXAMPLES[key] === undefined)).toEqual([]);
});

const CLOSED = KEYS.filter((key) => routeOf(key).credentials.length > 0);

describe.each(CLOSED.map((key) => ({ key })))('$key', ({ key }) => {
  const route = routeOf(key);

  test('refuses a caller without a credential', async () => {
    const example = exampleOf(key, own.ids);
    const answer = await ask(app, key, { example, authorization: undefined });
    expect(answer.status).toBe(401);
  });

  test('refuses keys of a kind that it does not take, and keys that are not good', async () => {
    const bad = [
      basic('AAAAAAAAAAAAAAAA', 'x'),
      basic(own.tenant.keyId, `${own.tenant.secret}x`),
      'Bearer abc',
      'Basic ???',
      ...(route.credentials.includes('kafka-key') ? [] : [own.clusterKey]),
      ...(route.credentials.includes('cloud-key') ? [] : [ownerKey]),
      ...(route.credentials.includes('session') ? [] : [own.session]),
    ];
    const example = exampleOf(key, own.ids);
    for (const authorization of bad)
      expect((await ask(app, key, { example, authorization })).status, authorization).toBe(401);
  });

  test.each(idsIn(key).map((name) => ({ name })))(
    'answers another organization’s $name as one that nobody has',
    async ({ name }) => {
      const unknown = unknownIds();
      const authorization = credentialFor(key, own);
      const answers = [];
      const asked: number[] = [];
      for (const ids of [foreign.ids, unknown]) {
        const example = exampleOf(key, { ...own.ids, [name]: ids[name] });
        // Nothing is remembered of the caller, so that both answers start alike.
        app.get(ChangeSignal).notify();
        // What was refused before is recorded beside the answers.
        await app.get(DenialLog).settle();
        const before = queries;
        const answer = await ask(app, key, { example, authorization });
        asked.push(queries - before);
        expect(queries).toBeGreaterThan(before);
        expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(500);
        expect(route.method === 'GET' || answer.status >= 400).toBe(true);
        expect(!isInPath(key, name) || [401, 404].includes(answer.status)).toBe(true);
        answers.push(comparable(answer, ids[name]));
      }
      expect(answers[0]).toEqual(answers[1]);
      // The same questions to the database take as long: time tells nothing either.
      expect(asked[0]).toBe(asked[1]);
    },
  );

  test.each(idsIn(key).length > 0 ? [{}] : [])(
    'tells a stranger nothing of what is here',
    async () => {
      const authorization = credentialFor(key, foreign);
      const unknown = unknownIds();
      const [asked, nothing] = await Promise.all(
        [own.ids, unknown].map((ids) =>
          ask(app, key, { example: exampleOf(key, ids), authorization }),
        ),
      );
      expect(asked?.status).toBe(nothing?.status);
      expect(route.method === 'GET' || (asked?.status ?? 0) >= 400).toBe(true);
      expect(JSON.stringify(dataOf(asked))).toBe(JSON.stringify(dataOf(nothing)));
    },
  );

  test.each(route.permission === undefined || !route.credentials.includes('cloud-key') ? [] : [{}])(
    'gives nothing to a role that is too weak, and to none',
    async () => {
      const isMetric = route.permission?.startsWith('metric:') === true;
      for (const authorization of isMetric ? [nobodyKey] : [viewerKey, nobodyKey]) {
        const answer = await ask(app, key, { example: exampleOf(key, own.ids), authorization });
        expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(500);
        expect(route.method === 'GET' || answer.status >= 400).toBe(true);
        const { organizationId: _, ...hidden } = own.ids;
        const shown = JSON.stringify(dataOf(answer));
        expect(Object.values(hidden).filter((id) => shown.includes(id))).toEqual([]);
      }
    },
  );
});

/** What a good answer holds; nothing of a failure, and no links that repeat the question. */
function dataOf(answer: Answer | undefined): unknown {
  if (answer === undefined || answer.status >= 400) return [];
  return (answer.body as { readonly data?: unknown } | undefined)?.data ?? answer.body ?? [];
}
