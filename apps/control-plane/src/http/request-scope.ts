import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { inScope } from '../observability/op-scope.ts';
import { beginSpan, type Span } from '../observability/spans.ts';

type Fastify = ReturnType<ReturnType<NestFastifyApplication['getHttpAdapter']>['getInstance']>;

/**
 * Gives the work of each request its id and its span. It begins after the body was read: the body's events come from
 * the socket and know nothing of the request.
 */
export function scopeRequests(fastify: Fastify): void {
  const spans = new WeakMap<object, Span>();
  fastify.addHook('preHandler', (request, reply, done) => {
    inScope({ requestId: request.id }, () => {
      const { headers, method, routeOptions } = request;
      const route = routeOptions.url ?? 'none';
      const { traceparent } = headers;
      const span = beginSpan({
        name: `${method} ${route}`,
        kind: 'server',
        attributes: { 'http.request.method': method, 'http.route': route },
        parent: typeof traceparent === 'string' ? traceparent : undefined,
        agoMs: reply.elapsedTime,
      });
      spans.set(request, span);
      span.within(done);
    });
  });
  fastify.addHook('onResponse', (request, { statusCode }, done) => {
    const failure = statusCode >= 500 ? statusCode : undefined;
    spans.get(request)?.end({ 'http.response.status_code': statusCode }, failure);
    done();
  });
}
