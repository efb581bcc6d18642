/** How a rate is measured: `count` windows of `windowMs`, the current one partial (KIP-13). */
export interface RateWindows {
  readonly count: number;
  readonly windowMs: number;
}

/** A rate per second over the last windows, as Kafka measures quotas. */
export class WindowedRate {
  readonly #windows: RateWindows;
  readonly #sums: Float64Array;
  /** The number of the window that each sum belongs to. */
  readonly #numbers: Float64Array;

  constructor(windows: RateWindows) {
    this.#windows = windows;
    this.#sums = new Float64Array(windows.count);
    this.#numbers = new Float64Array(windows.count).fill(-Infinity);
  }

  /** Adds an amount; a negative one takes back what was not used after all. */
  record(amount: number, nowMs: number): void {
    const number = Math.floor(nowMs / this.#windows.windowMs);
    const slot = number % this.#windows.count;
    if (this.#numbers[slot] !== number) {
      this.#numbers[slot] = number;
      this.#sums[slot] = 0;
    }
    this.#sums[slot] = (this.#sums[slot] ?? 0) + amount;
  }

  /** The rate per second, over the time from `spanMs`. */
  perSecond(nowMs: number): number {
    const oldest = Math.floor(nowMs / this.#windows.windowMs) - this.#windows.count + 1;
    let sum = 0;
    for (const [slot, number] of this.#numbers.entries())
      if (number >= oldest) sum += this.#sums[slot] ?? 0;
    return (sum * 1000) / this.spanMs(nowMs);
  }

  /**
   * The time that the rate is taken over: from the oldest window that counts, and at least all windows
   * but one, so that the first burst of a quiet client is not taken for a rate.
   */
  spanMs(nowMs: number): number {
    const { count, windowMs } = this.#windows;
    const current = Math.floor(nowMs / windowMs);
    let first = current;
    for (const number of this.#numbers)
      if (number > current - count && number < first) first = number;
    const elapsedMs = nowMs - first * windowMs;
    const missing = Math.max(0, count - 1 - Math.floor(elapsedMs / windowMs));
    return elapsedMs + missing * windowMs;
  }
}
