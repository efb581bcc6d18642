import type { RequestContext } from './handler.ts';

/** What a group shard is told about a request. */
export interface GroupRequestContext {
  readonly nowMs: number;
  readonly apiVersion: number;
  readonly clientId: string | null;
  readonly clientHost: string;
}

/** The shard's view of a request at `nowMs`; the host as Kafka prints it, with a slash. */
export function groupContext(context: RequestContext, nowMs: number): GroupRequestContext {
  const { caller, clientId, version } = context;
  return { nowMs, apiVersion: version, clientId, clientHost: `/${caller.host}` };
}
