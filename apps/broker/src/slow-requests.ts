import type { AnsweredCall } from '@weirhouse/broker-core';
import { kafkaErrorName } from '@weirhouse/kafka-protocol';
import type { Log } from '@weirhouse/shared-kernel';

/** APIs whose answers wait for records or members by intent: only their own work counts. */
const WAITING = new Set(['Fetch', 'JoinGroup', 'SyncGroup']);

/** Lines in one second; more are counted and told with the next one. */
const LINES_PER_SECOND_MAX = 5;

/** Tells of requests that took long, one line each, with where the time went. */
export class SlowRequests {
  readonly #log: Log;
  readonly #thresholdMs: number;
  readonly #nowMs: () => number;
  #second = -1;
  #lines = 0;
  #left = 0;

  /** A threshold of 0 tells of none. */
  constructor(options: {
    readonly log: Log;
    readonly thresholdMs: number;
    readonly nowMs: () => number;
  }) {
    this.#log = options.log;
    this.#thresholdMs = options.thresholdMs;
    this.#nowMs = options.nowMs;
  }

  /** Looks at one answered request. */
  look(call: AnsweredCall, api: string): void {
    const { busyMs, queuedMs, takenMs } = call;
    const ownMs = queuedMs + (WAITING.has(api) ? busyMs : takenMs);
    if (this.#thresholdMs === 0 || ownMs < this.#thresholdMs) return;
    if (!this.#mayTell()) return void this.#left++;
    const { bytes, client, errorCode, version } = call;
    const { caller, clientId, listenerName } = client;
    const fields = {
      api,
      version,
      clientId,
      principal: caller.principal,
      host: caller.host,
      listener: listenerName,
      bytes,
      queuedMs: Math.round(queuedMs),
      busyMs: Math.round(busyMs),
      waitedMs: Math.round(Math.max(0, takenMs - busyMs)),
      ...(errorCode !== 0 && { error: kafkaErrorName(errorCode) }),
      ...(this.#left > 0 && { untold: this.#left }),
    };
    this.#left = 0;
    this.#log.warn(fields, 'a request was slow');
  }

  #mayTell(): boolean {
    const second = Math.floor(this.#nowMs() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#lines = 0;
    }
    return ++this.#lines <= LINES_PER_SECOND_MAX;
  }
}
