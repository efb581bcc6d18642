import {
  FailureSchema,
  routePath,
  type Route,
  type RouteOutput,
  type RouteRequest,
} from '@weirhouse/cloud-contract';
import { AppError, type ErrorCode, type Secret } from '@weirhouse/shared-kernel';

/** How long one request may take, in milliseconds. */
const REQUEST_MAX_MS = 30_000;

export interface CloudClientOptions {
  /** `http://host:port`, without a slash at its end. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly apiSecret: Secret;
  /** The whole header Authorization, instead of a key's. */
  readonly authorization?: Secret;
  /** The platform's own when absent. */
  readonly fetch?: typeof fetch;
}

interface LooseRequest {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/** A typed client of the REST contract: routes in, parsed answers out. */
export class CloudClient {
  readonly #options: CloudClientOptions;

  constructor(options: CloudClientOptions) {
    this.#options = options;
  }

  /**
   * Calls a route. Failures of the API become AppErrors that carry its detail; no answer is
   * `unavailable`, a late one `timeout`, one outside the contract `internal`. Never retries.
   */
  async call<const R extends Route>(route: R, request: RouteRequest<R>): Promise<RouteOutput<R>> {
    const answer = await this.#send(route, request);
    const text = await answer.text();
    const body = parseJson(text);
    if (answer.status !== route.response.status) throw failure(route, answer.status, body);
    if (route.response.schema === undefined) return undefined as RouteOutput<R>;
    const parsed = route.response.schema.safeParse(body);
    if (!parsed.success) {
      throw new AppError('internal', `${route.name} answered outside its contract.`, {
        cause: parsed.error,
      });
    }
    return parsed.data as RouteOutput<R>;
  }

  /** Every item of a list, page by page, as `metadata.next` says. */
  async *pages<const R extends Route>(
    route: R,
    request: RouteRequest<R>,
  ): AsyncGenerator<RouteOutput<R>> {
    const { query = {}, ...rest } = request as LooseRequest;
    let token: string | undefined;
    do {
      const paged = token === undefined ? query : { ...query, page_token: token };
      const page = await this.call(route, { ...rest, query: paged } as RouteRequest<R>);
      yield page;
      token = findNextToken(page);
    } while (token !== undefined);
  }

  async #send(route: Route, request: LooseRequest): Promise<Response> {
    const { baseUrl } = this.#options;
    const url = `${baseUrl}${routePath(route, request.params ?? {})}${queryText(request.query)}`;
    try {
      return await (this.#options.fetch ?? fetch)(url, {
        method: route.method,
        headers: {
          accept: 'application/json',
          authorization: authorizationOf(this.#options),
          ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
        signal: AbortSignal.timeout(REQUEST_MAX_MS),
      });
    } catch (cause) {
      const isLate = cause instanceof Error && cause.name === 'TimeoutError';
      throw isLate
        ? new AppError('timeout', `${baseUrl} did not answer in time.`, { cause })
        : new AppError('unavailable', `${baseUrl} cannot be reached.`, { cause });
    }
  }
}

function authorizationOf({ apiKey, apiSecret, authorization }: CloudClientOptions): string {
  if (authorization !== undefined) return authorization.reveal();
  return `Basic ${Buffer.from(`${apiKey}:${apiSecret.reveal()}`).toString('base64')}`;
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid_argument',
  401: 'unauthenticated',
  402: 'quota_exceeded',
  403: 'forbidden',
  404: 'not_found',
  409: 'failed_precondition',
  422: 'invalid_argument',
  429: 'rate_limited',
  503: 'unavailable',
  504: 'timeout',
};

function failure(route: Route, status: number, body: unknown): AppError {
  const parsed = FailureSchema.safeParse(body);
  const first = parsed.success ? parsed.data.errors[0] : undefined;
  const isTaken = status === 409 && first?.code === 'resource_already_exists';
  const field = first?.source.pointer ?? first?.source.parameter;
  return new AppError(
    isTaken ? 'already_exists' : (CODES[status] ?? 'internal'),
    first?.detail ?? findMessage(body) ?? `${route.name} answered with status ${status}.`,
    { detail: `request ${first?.id ?? 'unknown'}`, ...(field === undefined ? {} : { field }) },
  );
}

/** What the dialect of Kafka REST says: `{error_code, message}`. */
function findMessage(body: unknown): string | undefined {
  const { message } = (body ?? {}) as { readonly message?: unknown };
  return typeof message === 'string' ? message : undefined;
}

function queryText(query: Readonly<Record<string, unknown>> | undefined): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined) search.append(name, String(one));
  }
  return search.size === 0 ? '' : `?${search.toString()}`;
}

function findNextToken(page: unknown): string | undefined {
  const { next } = (page as { readonly metadata: { readonly next?: string } }).metadata;
  if (next === undefined || next === '') return undefined;
  // Relative in some implementations of the contract; only its query counts.
  return new URL(next, 'http://relative').searchParams.get('page_token') ?? undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
