import { isAppError, unreachable, type AppError, type ErrorCode } from '@weirhouse/shared-kernel';
import { z } from 'zod';

/** One entry of the error dialect. `status` is a string; `detail` is what people read. */
export const ErrorItemSchema = z.object({
  id: z.string().max(255),
  status: z.string(),
  code: z.string(),
  title: z.string(),
  detail: z.string(),
  source: z.object({ pointer: z.string().optional(), parameter: z.string().optional() }),
});

/** The body of every answer that is not 2xx. */
export const FailureSchema = z.object({ errors: z.array(ErrorItemSchema).min(1) });

/** The body of every answer that is not 2xx. */
export type Failure = z.output<typeof FailureSchema>;

/** Statuses in the error dialect that routes may answer with. */
export type ErrorStatus =
  | 400
  | 401
  | 402
  | 403
  | 404
  | 405
  | 408
  | 409
  | 412
  | 413
  | 415
  | 422
  | 429
  | 431
  | 500
  | 503
  | 504;

interface Kind {
  readonly code: string;
  readonly title: string;
}

/** What each status says in `code` and `title`. */
export const ERROR_KINDS: Readonly<Record<ErrorStatus, Kind>> = {
  400: { code: 'invalid_filter', title: 'The request cannot be read' },
  401: { code: 'user_unauthenticated', title: 'Authentication failed' },
  402: { code: 'quota_exceeded', title: 'A quota would be exceeded' },
  403: { code: 'user_unauthorized', title: 'Not allowed' },
  404: { code: 'resource_not_found', title: 'Not found' },
  405: { code: 'method_not_allowed', title: 'Method not allowed' },
  408: { code: 'request_timeout', title: 'The request did not arrive in time' },
  409: { code: 'resource_already_exists', title: 'Conflict' },
  412: { code: 'precondition_failed', title: 'It is not what it was' },
  413: { code: 'body_too_large', title: 'The request body is too large' },
  415: { code: 'unsupported_media_type', title: 'The request body is not JSON' },
  422: { code: 'invalid_configuration', title: 'The request is not valid' },
  429: { code: 'rate_limit_exceeded', title: 'Too many requests' },
  431: { code: 'headers_too_large', title: 'The path or the headers are too long' },
  500: { code: 'internal_server_error', title: 'Internal error' },
  503: { code: 'service_unavailable', title: 'Not available right now' },
  504: { code: 'timeout', title: 'Took too long' },
};

/** One thing wrong with a request: a JSON pointer into the body, or a query parameter's name. */
export interface Problem {
  readonly detail: string;
  readonly pointer?: string;
  readonly parameter?: string;
}

interface Issue {
  readonly code?: string | undefined;
  /** Of each form that the value could have had. */
  readonly errors?: readonly (readonly Issue[])[];
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** An answer in the error dialect. */
export interface FailureAnswer {
  readonly status: ErrorStatus;
  readonly body: Failure;
  /** A finer code for dialects of numbers, e.g. 40403 for an unknown topic. */
  readonly restCode?: number;
}

/** Builds the answer; `requestId` becomes each entry's id so that people can quote it. */
export function failureOf(
  status: ErrorStatus,
  problems: readonly Problem[],
  options: { readonly requestId: string; readonly code?: string },
): FailureAnswer {
  const kind = ERROR_KINDS[status];
  return {
    status,
    body: {
      errors: problems.map(({ detail, pointer, parameter }) => ({
        id: options.requestId,
        status: String(status),
        code: options.code ?? kind.code,
        title: kind.title,
        detail,
        source: {
          ...(pointer === undefined ? {} : { pointer }),
          ...(parameter === undefined ? {} : { parameter }),
        },
      })),
    },
  };
}

/** Maps any thrown value. What is not an AppError, or is our fault, tells people nothing. */
export function failureFromError(error: unknown, requestId: string): FailureAnswer {
  if (!isAppError(error)) return failureOf(500, [internal(requestId)], { requestId });
  const status = statusOf(error);
  if (status === 500) return failureOf(500, [internal(requestId)], { requestId });
  const code = error.code === 'failed_precondition' ? 'resource_conflict' : undefined;
  return failureOf(status, [{ detail: error.message, ...sourceOf(error.field) }], {
    requestId,
    ...(code === undefined ? {} : { code }),
  });
}

/** Turns zod issues into problems: pointers for a body, parameter names for a query or a path. */
export function problemsOf(
  issues: readonly Issue[],
  part: 'body' | 'query' | 'params',
): readonly Problem[] {
  return issues.map((issue) => {
    const { path } = issue;
    const reason = reasonOf(issue);
    if (part !== 'body') {
      const parameter = String(path[0] ?? '');
      return { parameter, detail: `${parameter} ${reason}` };
    }
    const pointer = path.map((step) => `/${escapePointer(String(step))}`).join('');
    return { pointer, detail: `${path.length === 0 ? 'body' : path.join('.')} ${reason}` };
  });
}

/** Continues a sentence that starts with the field's name; zod's own words stand after a colon. */
function reasonOf(issue: Issue): string {
  // What would fit but for its length or its characters says more than that no form fits.
  const near = issue.errors?.flat().find(({ code }) => code !== 'invalid_type');
  const { code, message } = near ?? issue;
  if (code === 'invalid_type' && message.endsWith('received undefined')) return 'is required.';
  return /^(?:is|must) /u.test(message) ? message : `is not valid: ${message}`;
}

/** The HTTP status of an AppError; `field` starting with a slash is a body pointer (422). */
export function statusOf(error: AppError): ErrorStatus {
  return error.code === 'invalid_argument' && error.field?.startsWith('/') === true
    ? 422
    : statusOfCode(error.code);
}

function statusOfCode(code: ErrorCode): ErrorStatus {
  switch (code) {
    case 'invalid_argument':
      return 400;
    case 'unauthenticated':
      return 401;
    case 'forbidden':
      return 403;
    case 'not_found':
      return 404;
    case 'already_exists':
    case 'failed_precondition':
      return 409;
    case 'quota_exceeded':
      return 402;
    case 'rate_limited':
      return 429;
    case 'unavailable':
      return 503;
    case 'timeout':
      return 504;
    case 'storage':
    case 'corrupt':
    case 'internal':
      return 500;
    default:
      return unreachable(code);
  }
}

function sourceOf(field: string | undefined): Pick<Problem, 'pointer' | 'parameter'> {
  if (field === undefined) return {};
  return field.startsWith('/') ? { pointer: field } : { parameter: field };
}

function internal(requestId: string): Problem {
  return { detail: `Something went wrong on our side; the log has it under request ${requestId}.` };
}

/** RFC 6901 section 3. */
function escapePointer(step: string): string {
  return step.replaceAll('~', '~0').replaceAll('/', '~1');
}
