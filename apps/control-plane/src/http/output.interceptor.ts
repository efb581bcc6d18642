import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { hasEntityTag, namesTag } from '@weirhouse/cloud-contract';
import { AppError } from '@weirhouse/shared-kernel';
import { defer, firstValueFrom, map, type Observable } from 'rxjs';
import { areSpansWanted, traced } from '../observability/spans.ts';
import { entityTagOf } from './entity-tag.ts';
import type { HttpReply, HttpRequest } from './http-types.ts';
import { findRoute, isStream } from './implements.ts';
import { headersOf } from './response-headers.ts';

interface WithSelf {
  readonly metadata?: { readonly self?: string };
}

function isValidateOnly(body: unknown): boolean {
  return (body as { readonly validate_only?: unknown } | null | undefined)?.validate_only === true;
}

/** Says in a header what the answer is, and leaves out what the caller has already (RFC 9110 section 13.1.2). */
function tagged(body: unknown, request: HttpRequest, reply: HttpReply): unknown {
  const tag = entityTagOf(body);
  reply.header('etag', tag);
  const known = request.headers['if-none-match'];
  if (known === undefined || !namesTag(known, tag, 'weak')) return body;
  reply.status(304);
  return undefined;
}

/** The work of a handler, as a span when somebody wants spans. */
function handled(name: string, next: CallHandler): Observable<unknown> {
  if (!areSpansWanted()) return next.handle();
  const whenEmpty = { defaultValue: undefined };
  return defer(() =>
    traced({ name, kind: 'internal' }, () => firstValueFrom(next.handle(), whenEmpty)),
  );
}

/** Sends only what the route's response schema names, and says where a new object is. */
@Injectable()
export class OutputInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const route = findRoute(context.getHandler());
    if (route === undefined || isStream(context.getHandler())) return next.handle();
    const { contentType, schema, location, validatedStatus } = route.response;
    const http = context.switchToHttp();
    const reply = http.getResponse<HttpReply>();
    const request = http.getRequest<HttpRequest>();
    const isValidation = isValidateOnly(request.body);
    return handled(route.name, next).pipe(
      map((output: unknown) => {
        if (isValidation && validatedStatus !== undefined) reply.status(validatedStatus);
        if (schema === undefined) return undefined;
        const parsed = schema.safeParse(output);
        if (!parsed.success) {
          throw new AppError('internal', `${route.name} answered outside its contract`, {
            cause: parsed.error,
          });
        }
        if (contentType !== undefined) reply.header('content-type', contentType);
        const self = (parsed.data as WithSelf).metadata?.self;
        if (location && !isValidation && self !== undefined) reply.header('location', self);
        for (const [name, value] of Object.entries(headersOf(output))) reply.header(name, value);
        return hasEntityTag(route) ? tagged(parsed.data, request, reply) : parsed.data;
      }),
    );
  }
}
