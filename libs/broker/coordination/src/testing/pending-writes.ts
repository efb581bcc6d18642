import type { OperationResult } from '../ports.ts';

/** What was appended to the log of a shard in tests and is not durable yet, oldest first. */
export class PendingWrites<LogRecord> {
  /** How many records of the log are durable. */
  durableCount = 0;
  readonly #writes: OperationResult<LogRecord>[] = [];

  get size(): number {
    return this.#writes.length;
  }

  add(result: OperationResult<LogRecord>): void {
    this.#writes.push(result);
  }

  /** Makes the oldest `count` writes durable. */
  commit(count: number): void {
    for (let done = 0; done < count; done += 1) {
      const write = this.#writes.shift();
      if (write === undefined) return;
      this.durableCount += write.records.length;
      write.onCommitted?.();
    }
  }

  /** Tells all of them that the log refused. */
  fail(errorCode: number): void {
    for (const write of this.#writes.splice(0)) write.onFailed?.(errorCode);
  }
}
