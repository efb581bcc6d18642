import type { OperationResult, TransactionalProducer } from './ports.ts';
import type { CoordinatorRecord } from './records/coordinator-record.ts';
import type { ShardState, Unsettled } from './shard-state.ts';

/**
 * One turn of a shard: a request, a fired timer or a periodic task. It collects the records to
 * append and what to do once they are durable, and hands out timers whose work is a turn again.
 */
export class Operation {
  readonly shard: ShardState;
  readonly nowMs: number;
  readonly #records: CoordinatorRecord[] = [];
  readonly #waiting: Unsettled = { committed: [], failed: [] };
  #producer: TransactionalProducer | undefined;

  constructor(shard: ShardState, nowMs: number) {
    this.shard = shard;
    this.nowMs = nowMs;
  }

  get hasRecords(): boolean {
    return this.#records.length > 0;
  }

  append(record: CoordinatorRecord): void {
    this.#records.push(record);
  }

  /** The records belong to this producer's open transaction. */
  writeFor(producer: TransactionalProducer): void {
    this.#producer = producer;
  }

  /**
   * Runs once the records of this operation are durable. Without records it runs when everything the
   * operation can have seen is durable: at once, if nothing is on its way.
   */
  whenCommitted(callback: () => void): void {
    this.#waiting.committed.push(callback);
  }

  /** Runs with the log's error code when the records could not be made durable. */
  whenFailed(callback: (errorCode: number) => void): void {
    this.#waiting.failed.push(callback);
  }

  schedule(key: string, delayMs: number, work: (operation: Operation) => void): void {
    const shard = this.shard;
    shard.ports.timers.schedule(key, delayMs, (nowMs) => {
      const operation = new Operation(shard, nowMs);
      work(operation);
      return operation.result();
    });
  }

  cancel(key: string): void {
    this.shard.ports.timers.cancel(key);
  }

  result(): OperationResult {
    const { unsettled } = this.shard;
    const waiting = this.#waiting;
    if (this.#records.length === 0) {
      const newest = unsettled.at(-1);
      if (newest === undefined) for (const callback of waiting.committed) callback();
      newest?.committed.push(...waiting.committed);
      newest?.failed.push(...waiting.failed);
      return { records: [] };
    }
    unsettled.push(waiting);
    const settle = (): void => void unsettled.splice(unsettled.indexOf(waiting), 1);
    return {
      records: this.#records,
      ...(this.#producer === undefined ? {} : { producer: this.#producer }),
      onCommitted: () => {
        settle();
        for (const callback of waiting.committed) callback();
      },
      onFailed: (errorCode) => {
        settle();
        for (const callback of waiting.failed) callback(errorCode);
      },
    };
  }
}
