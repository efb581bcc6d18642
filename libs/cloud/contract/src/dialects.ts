import { unreachable } from '@weirhouse/shared-kernel';
import { z } from 'zod';
import { ErrorItemSchema, FailureSchema, type ErrorStatus, type FailureAnswer } from './errors.ts';
import type { Dialect } from './route.ts';

const MetricsFailureSchema = z.object({
  errors: z.array(ErrorItemSchema.omit({ title: true, source: true })).min(1),
});

/** The body of a failure in each dialect, as answers hold it. */
export const FAILURE_SCHEMAS: Readonly<Record<Dialect, z.ZodType>> = {
  cloud: FailureSchema,
  'kafka-rest': z.object({ error_code: z.int(), message: z.string() }),
  metrics: MetricsFailureSchema,
  oauth: z.object({ error: z.string(), error_description: z.string() }),
};

/** Paths whose failures are not written in the `cloud` dialect, with or without a route. */
const DIALECT_PREFIXES: readonly (readonly [prefix: string, dialect: Dialect])[] = [
  ['/kafka/v3/', 'kafka-rest'],
  ['/iam/v2/role-bindings', 'kafka-rest'],
  ['/metadata/security/', 'kafka-rest'],
  ['/v2/metrics/', 'metrics'],
  ['/sts/', 'oauth'],
];

/** Kafka REST's codes are a status and two digits; these are the general ones. */
const KAFKA_REST_CODES: Readonly<Record<ErrorStatus, number>> = {
  400: 40002,
  401: 40101,
  402: 40201,
  403: 40301,
  404: 40401,
  405: 405,
  408: 40801,
  409: 409,
  412: 41201,
  413: 413,
  415: 415,
  422: 42201,
  429: 42901,
  431: 43101,
  500: 50001,
  503: 50301,
  504: 50401,
};

/** How failures under a path are written. A spec holds this against the route table. */
export function dialectOfPath(path: string): Dialect {
  return DIALECT_PREFIXES.find(([prefix]) => path.startsWith(prefix))?.[1] ?? 'cloud';
}

/** The body of a failure in a dialect; where there is room for one problem, they are joined. */
export function failureBody(failure: FailureAnswer, dialect: Dialect): object {
  const message = failure.body.errors.map(({ detail }) => detail).join(' ');
  switch (dialect) {
    case 'cloud':
      return failure.body;
    case 'kafka-rest':
      return { error_code: failure.restCode ?? KAFKA_REST_CODES[failure.status], message };
    case 'metrics':
      return MetricsFailureSchema.parse(failure.body);
    case 'oauth':
      return { error: oauthError(failure.status), error_description: message };
    default:
      return unreachable(dialect);
  }
}

/** RFC 6749 section 5.2 has names for few statuses. */
function oauthError(status: ErrorStatus): string {
  if (status === 401) return 'invalid_client';
  if (status === 403) return 'access_denied';
  if (status === 503 || status === 504) return 'temporarily_unavailable';
  return status === 500 ? 'server_error' : 'invalid_request';
}
