import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { AppError } from '@weirhouse/shared-kernel';
import { map, type Observable } from 'rxjs';
import type { HttpReply, HttpRequest } from './http-types.ts';
import { findRoute, isStream } from './implements.ts';
import { headersOf } from './response-headers.ts';

interface WithSelf {
  readonly metadata?: { readonly self?: string };
}

function isValidateOnly(body: unknown): boolean {
  return (body as { readonly validate_only?: unknown } | null | undefined)?.validate_only === true;
}

/** Sends only what the route's response schema names, and says where a new object is. */
@Injectable()
export class OutputInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const route = findRoute(context.getHandler());
    if (route === undefined || isStream(context.getHandler())) return next.handle();
    const { schema, location, validatedStatus } = route.response;
    const http = context.switchToHttp();
    const reply = http.getResponse<HttpReply>();
    const isValidation = isValidateOnly(http.getRequest<HttpRequest>().body);
    return next.handle().pipe(
      map((output: unknown) => {
        if (isValidation && validatedStatus !== undefined) reply.status(validatedStatus);
        if (schema === undefined) return undefined;
        const parsed = schema.safeParse(output);
        if (!parsed.success) {
          throw new AppError('internal', `${route.name} answered outside its contract`, {
            cause: parsed.error,
          });
        }
        const self = (parsed.data as WithSelf).metadata?.self;
        if (location && !isValidation && self !== undefined) reply.header('location', self);
        for (const [name, value] of Object.entries(headersOf(output))) reply.header(name, value);
        return parsed.data;
      }),
    );
  }
}
