import { z } from 'zod';
import { ERROR_KINDS, FailureSchema, type ErrorStatus } from './errors.ts';
import type { Route } from './route.ts';

/** A JSON object of the document; its form is OpenAPI 3.1's business, not TypeScript's. */
export type OpenApiDocument = Readonly<Record<string, unknown>>;

type JsonObject = Record<string, unknown>;

const SECURITY_SCHEME = 'cloud-api-key';

const REQUEST_ID = {
  'X-Request-Id': header('string', 'Quote it when asking for help.'),
};
const LOCATION = { Location: header('string', 'Where the object is.') };
const RATE_LIMITS = {
  'X-RateLimit-Limit': header('integer', 'Requests that may be made at once.'),
  'X-RateLimit-Remaining': header('integer', 'How many of them are left.'),
  'X-RateLimit-Reset': header('integer', 'Seconds until all of them are there again.'),
};
const ERROR_HEADERS: Readonly<Partial<Record<ErrorStatus, JsonObject>>> = {
  401: { 'WWW-Authenticate': header('string', 'How to send a credential.') },
  409: LOCATION,
  429: { ...RATE_LIMITS, 'Retry-After': header('integer', 'Seconds to wait.') },
};

/**
 * The OpenAPI 3.1 description of a route table: one operation per route, schemas by zod. Pure: the
 * same routes always give the same document.
 */
export function openApiDocument(
  routes: readonly Route[],
  info: { readonly title: string; readonly version: string; readonly serverUrl?: string },
): OpenApiDocument {
  const paths: Record<string, JsonObject> = {};
  for (const route of routes) {
    const item = (paths[route.path] ??= {});
    item[route.method.toLowerCase()] = operation(route);
  }
  return {
    openapi: '3.1.0',
    info: { title: info.title, version: info.version },
    ...(info.serverUrl === undefined ? {} : { servers: [{ url: info.serverUrl }] }),
    security: [{ [SECURITY_SCHEME]: [] }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { Failure: jsonSchema(FailureSchema, 'output') },
      securitySchemes: {
        [SECURITY_SCHEME]: {
          type: 'http',
          scheme: 'basic',
          description: 'A Cloud API key: its id as the user name, its secret as the password.',
        },
      },
    },
  };
}

function operation(route: Route): JsonObject {
  return {
    operationId: route.name,
    tags: [route.tag],
    summary: route.summary,
    'x-permission': route.permission,
    parameters: [...parameters(route.params, 'path'), ...parameters(route.query, 'query')],
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: jsonSchema(route.body, 'input') } },
          },
        }),
    responses: responses(route),
  };
}

function responses(route: Route): JsonObject {
  const { status, schema, location } = route.response;
  const answers: JsonObject = {
    [status]: {
      description: schema === undefined ? 'Done; no body.' : 'Done.',
      headers: {
        ...REQUEST_ID,
        ...(route.credentials.length === 0 ? {} : RATE_LIMITS),
        ...(location ? LOCATION : {}),
      },
      ...(schema === undefined
        ? {}
        : { content: { 'application/json': { schema: jsonSchema(schema, 'output') } } }),
    },
  };
  for (const code of new Set([...route.errors, 429, 500] as const)) {
    answers[code] = {
      description: ERROR_KINDS[code].title,
      headers: { ...REQUEST_ID, ...ERROR_HEADERS[code] },
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Failure' } } },
    };
  }
  return answers;
}

function parameters(schema: z.ZodType, place: 'path' | 'query'): readonly JsonObject[] {
  const object = jsonSchema(schema, 'input');
  const properties = (object['properties'] ?? {}) as Record<string, JsonObject>;
  const required = new Set((object['required'] ?? []) as readonly string[]);
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.has(name),
    schema: property,
  }));
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io,
    // What cannot be said in JSON Schema (a field that must be absent) is described as "never".
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema: node }) => {
      // Unknown fields are ignored in requests and may appear in answers of later versions.
      if (zodSchema._zod.def.type === 'object') delete node.additionalProperties;
      if (zodSchema._zod.def.type === 'undefined') Object.assign(node, { not: {} });
    },
  }) as JsonObject;
  return rest;
}

function header(type: 'string' | 'integer', description: string): JsonObject {
  return { schema: { type }, description };
}
