import { describe, expect, test } from 'vitest';
import { FAILURE_SCHEMAS, failureBody } from './dialects.ts';
import { failureOf } from './errors.ts';
import { openApiDocument } from './openapi.ts';
import { errorsOf } from './openapi-answers.ts';
import type { Route } from './route.ts';
import { routes } from './routes.ts';

interface Header {
  readonly required?: boolean;
}

interface Operation {
  readonly security: readonly Readonly<Record<string, unknown>>[];
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> };
  readonly responses: Readonly<
    Record<
      string,
      {
        readonly headers: Readonly<Record<string, Header>>;
        readonly content?: Readonly<Record<string, { readonly schema: { $ref?: string } }>>;
      }
    >
  >;
}

const ROUTES: readonly Route[] = Object.values(routes);

const { paths } = openApiDocument(ROUTES, { title: 'Test', version: '1' }) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};

function operationOf({ method, path }: Route): Operation {
  const operation = paths[path]?.[method.toLowerCase()];
  if (operation === undefined) throw new Error(`${method} ${path} is not described`);
  return operation;
}

describe.each(ROUTES.map((route) => ({ name: route.name, route })))('$name', ({ route }) => {
  const operation = operationOf(route);

  test('describes its failures in its own dialect', () => {
    const names = {
      cloud: 'Failure',
      'kafka-rest': 'NumberedFailure',
      metrics: 'MetricsFailure',
      oauth: 'OAuthFailure',
    };
    for (const status of errorsOf(route)) {
      const answer = operation.responses[status];
      expect(answer?.content?.['application/json']?.schema).toEqual({
        $ref: `#/components/schemas/${names[route.dialect]}`,
      });
      expect(answer?.headers['X-Request-Id']?.required).toBe(true);
    }
    expect(operation.responses[401]?.headers['WWW-Authenticate']?.required ?? true).toBe(true);
  });

  test('names the credentials that open it', () => {
    const named = operation.security.flatMap((one) => Object.keys(one));
    expect(named).toEqual([...route.credentials]);
  });

  test('may be refused for what any request may be', () => {
    const statuses = errorsOf(route);
    expect(statuses).toEqual(expect.arrayContaining([400, 408, 429, 431, 500, 503]));
    expect(statuses.includes(401)).toBe(route.credentials.length > 0 || route.errors.includes(401));
    expect(statuses.includes(415)).toBe(route.method !== 'GET');
  });
});

test('a topic that is only checked answers 200, one that is made 201 with its place', () => {
  const { responses } = operationOf(routes.createTopic);
  expect(responses[200]?.headers).not.toHaveProperty('Location');
  expect(responses[201]?.headers['Location']?.required).toBe(true);
});

test('token requests are forms', () => {
  expect(Object.keys(operationOf(routes.exchangeToken).requestBody?.content ?? {})).toEqual([
    'application/x-www-form-urlencoded',
    'application/json',
  ]);
});

test('what is written in a dialect fits its schema', () => {
  const failure = failureOf(404, [{ detail: 'gone' }], { requestId: 'r' });
  for (const dialect of ['cloud', 'kafka-rest', 'oauth'] as const)
    for (const other of ['cloud', 'kafka-rest', 'oauth'] as const)
      expect(FAILURE_SCHEMAS[other].safeParse(failureBody(failure, dialect)).success).toBe(
        other === dialect,
      );
});
