import type { OperationResult, ShardTimers, TimerOperation } from '../ports.ts';

interface Timer<LogRecord> {
  readonly atMs: number;
  readonly sequence: number;
  readonly operation: TimerOperation<LogRecord>;
}

/** 2025-01-01, so that a timestamp that was forgotten shows. */
const START_MS = 1_735_689_600_000;

/** The clock and the timers of a shard in tests: time passes when the test says so. */
export class VirtualTime<LogRecord> {
  nowMs = START_MS;
  readonly #timers = new Map<string, Timer<LogRecord>>();
  #sequence = 0;

  /** The port that the shard gets. */
  readonly timers: ShardTimers<LogRecord> = {
    schedule: (key, delayMs, operation) => {
      const atMs = this.nowMs + delayMs;
      this.#timers.set(key, { atMs, sequence: (this.#sequence += 1), operation });
    },
    cancel: (key) => void this.#timers.delete(key),
  };

  /** The keys of the timers that are set. */
  get timerKeys(): readonly string[] {
    return [...this.#timers.keys()];
  }

  /** Lets time pass, firing timers in order; `run` gets what each gives. */
  advance(durationMs: number, run: (result: OperationResult<LogRecord>) => void): void {
    const endMs = this.nowMs + durationMs;
    for (let due = this.#next(endMs); due !== undefined; due = this.#next(endMs)) {
      const [key, timer] = due;
      this.#timers.delete(key);
      this.nowMs = Math.max(this.nowMs, timer.atMs);
      run(timer.operation(this.nowMs));
    }
    this.nowMs = endMs;
  }

  #next(endMs: number): readonly [string, Timer<LogRecord>] | undefined {
    let next: readonly [string, Timer<LogRecord>] | undefined;
    for (const entry of this.#timers) {
      if (entry[1].atMs > endMs) continue;
      if (next === undefined || isEarlier(entry[1], next[1])) next = entry;
    }
    return next;
  }
}

function isEarlier(one: Timer<unknown>, other: Timer<unknown>): boolean {
  if (one.atMs !== other.atMs) return one.atMs < other.atMs;
  return one.sequence < other.sequence;
}
