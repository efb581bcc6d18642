import { FAILURE_SCHEMAS } from './dialects.ts';
import { hasEntityTag, isConditional } from './entity-tags.ts';
import { ERROR_KINDS, type ErrorStatus } from './errors.ts';
import { isRepeatable } from './idempotency.ts';
import { jsonSchema, type JsonObject } from './json-schema.ts';
import type { Dialect, Route } from './route.ts';

/** The schemas that failures refer to, one for each dialect. */
const FAILURE_NAMES: Readonly<Record<Dialect, string>> = {
  cloud: 'Failure',
  'kafka-rest': 'NumberedFailure',
  metrics: 'MetricsFailure',
  oauth: 'OAuthFailure',
};

/** `components.schemas` of the document: how each dialect writes failures. */
export const FAILURE_COMPONENTS: Readonly<Record<string, JsonObject>> = Object.fromEntries(
  Object.entries(FAILURE_SCHEMAS).map(([dialect, schema]) => [
    FAILURE_NAMES[dialect as Dialect],
    jsonSchema(schema, 'output'),
  ]),
);

const REQUEST_ID = {
  'X-Request-Id': sent('string', 'Quote it when asking for help.'),
};
const RATE_LIMITS = {
  'X-RateLimit-Limit': header('integer', 'Requests that may be made at once.'),
  'X-RateLimit-Remaining': header('integer', 'How many of them are left.'),
  'X-RateLimit-Reset': header('integer', 'Seconds until all of them are there again.'),
};
const REPLAYED = {
  'Idempotent-Replayed': header('string', '`true` = this is the answer to an earlier request.'),
};
const ENTITY_TAG = { ETag: sent('string', 'Changes when what is read does.') };
const ERROR_HEADERS: Readonly<Partial<Record<ErrorStatus, JsonObject>>> = {
  401: { 'WWW-Authenticate': sent('string', 'How to send a credential.') },
  405: { Allow: sent('string', 'The methods of this path.') },
  409: { Location: header('string', 'The object in the way, where there is one.') },
  429: { ...RATE_LIMITS, 'Retry-After': header('integer', 'Seconds to wait.') },
};

/** What any request may meet, whatever the route: it cannot be read, comes too
 * often, or nobody is there to answer it. */
const ANY_ERRORS = [400, 408, 429, 431, 500, 503] as const satisfies readonly ErrorStatus[];

/**
 * Every status beside success that a route may answer with: those it names, and those that follow from
 * its form.
 */
export function errorsOf(route: Route): readonly ErrorStatus[] {
  const statuses = new Set<ErrorStatus>([...route.errors, ...ANY_ERRORS]);
  if (route.credentials.length > 0) statuses.add(401).add(403);
  if (route.path.includes('{')) statuses.add(404);
  if (isRepeatable(route)) statuses.add(422);
  if (isConditional(route)) statuses.add(412);
  // A body that nobody asked for is read before it is dropped.
  if (route.method !== 'GET') statuses.add(413).add(415);
  return [...statuses].toSorted((one, other) => one - other);
}

/** `responses` of a route's operation. */
export function responsesOf(route: Route): JsonObject {
  const { contentType = 'application/json', location, schema, status } = route.response;
  const { validatedStatus } = route.response;
  const isClosed = route.credentials.length > 0;
  const limits = isClosed ? RATE_LIMITS : {};
  const content =
    schema === undefined
      ? {}
      : { content: { [contentType]: { schema: jsonSchema(schema, 'output') } } };
  const answers: JsonObject = {
    [status]: {
      description: schema === undefined ? 'Done; no body.' : 'Done.',
      headers: {
        ...REQUEST_ID,
        ...limits,
        ...(location ? { Location: sent('string', 'Where the object is.') } : {}),
        ...(hasEntityTag(route) ? ENTITY_TAG : {}),
        ...(isRepeatable(route) ? REPLAYED : {}),
      },
      ...content,
    },
  };
  if (validatedStatus !== undefined)
    answers[validatedStatus] = {
      description: 'It could be done; validate_only was set and nothing changed.',
      headers: { ...REQUEST_ID, ...limits },
      ...content,
    };
  if (hasEntityTag(route))
    answers[304] = {
      description: 'It is still what If-None-Match names; no body.',
      headers: { ...REQUEST_ID, ...limits, ...ENTITY_TAG },
    };
  const schemaRef = { $ref: `#/components/schemas/${FAILURE_NAMES[route.dialect]}` };
  for (const code of errorsOf(route))
    answers[code] = {
      description: ERROR_KINDS[code].title,
      headers: { ...REQUEST_ID, ...limits, ...ERROR_HEADERS[code] },
      content: { 'application/json': { schema: schemaRef } },
    };
  return answers;
}

/** A header that may be there. */
function header(type: 'string' | 'integer', description: string): JsonObject {
  return { schema: { type }, description };
}

/** A header that is always there. */
function sent(type: 'string' | 'integer', description: string): JsonObject {
  return { ...header(type, description), required: true };
}
