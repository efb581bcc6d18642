/** How many requests may come at once, and how many more each second. */
export interface RequestRate {
  readonly burst: number;
  readonly perSecond: number;
}

/** What is left after a request was counted. */
export interface Tokens {
  readonly isTaken: boolean;
  readonly limit: number;
  /** Whole requests that may follow at once. */
  readonly remaining: number;
  /** Until the bucket is full again. */
  readonly resetMs: number;
  /** Until the next request is let through; 0 when it may come now. */
  readonly retryAfterMs: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

/**
 * Token buckets by name, of one rate. A bucket that is full again says nothing, so the least
 * recently used ones may be forgotten when there are too many; memory is bounded by that.
 */
export class TokenBuckets {
  readonly #rate: RequestRate;
  readonly #bucketsMax: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: RequestRate, bucketsMax: number) {
    this.#rate = rate;
    this.#bucketsMax = bucketsMax;
  }

  /** What a bucket would answer, without taking anything. */
  peek(name: string, nowMs: number): Tokens {
    return this.#answer(this.#tokensAt(name, nowMs), false);
  }

  /** Takes one token when there is one. */
  take(name: string, nowMs: number): Tokens {
    const tokens = this.#tokensAt(name, nowMs);
    const isTaken = tokens >= 1;
    const left = isTaken ? tokens - 1 : tokens;
    this.#buckets.delete(name);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size >= this.#bucketsMax && oldest !== undefined)
      this.#buckets.delete(oldest);
    this.#buckets.set(name, { tokens: left, atMs: nowMs });
    return this.#answer(left, isTaken);
  }

  #tokensAt(name: string, nowMs: number): number {
    const { burst, perSecond } = this.#rate;
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) return burst;
    const elapsedMs = Math.max(0, nowMs - bucket.atMs);
    return Math.min(burst, bucket.tokens + (elapsedMs * perSecond) / 1_000);
  }

  #answer(tokens: number, isTaken: boolean): Tokens {
    const { burst, perSecond } = this.#rate;
    const untilMs = (wanted: number): number =>
      Math.max(0, Math.ceil(((wanted - tokens) * 1_000) / perSecond));
    return {
      isTaken,
      limit: burst,
      remaining: Math.floor(tokens),
      resetMs: untilMs(burst),
      retryAfterMs: untilMs(1),
    };
  }
}
