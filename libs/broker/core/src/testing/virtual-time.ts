import type { Clock, Timers } from '@weirhouse/shared-kernel';

/** Wall time at which every test starts: 2026-01-01T00:00:00Z. */
const START_WALL_MS = 1_767_225_600_000;

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

/** A clock and timers that move only when told. Timers fire in time order, at their own time. */
export class VirtualTime implements Clock, Timers {
  /** Time that passes with every look at the monotonic clock: work that takes time. */
  tickMs = 0;
  #nowMs = 0;
  readonly #timers = new Set<Timer>();

  wallMs(): number {
    return START_WALL_MS + this.#nowMs;
  }

  monotonicMs(): number {
    this.#nowMs += this.tickMs;
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Forgets all timers: the process that armed them is gone. */
  clear(): void {
    this.#timers.clear();
  }

  /** How many timers are armed. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Moves on by `ms`, firing what falls due; `onStep` runs after each timer. */
  advance(ms: number, onStep: () => void = () => {}): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const next = this.#earliest(endMs);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.callback();
      onStep();
    }
    this.#nowMs = endMs;
  }

  #earliest(endMs: number): Timer | undefined {
    let earliest: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs <= endMs && (earliest === undefined || timer.atMs < earliest.atMs))
        earliest = timer;
    }
    return earliest;
  }
}
