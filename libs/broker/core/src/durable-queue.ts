import type { PartitionLog } from '@weirhouse/broker-log';

/** Something that waits until everything below an offset of one log is committed. */
export interface CommitWaiter {
  /** The end offset that must be committed. */
  readonly requiredOffset: number;
  /** The log's high watermark has reached the offset. */
  onCommitted(): void;
  /** It never will here: the log was removed or failed. */
  onFailed(errorCode: number): void;
}

/**
 * Waiters of one log, in the order of their offsets. Appends only grow a log, so the queue is sorted
 * by construction and a commit completes a prefix of it.
 */
export class DurableQueue {
  readonly #log: PartitionLog;
  #waiters: CommitWaiter[] = [];
  #first = 0;

  constructor(log: PartitionLog) {
    this.#log = log;
  }

  get size(): number {
    return this.#waiters.length - this.#first;
  }

  /** Completes `waiter` when everything below its offset is committed; at once when it is. */
  wait(waiter: CommitWaiter): void {
    if (this.size === 0 && waiter.requiredOffset <= this.#log.highWatermark) waiter.onCommitted();
    else this.#waiters.push(waiter);
  }

  /** Completes what the high watermark has reached. */
  complete(): void {
    const committed = this.#log.highWatermark;
    for (;;) {
      const waiter = this.#waiters[this.#first];
      if (waiter === undefined || waiter.requiredOffset > committed) break;
      this.#first++;
      waiter.onCommitted();
    }
    this.#compact();
  }

  /** Fails everything that waits. */
  fail(errorCode: number): void {
    const failed = this.#waiters.slice(this.#first);
    this.#waiters = [];
    this.#first = 0;
    for (const waiter of failed) waiter.onFailed(errorCode);
  }

  #compact(): void {
    if (this.#first === this.#waiters.length) {
      this.#waiters.length = 0;
      this.#first = 0;
    } else if (this.#first > 1_024) {
      this.#waiters.splice(0, this.#first);
      this.#first = 0;
    }
  }
}
