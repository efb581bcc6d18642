import type { Clock, Log, Random, Timers } from '@weirhouse/shared-kernel';
import { DueKeys, type DueKey } from './due-keys.ts';
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

/** Entries of the waiting list that may be out of date before it is made anew, beside as many as there are keys. */
const STALE_MAX = 64;

interface Entry {
  /** When it may run; monotonic ms. Infinity = not asked for. */
  dueMs: number;
  /** When its worker began; undefined = none is at it. */
  startedMs: number | undefined;
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
  /** What waits, by time; also what is out of date, which is dropped when its turn comes. */
  readonly #waiting = new DueKeys();
  readonly #running = new Map<string, Promise<void>>();
  readonly #workersMax: number;
  #timer: { readonly dueMs: number; readonly cancel: () => void } | undefined;
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
   * How long nothing has moved that should have: the age of the oldest run, or, when nothing runs, of the oldest
   * key that is due. 0 = all is well.
   */
  get stalledMs(): number {
    const nowMs = this.#options.clock.monotonicMs();
    const starts = [...this.#running.keys()].map((key) => this.#entries.get(key)?.startedMs);
    const oldestMs = Math.min(...starts.map((startedMs) => startedMs ?? nowMs));
    return starts.length > 0 ? nowMs - oldestMs : this.lateMs;
  }

  /** How long the key that is due first has waited; 0 = none is due. */
  get lateMs(): number {
    const nowMs = this.#options.clock.monotonicMs();
    return Math.max(0, nowMs - (this.#next()?.dueMs ?? nowMs));
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
    if (!entry) this.#entries.set(key, { dueMs, startedMs: undefined, failures: 0 });
    else if (dueMs < entry.dueMs) entry.dueMs = dueMs;
    else return true;
    // What runs is put back when it ends.
    if (entry?.startedMs === undefined) this.#wait(key, dueMs);
    this.#schedule();
    return true;
  }

  /** Forgets the keys that match and resolves when none of them is being worked on. */
  async drain(matches: (key: string) => boolean): Promise<void> {
    for (const [key, { startedMs }] of this.#entries)
      if (startedMs === undefined && matches(key)) this.#entries.delete(key);
    await Promise.all([...this.#running].flatMap(([key, run]) => (matches(key) ? [run] : [])));
  }

  /** Starts no more work and resolves when what runs has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await Promise.all(this.#running.values());
    this.#entries.clear();
    this.#waiting.clear();
  }

  #wait(key: string, dueMs: number): void {
    // Mostly keys that were forgotten or moved forward; else it would grow with every change.
    if (this.#waiting.size > 2 * this.#entries.size + STALE_MAX) this.#sweep();
    this.#waiting.push({ key, dueMs });
  }

  #sweep(): void {
    this.#waiting.clear();
    for (const [key, { dueMs, startedMs }] of this.#entries)
      if (startedMs === undefined) this.#waiting.push({ key, dueMs });
  }

  /** The earliest key that waits. */
  #next(): DueKey | undefined {
    for (;;) {
      const next = this.#waiting.peek();
      if (next === undefined) return undefined;
      const entry = this.#entries.get(next.key);
      if (entry?.dueMs === next.dueMs && entry.startedMs === undefined) return next;
      this.#waiting.shift();
    }
  }

  /** Sets the one timer to the time when something can be started. */
  #schedule(): void {
    const isFull = this.#stopped || this.#running.size >= this.#workersMax;
    const dueMs = isFull ? undefined : this.#next()?.dueMs;
    if (dueMs === this.#timer?.dueMs) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (dueMs === undefined) return;
    const delayMs = Math.max(0, dueMs - this.#options.clock.monotonicMs());
    const cancel = this.#options.timers.after(delayMs, () => this.#startDue());
    this.#timer = { dueMs, cancel };
  }

  #startDue(): void {
    this.#timer = undefined;
    const nowMs = this.#options.clock.monotonicMs();
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const entry = this.#entries.get(next.key);
      if (!entry || next.dueMs > nowMs || this.#running.size >= this.#workersMax) break;
      this.#start(next.key, entry);
    }
    this.#schedule();
  }

  #start(key: string, entry: Entry): void {
    const run = this.#run(key, entry);
    this.#running.set(key, run);
    void run.finally(() => {
      this.#running.delete(key);
      this.#schedule();
    });
  }

  async #run(key: string, entry: Entry): Promise<void> {
    const { handle, clock, log } = this.#options;
    entry.startedMs = clock.monotonicMs();
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
    entry.startedMs = undefined;
    if (delayMs !== undefined) entry.dueMs = Math.min(entry.dueMs, clock.monotonicMs() + delayMs);
    if (entry.dueMs === Number.POSITIVE_INFINITY) this.#entries.delete(key);
    else this.#wait(key, entry.dueMs);
  }

  #backoffMs(failures: number): number {
    const ceilingMs = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(failures - 1, 20));
    return 1 + this.#options.random.below(ceilingMs);
  }
}
