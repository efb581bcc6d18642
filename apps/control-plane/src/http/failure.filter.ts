import {
  Catch,
  HttpException,
  Inject,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import {
  dialectOfPath,
  failureBody,
  failureFromError,
  failureOf,
  findNotOffered,
  routes,
  type ErrorStatus,
  type FailureAnswer,
} from '@weirhouse/cloud-contract';
import { isAppError, type Log } from '@weirhouse/shared-kernel';
import { DenialLog } from '../audit/denial-log.ts';
import type { TooManyAttempts } from '../auth/attempt-limiter.ts';
import { LOG } from '../ports.ts';
import type { HttpReply, HttpRequest } from './http-types.ts';
import type { InvalidRequest } from './input.ts';

/** The cause of an `already_exists` error that knows which object is in the way. */
export interface ExistingObject {
  readonly existingUrl: string;
}

/** The cause of an error that has a code of its own in dialects of numbers, e.g. 40403. */
export interface RestCode {
  readonly restCode: number;
}

const ROUTE_PATTERNS = Object.values(routes).map(({ auditType, method, name, path }) => ({
  methodName: auditType ?? name,
  method,
  pattern: new RegExp(`^${path.replaceAll(/\{[^}]+\}/gu, '[^/]+')}/?$`, 'u'),
}));

/** Paths beside the contract that are only read. */
const OPEN_READS: ReadonlySet<string> = new Set([
  '/livez',
  '/readyz',
  '/metrics',
  '/openapi.json',
  '/.well-known/jwks.json',
]);

/** Turns everything that is thrown into the contract's error dialect, and logs what is our fault. */
@Catch()
export class FailureFilter implements ExceptionFilter {
  constructor(
    @Inject(LOG) private readonly log: Log,
    private readonly denials: DenialLog,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<HttpRequest>();
    const reply = http.getResponse<HttpReply>();
    const allowed = allowedMethods(request.url).join(', ');
    if (request.method === 'OPTIONS' && isUnhandled(error) && allowed !== '') {
      reply.status(204).header('allow', allowed).send(undefined);
      return;
    }
    const answer = answerTo(error, request);
    const { status } = answer;
    if (status >= 500) this.log.error({ requestId: request.id, err: error }, 'request failed');
    const method = status === 401 || status === 403 ? findMethodName(request) : undefined;
    if (method !== undefined && (status === 401 || status === 403))
      this.denials.note(status, request, method);
    if (reply.sent) return;
    reply.status(status).header('content-type', 'application/json');
    if (status === 401) reply.header('www-authenticate', challenge(request));
    const existing = existingUrl(error);
    if (existing !== undefined) reply.header('location', existing);
    const retryAfter = retryAfterMs(error);
    if (retryAfter !== undefined)
      reply.header('retry-after', String(Math.ceil(retryAfter / 1_000)));
    if (status === 405) reply.header('allow', allowed);
    reply.send(failureBody(answer, dialectOfPath(pathOf(request.url))));
  }
}

function answerTo(error: unknown, request: HttpRequest): FailureAnswer {
  const requestId = request.id;
  if (isAppError(error)) {
    const invalid = error.cause as InvalidRequest | undefined;
    return invalid?.problems === undefined
      ? withRestCode(failureFromError(error, requestId), error.cause)
      : failureOf(invalid.status, invalid.problems, { requestId });
  }
  const status = httpStatus(error);
  if (status === undefined) return failureFromError(error, requestId);
  if (status === 404 && allowedMethods(request.url).length > 0) {
    return failureOf(405, [{ detail: `${request.method} is not offered on this path.` }], {
      requestId,
    });
  }
  if (status === 404) return nothingServed(pathOf(request.url), requestId);
  return failureOf(status, [{ detail: detailOf(status, error) }], { requestId });
}

/** Some failures have a finer code than their status in dialects of numbers. */
export function withRestCode(answer: FailureAnswer, cause: unknown): FailureAnswer {
  const restCode = (cause as Partial<RestCode> | undefined)?.restCode;
  return restCode === undefined ? answer : { ...answer, restCode };
}

/** What the contract has and this platform does not is told apart from what nobody has. */
function nothingServed(path: string, requestId: string): FailureAnswer {
  const notOffered = findNotOffered(path);
  if (notOffered === undefined)
    return failureOf(404, [{ detail: 'Nothing is served on this path.' }], { requestId });
  return failureOf(404, [{ detail: notOffered }], { requestId, code: 'not_offered' });
}

/** Statuses that Nest and Fastify themselves throw, before a handler runs. */
function httpStatus(error: unknown): ErrorStatus | undefined {
  const status =
    error instanceof HttpException
      ? error.getStatus()
      : (error as { statusCode?: unknown } | null)?.statusCode;
  return status === 400 || status === 403 || status === 404 || status === 413 || status === 415
    ? status
    : undefined;
}

function detailOf(status: ErrorStatus, error: unknown): string {
  if (status === 413) return 'The request body is too large.';
  if (status === 415) return 'Send the body with content-type application/json.';
  return error instanceof Error ? `The request cannot be read: ${error.message}` : 'Bad request.';
}

/** What audit events call the route of a request. */
function findMethodName({ method, url }: HttpRequest): string | undefined {
  const path = pathOf(url);
  const matching = ROUTE_PATTERNS.filter(({ pattern }) => pattern.test(path));
  return matching.find((route) => route.method === method)?.methodName;
}

/** What may be asked on a path, none where nothing is served; a GET is a HEAD too. */
function allowedMethods(url: string): readonly string[] {
  const path = pathOf(url);
  const methods = ROUTE_PATTERNS.filter(({ pattern }) => pattern.test(path)).map(
    ({ method }) => method,
  );
  if (OPEN_READS.has(path)) return ['GET', 'HEAD', 'OPTIONS'];
  if (methods.length === 0) return [];
  return [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'];
}

/** Whether no handler was found. */
function isUnhandled(error: unknown): boolean {
  return httpStatus(error) === 404;
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '';
}

function challenge(request: HttpRequest): string {
  return request.headers.authorization === undefined
    ? 'Basic realm="weirhouse"'
    : 'Basic error="invalid_key", error_description="The API key is not valid"';
}

function existingUrl(error: unknown): string | undefined {
  if (!isAppError(error) || error.code !== 'already_exists') return undefined;
  return (error.cause as ExistingObject | undefined)?.existingUrl;
}

/** RFC 9110 section 10.2.3, for whoever tried too often. */
function retryAfterMs(error: unknown): number | undefined {
  if (!isAppError(error) || error.code !== 'rate_limited') return undefined;
  return (error.cause as TooManyAttempts | undefined)?.retryAfterMs;
}
