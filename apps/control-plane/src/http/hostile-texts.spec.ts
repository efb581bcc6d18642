import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { routePath, routes, type Route } from '@weirhouse/cloud-contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import { EXAMPLES, makeWorld, type Example, type World } from '../testing/route-world.ts';
import { basic, createTestApp, inject, type Answer } from '../testing/test-app.ts';

/** Texts that databases, paths and patterns have stumbled over. */
const TEXTS = [
  '\u0000',
  'a\u0000b',
  '\uD800',
  '\u202e',
  "' OR 1=1 --",
  '../..',
  '%',
  '-1',
  '1e999',
];

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

function ask(route: Route, { body, params = {}, query = {} }: Example): Promise<Answer> {
  // A lone half of a character cannot be percent-encoded; URLSearchParams replaces it.
  const whole = Object.entries(params).map(([name, value]) => [name, value.toWellFormed()]);
  const search = new URLSearchParams(query).toString();
  return inject(app, {
    method: route.method,
    url: `${routePath(route, Object.fromEntries(whole))}?${search}`,
    headers: {
      authorization: basic(world.tenant.keyId, world.tenant.secret),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  });
}

/** The same body with one of its texts replaced, for each of them. */
function* variants(body: object, text: string): Generator<object> {
  for (const [name, value] of Object.entries(body) as readonly [string, unknown][]) {
    if (typeof value === 'string') yield { ...body, [name]: text };
    else if (Array.isArray(value)) yield { ...body, [name]: [text] };
    else if (typeof value === 'object' && value !== null)
      for (const one of variants(value, text)) yield { ...body, [name]: one };
  }
}

/** A good request with one of its texts replaced, for each of them. */
function* hostile(example: Example, text: string): Generator<Example> {
  const { body, params = {}, query = {} } = example;
  for (const name of Object.keys(params)) yield { ...example, params: { ...params, [name]: text } };
  for (const name of Object.keys(query)) yield { ...example, query: { ...query, [name]: text } };
  if (body !== undefined) for (const one of variants(body, text)) yield { ...example, body: one };
}

test.each(KEYS)('%s answers odd texts in every place without a fault of ours', async (key) => {
  const route: Route = routes[key];
  const example = EXAMPLES[key]?.(world.ids) ?? {};
  for (const text of TEXTS)
    for (const request of hostile(example, text)) {
      const { status } = await ask(route, request);
      expect(status, JSON.stringify(request)).toBeLessThan(500);
    }
});
