import type { ClientQuotas, QuotaClient } from './client-quotas.ts';

const PRODUCE_KEY = 0;

/** A request that is about to be answered, as quotas see it. */
export interface AnsweredRequest {
  readonly client: QuotaClient;
  readonly apiKey: number;
  /** Bytes of the request's frame. */
  readonly bytes: number;
  /** Time of the event loop that it took, in ms. */
  readonly busyMs: number;
  /** What its handler already decided, in ms: fetches and changes of topics count for themselves. */
  readonly throttleMs: number;
  /** False for acks = 0: there is nothing to tell the client, and its time is counted only. */
  readonly isAnswered: boolean;
}

/**
 * How long the client is to be held back after this answer, in ms: the longest of its quotas
 * (KIP-219: the answer says it and leaves at once, then the connection is not read).
 */
export function throttleOfAnswer(quotas: ClientQuotas, request: AnsweredRequest): number {
  const { apiKey, busyMs, bytes, client, isAnswered } = request;
  let { throttleMs } = request;
  if (apiKey === PRODUCE_KEY)
    throttleMs = Math.max(throttleMs, quotas.use('producer_byte_rate', client, bytes));
  if (quotas.isLimited('request_percentage')) {
    // One event loop is one core: a second of it is 100 percent.
    const timeMs = quotas.use('request_percentage', client, busyMs / 10);
    if (isAnswered) throttleMs = Math.max(throttleMs, timeMs);
  }
  return throttleMs;
}
