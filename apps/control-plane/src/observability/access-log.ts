import type { Log } from '@weirhouse/shared-kernel';
import type { OpContext } from '../auth/op-context.ts';
import type { AnsweredRequest } from './api-metrics.ts';

/** Methods that change nothing. */
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** One request that was answered, with who asked. */
export interface AccessedRequest extends AnsweredRequest {
  readonly requestId: string;
  readonly clientAddress: string;
  /** Undefined = nobody was recognised. */
  readonly ctx: OpContext | undefined;
}

/**
 * Logs a line for every request that may have changed something: who asked for what, and how it ended.
 * Of the address only the pattern is logged, and of headers and bodies nothing: they may hold secrets.
 */
export function logAccess(log: Log, request: AccessedRequest): void {
  const { clientAddress, ctx, durationMs, method, requestId, route, status } = request;
  if (READS.has(method) || route === undefined) return;
  const fields = {
    requestId,
    method,
    route,
    status,
    durationMs: Math.round(durationMs),
    clientAddress,
    ...(ctx && { principal: ctx.actor.name }),
    ...(ctx && ctx.organizationId !== '' && { organizationId: ctx.organizationId }),
  };
  log.info(fields, 'request answered');
}
