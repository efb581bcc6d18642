import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { problemsOf, type Problem, type Route } from '@weirhouse/cloud-contract';
import { AppError, assert } from '@weirhouse/shared-kernel';
import type { OpContext } from '../auth/op-context.ts';
import type { HttpRequest } from './http-types.ts';
import { findRoute } from './implements.ts';

/** What a request that does not fit carries to the filter as the error's cause: to schemas, or to what is there. */
export interface InvalidRequest {
  readonly status: 400 | 412 | 422;
  readonly problems: readonly Problem[];
}

/** Parameter: the caller, as the guard found it. */
export const Context = createParamDecorator((_: unknown, context: ExecutionContext): OpContext => {
  const { opContext } = context.switchToHttp().getRequest<HttpRequest>();
  assert(opContext !== undefined, 'the guard has set the context');
  return opContext;
});

/** Parameter: path, query and body, checked by the route's schemas. Unknown fields are dropped. */
export const Input = createParamDecorator((_: unknown, context: ExecutionContext): unknown => {
  const route = findRoute(context.getHandler());
  assert(route !== undefined, 'only handlers of routes take an input');
  return parseInput(route, context.switchToHttp().getRequest<HttpRequest>());
});

/** Checks a request. Throws `invalid_argument` whose cause is an `InvalidRequest`. */
export function parseInput(
  route: Route,
  request: Pick<HttpRequest, 'params' | 'query' | 'body'>,
): { readonly params: unknown; readonly query: unknown; readonly body: unknown } {
  const params = route.params.safeParse(request.params ?? {});
  if (!params.success) throw invalid(400, problemsOf(params.error.issues, 'params'));
  const query = route.query.safeParse(request.query ?? {});
  if (!query.success) throw invalid(400, problemsOf(query.error.issues, 'query'));
  if (route.body === undefined) return { params: params.data, query: query.data, body: undefined };
  if (typeof request.body !== 'object' || request.body === null || Array.isArray(request.body))
    throw invalid(400, [{ detail: 'The request body must be a JSON object.' }]);
  const body = route.body.safeParse(request.body);
  const status = route.errors.includes(422) ? 422 : 400;
  if (!body.success) throw invalid(status, problemsOf(body.error.issues, 'body'));
  return { params: params.data, query: query.data, body: body.data };
}

function invalid(status: 400 | 422, problems: readonly Problem[]): AppError {
  const cause: InvalidRequest = { status, problems };
  return new AppError('invalid_argument', 'The request does not fit the contract.', { cause });
}
