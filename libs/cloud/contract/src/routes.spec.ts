import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from 'vitest';
import { dialectOfPath } from './dialects.ts';
import { openApiDocument } from './openapi.ts';
import { routePath, type Route } from './route.ts';
import { routes } from './routes.ts';

const ROUTES: readonly Route[] = Object.values(routes);

function document(): Record<string, unknown> {
  return structuredClone(openApiDocument(ROUTES, { title: 'Test', version: '1' }));
}

test('no two routes share a name, or a method and a path', () => {
  expect(new Set(ROUTES.map(({ name }) => name)).size).toBe(ROUTES.length);
  expect(new Set(ROUTES.map(({ method, path }) => `${method} ${path}`)).size).toBe(ROUTES.length);
});

describe.each(ROUTES.map((route) => ({ name: route.name, route })))('$name', ({ route }) => {
  test('says what it needs, what it records and how it fails', () => {
    // Questions about metrics are too long for a query, and come as bodies.
    const isQuestion = route.dialect === 'metrics' && route.method === 'POST';
    const isRead = route.method === 'GET' || isQuestion;
    // What says what a call would do takes that call's body and changes nothing.
    const isPreview = route.path.endsWith(':plan');
    expect(route.auditType === undefined).toBe(isRead || isPreview);
    expect(route.permission?.endsWith(isRead ? ':create' : ':read') ?? false).toBe(false);
    expect(dialectOfPath(route.path)).toBe(route.dialect);
    // OAuth's own errors are 400 (RFC 6749 section 5.2).
    const isOAuth = route.dialect === 'oauth';
    expect(route.errors.includes(401)).toBe(!isOAuth);
    expect(route.errors.includes(403) || route.permission === undefined).toBe(true);
    // What is named in the path may not be there.
    expect(route.errors.includes(404) || !route.path.includes('{')).toBe(true);
    // Families with numbers for codes have no 422 but for records: what is wrong with a body is 400 there.
    const has422 = route.dialect === 'cloud' || route.auditType === 'kafka.Produce';
    expect(route.errors.includes(422)).toBe(route.body !== undefined && has422);
    const hasBody = isQuestion || !(isRead || route.method === 'DELETE');
    expect(route.body !== undefined).toBe(hasBody);
    // New ACLs have no id, so there is nothing to tell of them.
    const isEmpty = route.response.status === 204 || route.auditType === 'kafka.CreateAcls';
    expect(route.response.schema === undefined).toBe(isEmpty);
  });
});

test('the description is valid OpenAPI 3.1 and names every route', async () => {
  const result = await new Validator().validate(document());
  expect(result).toMatchObject({ valid: true });
  const { paths } = document() as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  const operations = Object.values(paths).flatMap((item) => Object.values(item));
  expect(operations.map(({ operationId }) => operationId).toSorted()).toEqual(
    ROUTES.map(({ name }) => name).toSorted(),
  );
});

test('the validator notices when the description is broken', async () => {
  const broken = { ...document(), paths: { '/x': { get: { responses: 'none' } } } };
  expect(await new Validator().validate(broken)).toMatchObject({ valid: false });
});

test('path parameters are encoded', () => {
  expect(routePath(routes.getCluster, { id: '../a b' })).toBe('/cmk/v2/clusters/..%2Fa%20b');
});

describe('bodies in other hands’ spelling', () => {
  const metadata = {
    self: 'https://cp.example/org/v2/environments/env-abc123',
    resource_name: 'crn://cp.example/organization=5f3c/environment=env-abc123',
    created_at: '2026-01-02T03:04:05.123456Z',
    updated_at: '2026-01-02T03:04:05+02:00',
  };

  test('an environment with and without stream governance', () => {
    const { schema } = routes.getEnvironment.response;
    const plain = {
      api_version: 'org/v2',
      kind: 'Environment',
      id: 'env-abc123',
      metadata,
      display_name: 'prod',
    } as const;
    expect(schema.parse(plain)).toEqual(plain);
    const governed = { ...plain, stream_governance_config: { package: 'ESSENTIALS' } };
    expect(schema.parse(governed)).toEqual(governed);
    const spaced = { ...plain, metadata: { ...metadata, created_at: '2026-01-02 03:04:05' } };
    expect(schema.safeParse(spaced).success).toBe(false);
  });

  test('clusters of every type, with references that hold more or less', () => {
    const { schema } = routes.getCluster.response;
    for (const config of [
      { kind: 'Basic', max_ecku: 5 },
      { kind: 'Standard' },
      { kind: 'Dedicated', cku: 2, zones: ['a', 'b'] },
      { kind: 'Enterprise' },
      { kind: 'Freight', zones: ['a'] },
    ]) {
      const cluster = {
        api_version: 'cmk/v2',
        kind: 'Cluster',
        id: 'lkc-19ynpv',
        metadata,
        spec: {
          display_name: 'c',
          availability: 'HIGH',
          cloud: 'AZURE',
          region: 'dc-1',
          config,
          environment: { id: 'env-a', kind: 'Environment' },
          network: { id: 'n-1' },
          kafka_bootstrap_endpoint: 'SASL_SSL://lkc-19ynpv.dc-1.example:9092',
          http_endpoint: 'https://lkc-19ynpv.dc-1.example:443',
        },
        status: { phase: 'PROVISIONED' },
      };
      expect(schema.parse(cluster)).toEqual(cluster);
    }
  });

  test('an API key whose secret is empty in later reads', () => {
    const key = {
      api_version: 'iam/v2',
      kind: 'ApiKey',
      id: 'AAAABBBBCCCC2345',
      metadata,
      spec: {
        secret: '',
        display_name: '',
        description: '',
        owner: { id: 'sa-1', kind: 'ServiceAccount' },
        resource: { id: 'cloud', kind: 'Cloud', related: 'cloud', resource_name: 'cloud' },
      },
    };
    expect(routes.getApiKey.response.schema.parse(key)).toEqual(key);
  });
});
