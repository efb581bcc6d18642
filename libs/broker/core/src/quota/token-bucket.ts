/** Credits that grow with time up to a burst; what is taken beyond them is owed (KIP-599). */
export class TokenBucket {
  #credits: number;
  #atMs: number;

  constructor(burst: number, nowMs: number) {
    this.#credits = burst;
    this.#atMs = nowMs;
  }

  /** The credits now: negative when more was taken than there was. */
  credits(limit: BucketLimit, nowMs: number): number {
    const grown = ((nowMs - this.#atMs) * limit.perSecond) / 1000;
    this.#credits = Math.min(limit.burst, this.#credits + Math.max(0, grown));
    this.#atMs = nowMs;
    return this.#credits;
  }

  take(amount: number): void {
    this.#credits -= amount;
  }
}

/** How fast credits grow, and how many can be saved. */
export interface BucketLimit {
  readonly perSecond: number;
  readonly burst: number;
}
