import type { z } from 'zod';
import { hasEntityTag, isConditional } from './entity-tags.ts';
import { IDEMPOTENCY_KEY_PATTERN, isRepeatable } from './idempotency.ts';
import { jsonSchema, type JsonObject } from './json-schema.ts';
import { FAILURE_COMPONENTS, responsesOf } from './openapi-answers.ts';
import { SECURITY_SCHEMES, securityOf } from './openapi-security.ts';
import type { Route } from './route.ts';

/** A JSON object of the document; its form is OpenAPI 3.1's business, not TypeScript's. */
export type OpenApiDocument = Readonly<Record<string, unknown>>;

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
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: { schemas: FAILURE_COMPONENTS, securitySchemes: SECURITY_SCHEMES },
  };
}

function operation(route: Route): JsonObject {
  return {
    operationId: route.name,
    tags: [route.tag],
    summary: route.summary,
    'x-permission': route.permission,
    security: securityOf(route),
    parameters: [
      ...parameters(route.params, 'path'),
      ...parameters(route.query, 'query'),
      ...headerParameters(route),
    ],
    ...(route.body === undefined ? {} : { requestBody: requestBody(route, route.body) }),
    responses: responsesOf(route),
  };
}

/** Token requests are forms (RFC 6749 appendix B); JSON with the same fields is taken as well. */
function requestBody({ dialect }: Route, body: z.ZodType): JsonObject {
  const media = { schema: jsonSchema(body, 'input') };
  const form = dialect === 'oauth' ? { 'application/x-www-form-urlencoded': media } : {};
  return { required: true, content: { ...form, 'application/json': media } };
}

const IDEMPOTENCY_KEY = {
  ...headerParameter(
    'Idempotency-Key',
    'A request with the same key within a day is answered as the first.',
  ),
  schema: { type: 'string', pattern: IDEMPOTENCY_KEY_PATTERN.source },
};

function headerParameters(route: Route): readonly JsonObject[] {
  return [
    ...(hasEntityTag(route)
      ? [
          headerParameter(
            'If-None-Match',
            'Tags of what the caller has: 304 when it still is that.',
          ),
        ]
      : []),
    ...(isRepeatable(route) ? [IDEMPOTENCY_KEY] : []),
    ...(isConditional(route)
      ? [headerParameter('If-Match', 'The ETag of what was read: 412 when it has changed since.')]
      : []),
  ];
}

function headerParameter(name: string, description: string): JsonObject {
  return { name, in: 'header', required: false, description, schema: { type: 'string' } };
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
