/** How many failures are let go, and how fast they are forgotten. */
export interface FailureLimit {
  readonly max: number;
  /** One failure is forgotten every so many milliseconds. */
  readonly forgetMs: number;
}

/** Names counted at a time: some 2 MB. The one that failed longest ago makes room. */
const ENTRIES_MAX = 10_000;

interface Entry {
  readonly failures: number;
  readonly atMs: number;
}

/** Counts failures by name as a leaking bucket, with bounded memory. */
export class FailureCounter {
  readonly #limit: FailureLimit;
  readonly #entries = new Map<string, Entry>();

  constructor(limit: FailureLimit) {
    this.#limit = limit;
  }

  /** How long until one more try is let through, in milliseconds; 0 = now. */
  blockedMs(name: string, nowMs: number): number {
    const excess = this.#failures(name, nowMs) - (this.#limit.max - 1);
    return excess <= 0 ? 0 : Math.ceil(excess * this.#limit.forgetMs);
  }

  /** Notes a failure. */
  add(name: string, nowMs: number): void {
    const failures = Math.min(this.#failures(name, nowMs) + 1, this.#limit.max);
    // Put at the end: the map is in the order of the last failure.
    this.#entries.delete(name);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size >= ENTRIES_MAX && oldest !== undefined) this.#entries.delete(oldest);
    this.#entries.set(name, { failures, atMs: nowMs });
  }

  #failures(name: string, nowMs: number): number {
    const entry = this.#entries.get(name);
    if (entry === undefined) return 0;
    return Math.max(0, entry.failures - (nowMs - entry.atMs) / this.#limit.forgetMs);
  }
}
