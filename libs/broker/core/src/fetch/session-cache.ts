import type { Random } from '@weirhouse/shared-kernel';

import { FETCH_SESSION_EVICTION_MS, FETCH_SESSIONS_MAX } from '../limits.ts';
import { FetchSession } from './session.ts';

/** Options of the cache; both bounds default to Kafka's. */
export interface FetchSessionCacheOptions {
  readonly random: Random;
  readonly slots?: number;
  readonly evictionMs?: number;
}

/**
 * The fetch sessions of a broker, least recently used first. When it is full a new session takes the
 * place of one that was not used for `evictionMs`, else of a smaller one that has lived that long;
 * otherwise the client gets no session and keeps sending full requests.
 */
export class FetchSessionCache {
  readonly #random: Random;
  readonly #slots: number;
  readonly #evictionMs: number;
  readonly #sessions = new Map<number, FetchSession>();
  /** Sessions that lost their place to another one; for the metrics. */
  evictions = 0;

  constructor(options: FetchSessionCacheOptions) {
    this.#random = options.random;
    this.#slots = options.slots ?? FETCH_SESSIONS_MAX;
    this.#evictionMs = options.evictionMs ?? FETCH_SESSION_EVICTION_MS;
  }

  /** How many sessions live. */
  get size(): number {
    return this.#sessions.size;
  }

  /** The session with this id; does not count as a use. */
  find(id: number): FetchSession | undefined {
    return this.#sessions.get(id);
  }

  /** Marks a use. Must be called for every request and every response, or live sessions get evicted. */
  touch(session: FetchSession, nowMs: number): void {
    if (!this.#sessions.delete(session.id)) return;
    session.lastUsedMs = nowMs;
    this.#sessions.set(session.id, session);
  }

  /** Ends a session; true when there was one. */
  remove(id: number): boolean {
    return this.#sessions.delete(id);
  }

  /** A new session for a fetch of `size` partitions, or undefined when none can be had. */
  create(options: {
    usesTopicIds: boolean;
    size: number;
    nowMs: number;
  }): FetchSession | undefined {
    const { nowMs, size, usesTopicIds } = options;
    if (this.#slots === 0 || size === 0) return undefined;
    if (this.#sessions.size >= this.#slots && !this.#evictFor(size, nowMs)) return undefined;
    const session = new FetchSession({ id: this.#freeId(), usesTopicIds, nowMs });
    this.#sessions.set(session.id, session);
    return session;
  }

  #evictFor(size: number, nowMs: number): boolean {
    const oldest = this.#sessions.values().next().value;
    if (oldest !== undefined && nowMs - oldest.lastUsedMs > this.#evictionMs)
      return this.#evict(oldest);
    let smallest: FetchSession | undefined;
    for (const session of this.#sessions.values()) {
      if (nowMs - session.createdMs <= this.#evictionMs || session.size >= size) continue;
      if (smallest === undefined || session.size < smallest.size) smallest = session;
    }
    return smallest !== undefined && this.#evict(smallest);
  }

  #evict(session: FetchSession): boolean {
    this.evictions++;
    return this.#sessions.delete(session.id);
  }

  #freeId(): number {
    let id = 0;
    while (id === 0 || this.#sessions.has(id)) id = this.#random.below(0x7fffffff);
    return id;
  }
}
