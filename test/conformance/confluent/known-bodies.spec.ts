// Bodies that clients of the contract are known to accept, read by our schemas: made from skeletons here, and the real ones
// where `WEIRHOUSE_CONTRACT_FIXTURES` names a folder of them, which are not ours to keep.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FailureSchema, routes, type Route } from '@weirhouse/cloud-contract';
import { describe, expect, test } from 'vitest';
import { nameOf, readFacts, valuesOf, type Words } from './facts.ts';
import { FAILURES, KINDS_NOT_OFFERED, KNOWN_KINDS, operationOfBody } from './known-bodies.ts';

const ROUTES: readonly Route[] = Object.values(routes);
const OPERATIONS = [...readFacts().values()].flat();
const FIXTURES = process.env['WEIRHOUSE_CONTRACT_FIXTURES'];

type Json = Readonly<Record<string, unknown>>;

interface KnownBody {
  readonly operation: string;
  readonly body: Json;
}

/** What nothing here answers with, though it belongs to a kind that is served. */
const NOT_ANSWERED: ReadonlySet<string> = new Set(['getSrcmV3Cluster', 'listTableflowV1Regions']);

/** What is wrong with a failure that somebody else wrote: what people read of it must be there. */
const FAILURE_PROBLEMS: Readonly<Record<string, (body: Json) => readonly string[]>> = {
  [FAILURES.errors]: ({ errors }) => {
    const item = FailureSchema.shape.errors.element.partial().required({ detail: true });
    const issues = item.array().safeParse(errors).error?.issues ?? [];
    return issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  },
  [FAILURES.error_code]: ({ error_code: code, message }) =>
    Number.isInteger(code) && typeof message === 'string' ? [] : ['no error_code or no message'],
};

function fieldsOf(operation: string): Readonly<Record<string, Words>> {
  return OPERATIONS.find((one) => nameOf(one) === operation)?.response?.fields ?? {};
}

/** Older bodies leave `api_version` out or shorten it, which no client looks at. */
function completed(operation: string, body: Json): Json {
  const [version] = valuesOf(fieldsOf(operation)['api_version'] ?? '') ?? [];
  const data = body['data'];
  return {
    ...body,
    ...(version === undefined ? {} : { api_version: version }),
    ...(Array.isArray(data) && operation.startsWith('list')
      ? { data: data.map((item: Json) => ({ ...item, ...itemVersion(operation) })) }
      : {}),
  };
}

function itemVersion(operation: string): Json {
  const [version] = valuesOf(fieldsOf(operation)['data[].api_version'] ?? '') ?? [];
  return version === undefined ? {} : { api_version: version };
}

interface Promised {
  /** Operation and path of the field. */
  readonly field: RegExp;
  readonly reason: string;
}

/** Where our answers hold more than clients were seen to need, so that some known body falls short of them. */
const PROMISES: readonly Promised[] = [
  { field: /^(?:getIamV2User|listIamV2Users) .*auth_type$/u, reason: 'users say how they sign in' },
  {
    field: /IdentityProviders? .*keys\.\d+\.alg$/u,
    reason: 'keys say what they are for, as is published',
  },
  { field: /^listFcpmV2Regions .*(?:self|first)$/u, reason: 'links are never empty' },
  { field: /^listFcpmV2Regions .*cloud$/u, reason: 'clouds are in capitals, as is published' },
  {
    field: /^getCmkV2Cluster .*connection_type$/u,
    reason: 'connection types have underscores, as is published',
  },
  { field: /^listSrcmV3Clusters data\.\d+$/u, reason: 'there is no Schema Registry yet' },
];

const kept = new Set<Promised>();

/** What our schema has against a body, but for what we promise beyond need. */
function problemsOf(operation: string, body: Json): readonly string[] {
  const ofFailure = FAILURE_PROBLEMS[operation];
  if (ofFailure !== undefined) return ofFailure(body);
  const schema = ROUTES.find(({ name }) => name === operation)?.response.schema;
  if (schema === undefined) throw new Error(`${operation} is not served`);
  const issues = schema.safeParse(completed(operation, body)).error?.issues ?? [];
  return issues.flatMap(({ path, message }) => {
    const field = `${operation} ${path.join('.')}`;
    const promise = PROMISES.find((one) => one.field.test(field));
    if (promise === undefined) return [`${field}: ${message}`];
    kept.add(promise);
    return [];
  });
}

/** Values of our own for the words of skeletons. */
const VALUES: Readonly<Record<string, unknown>> = {
  boolean: true,
  crn: 'crn://example.org/organization=1/environment=env-1',
  digits: '7',
  empty: '',
  integer: 1,
  null: null,
  number: 1.5,
  text: 'text',
  time: '2026-01-02T03:04:05.678901+01:00',
  uri: 'https://example.org/thing',
};

/** A body of a skeleton: the first of what a field may be, or what its word stands for. */
function bodyOf(fields: Readonly<Record<string, Words>>, skeleton: Json): Json {
  const fill = (part: unknown, path: string): unknown => {
    if (Array.isArray(part)) return part.map((item) => fill(item, `${path}[]`));
    if (typeof part === 'object' && part !== null) {
      const isMap = fields[`${path}{*}`] !== undefined;
      const below = (name: string): string =>
        isMap ? `${path}{*}` : path === '' ? name : `${path}.${name}`;
      return Object.fromEntries(
        Object.entries(part).map(([name, item]) => [name, fill(item, below(name))]),
      );
    }
    const word = String(part);
    if (word.startsWith('=')) return word.slice(1);
    const [value] = valuesOf(fields[path] ?? '') ?? [];
    return word === 'text' && value !== undefined ? value : VALUES[word];
  };
  return fill(skeleton, '') as Json;
}

function readSkeletons(kind: string): readonly KnownBody[] {
  const file = join(import.meta.dirname, 'skeletons', `${kind}.json`);
  return JSON.parse(readFileSync(file, 'utf8')) as readonly KnownBody[];
}

describe.each(KNOWN_KINDS)('%s', (kind) => {
  const skeletons = readSkeletons(kind).filter(({ operation }) => !NOT_ANSWERED.has(operation));

  test('bodies with the fields that clients are known to accept are read here', () => {
    for (const { body: skeleton, operation } of skeletons) {
      const body = bodyOf(fieldsOf(operation), skeleton);
      expect(problemsOf(operation, body), JSON.stringify(skeleton)).toEqual([]);
    }
  });

  test.skipIf(FIXTURES === undefined)('the known bodies themselves are read here', () => {
    const folder = join(FIXTURES ?? '', kind);
    for (const name of readdirSync(folder)) {
      const body = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Json;
      const operation = operationOfBody(body);
      if (NOT_ANSWERED.has(operation)) continue;
      expect(problemsOf(operation, body), name).toEqual([]);
    }
  });
});

test.skipIf(FIXTURES === undefined)('every kind of known body is read here or not offered', () => {
  const folders = readdirSync(FIXTURES ?? '', { withFileTypes: true });
  const kinds = folders.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const known = new Set<string>([...KNOWN_KINDS, ...KINDS_NOT_OFFERED]);
  expect(kinds.filter((kind) => !known.has(kind))).toEqual([]);
});

test.skipIf(FIXTURES === undefined)(
  'every promise beyond need is one that some body falls short of',
  () => {
    expect(PROMISES.filter((one) => !kept.has(one)).map(({ reason }) => reason)).toEqual([]);
  },
);
