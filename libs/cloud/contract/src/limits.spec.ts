import { describe, expect, test } from 'vitest';
import { jsonSchema, type JsonObject } from './json-schema.ts';
import type { Route } from './route.ts';
import { routes } from './routes.ts';

interface Schema {
  readonly type?: string;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

/** Texts whose bound is that of what they lie in. */
const BOUNDED_OUTSIDE: Readonly<Record<string, readonly string[]>> = {
  // A record has two MiB of JSON.
  produceRecord: ['body.headers[].value'],
  // A whole file, as long as a body may be.
  createV1Plan: ['body.document'],
};

/** Longer than anything that is taken in a path or a query, in characters. */
const TOO_LONG = 20_000;

/** Texts of a request that may be as long as they like, by their place. */
function unbounded(schema: Schema, place: string): readonly string[] {
  const variants = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? [];
  const inside = [
    ...variants.flatMap((one) => unbounded(one, place)),
    ...(schema.items === undefined ? [] : unbounded(schema.items, `${place}[]`)),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, one]) =>
      unbounded(one, `${place}.${name}`),
    ),
  ];
  if (schema.type === 'array' && schema.maxItems === undefined) return [...inside, `${place}[]`];
  const isFree =
    schema.type === 'string' && schema.enum === undefined && schema.const === undefined;
  // A time has one length; a pattern says its bound itself where it has no star or plus.
  const isBounded =
    schema.maxLength !== undefined ||
    schema.format === 'date-time' ||
    (schema.pattern !== undefined && !/(?<!\\)[*+]|,\}/u.test(schema.pattern));
  return isFree && !isBounded ? [...inside, place] : inside;
}

const ROUTES = Object.values(routes).map((route: Route) => ({ name: route.name, route }));

describe.each(ROUTES)('$name', ({ route }) => {
  test('bounds every text of its path, its query and its body', () => {
    const parts: readonly (readonly [string, JsonObject])[] = [
      ['path', jsonSchema(route.params, 'input')],
      ['query', jsonSchema(route.query, 'input')],
      ...(route.body === undefined ? [] : ([['body', jsonSchema(route.body, 'input')]] as const)),
    ];
    expect(parts.flatMap(([part, schema]) => unbounded(schema, part))).toEqual(
      BOUNDED_OUTSIDE[route.name] ?? [],
    );
  });

  const { properties = {} } = jsonSchema(route.query, 'input') as Schema;
  test.each(Object.keys(properties))('names %s when it is too long', (name) => {
    const { error } = route.query.safeParse({ [name]: 'x'.repeat(TOO_LONG) });
    expect(error?.issues.map(({ path }) => path[0])).toContain(name);
  });
});
