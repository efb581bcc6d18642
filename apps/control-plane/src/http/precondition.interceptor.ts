import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { isConditional, namesTag, type Route } from '@weirhouse/cloud-contract';
import { AppError, assert } from '@weirhouse/shared-kernel';
import { from, switchMap, type Observable } from 'rxjs';
import type { OpContext } from '../auth/op-context.ts';
import { Repositories } from '../database/repositories.ts';
import { entityTagOf } from './entity-tag.ts';
import type { HttpRequest } from './http-types.ts';
import { findRoute } from './implements.ts';
import { parseInput, type InvalidRequest } from './input.ts';
import { ReadHandlers } from './read-handlers.ts';

/**
 * Lets a change with If-Match through only while a GET would still answer with one of its tags (RFC 9110
 * section 13.1.1). What lies in the database is compared once more, locked, in the change's transaction;
 * what lies in a cluster can change between the comparison and the change.
 */
@Injectable()
export class PreconditionInterceptor implements NestInterceptor {
  constructor(
    private readonly handlers: ReadHandlers,
    private readonly repositories: Repositories,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const route = findRoute(context.getHandler());
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const tags = request.headers['if-match'];
    if (route === undefined || tags === undefined || !isConditional(route)) return next.handle();
    return from(this.#require(tags, route, request)).pipe(switchMap(() => next.handle()));
  }

  async #require(tags: string, route: Route, request: HttpRequest): Promise<void> {
    const handler = this.handlers.find(route.path);
    const ctx = request.opContext;
    assert(ctx !== undefined, 'the guard has set the context');
    if (handler === undefined) {
      if (tags.trim() !== '*')
        throw failed('Nothing that is read has this path, so it has no ETag.');
      return;
    }
    const { rowVersions } = this.repositories;
    const { id } = request.params as { readonly id?: string };
    const row =
      id !== undefined && rowVersions.has(route.path) ? { id, path: route.path } : undefined;
    const version = row && (await rowVersions.find(row.path, row.id));
    const input = parseInput(handler.route, {
      params: request.params,
      query: readingQuery(request),
      body: undefined,
    });
    const output = await handler.read(ctx, input);
    const tag = entityTagOf(handler.route.response.schema?.parse(output));
    if (!namesTag(tags, tag, 'strong')) throw changed();
    if (row === undefined) return;
    const precondition: OpContext['precondition'] = async (tx) => {
      if ((await rowVersions.lock(tx, row.path, row.id)) !== version) throw changed();
    };
    request.opContext = { ...ctx, precondition };
  }
}

/** A cluster is read with the environment that a change of it names in its body. */
function readingQuery({ body, query }: HttpRequest): unknown {
  const spec = (
    body as { readonly spec?: { readonly environment?: { readonly id?: unknown } } } | null
  )?.spec;
  return spec?.environment === undefined
    ? query
    : { ...(query as object), environment: spec.environment.id };
}

function changed(): AppError {
  return failed('It has changed since it was read: read it again, then change what it is now.');
}

function failed(detail: string): AppError {
  const cause: InvalidRequest = { status: 412, problems: [{ detail }] };
  return new AppError('failed_precondition', detail, { cause });
}
