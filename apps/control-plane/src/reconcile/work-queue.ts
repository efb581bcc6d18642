import type { Clock, Log, Random, Timers } from '@weirhouse/shared-kernel';
import { BACKOFF_FIRST_MS, BACKOFF_MAX_MS, QUEUE_KEYS_MAX, WORKERS_MAX } from './limits.ts';

/** Does the work of a key; the result is when to do it again, undefined = when it is added. */
export type KeyHandler = (key: string) => Promise<number | undefined>;

export interface WorkQueueOptions {
  readonly handle: KeyHandler;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly workersMax?: number;
}

interface Entry {
  /** When it may run; monotonic ms. Infinity = not asked for. */
  dueMs: number;
  running: boolean;
  /** Failed runs in a row. */
  failures: number;
}

/**
 * A queue of keys, not of events: what is asked for twice is done once, a key never has two workers,
 * and one that is added while it runs is run again after that. A failed run is repeated after a
 * pause that doubles, with full jitter.
 *
 * | key     | meaning                     | next                                               |
 * |---------|-----------------------------|----------------------------------------------------|
 * | waiting | due at some time            | running (due and a worker free)                    |
 * | running | one worker is at it         | waiting (asked for again, or failed), gone         |
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #workersMax: number;
  #cancelTimer: (() => void) | undefined;
  #stopped = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#workersMax = options.workersMax ?? WORKERS_MAX;
  }

  /** Keys that wait or run. */
  get depth(): number {
    return this.#entries.size;
  }

  /**
   * Asks for a key to be worked on in `delayMs`; the earliest request counts. False when the queue
   * is full or stopped.
   */
  add(key: string, delayMs = 0): boolean {
    if (this.#stopped) return false;
    const entry = this.#entries.get(key);
    if (!entry && this.#entries.size >= QUEUE_KEYS_MAX) {
      this.#options.log.warn({ key, keysMax: QUEUE_KEYS_MAX }, 'work queue is full');
      return false;
    }
    const dueMs = this.#options.clock.monotonicMs() + delayMs;
    if (entry) entry.dueMs = Math.min(entry.dueMs, dueMs);
    else this.#entries.set(key, { dueMs, running: false, failures: 0 });
    this.#schedule();
    return true;
  }

  /** Forgets the keys that match and resolves when none of them is being worked on. */
  async drain(matches: (key: string) => boolean): Promise<void> {
    for (const [key, { running }] of this.#entries)
      if (!running && matches(key)) this.#entries.delete(key);
    await Promise.all([...this.#running].flatMap(([key, run]) => (matches(key) ? [run] : [])));
  }

  /** Starts no more work and resolves when what runs has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer?.();
    await Promise.all(this.#running.values());
    this.#entries.clear();
  }

  /** Sets the one timer to the time when something can be started. */
  #schedule(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#stopped || this.#running.size >= this.#workersMax) return;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { dueMs, running } of this.#entries.values())
      if (!running) nextMs = Math.min(nextMs, dueMs);
    if (nextMs === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.max(0, nextMs - this.#options.clock.monotonicMs());
    this.#cancelTimer = this.#options.timers.after(delayMs, () => this.#startDue());
  }

  #startDue(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const [key, entry] of this.#entries) {
      if (this.#running.size >= this.#workersMax) break;
      if (entry.running || entry.dueMs > nowMs) continue;
      const run = this.#run(key, entry);
      this.#running.set(key, run);
      void run.finally(() => {
        this.#running.delete(key);
        this.#schedule();
      });
    }
    this.#schedule();
  }

  async #run(key: string, entry: Entry): Promise<void> {
    const { handle, clock, log } = this.#options;
    entry.running = true;
    entry.dueMs = Number.POSITIVE_INFINITY;
    let delayMs: number | undefined;
    try {
      delayMs = await handle(key);
      entry.failures = 0;
    } catch (error) {
      entry.failures += 1;
      delayMs = this.#backoffMs(entry.failures);
      log.warn({ key, failures: entry.failures, delayMs, error }, 'work failed');
    }
    entry.running = false;
    if (delayMs !== undefined) entry.dueMs = Math.min(entry.dueMs, clock.monotonicMs() + delayMs);
    if (entry.dueMs === Number.POSITIVE_INFINITY) this.#entries.delete(key);
  }

  #backoffMs(failures: number): number {
    const ceilingMs = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(failures - 1, 20));
    return 1 + this.#options.random.below(ceilingMs);
  }
}
