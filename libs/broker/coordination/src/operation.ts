import { assert } from '@weirhouse/shared-kernel';

import type { OperationResult } from './ports.ts';
import type { CoordinatorRecord } from './records/coordinator-record.ts';
import type { ShardState } from './shard-state.ts';

/**
 * One turn of a shard: a request, a fired timer or a periodic task. It collects the records to
 * append and what to do once they are durable, and hands out timers whose work is a turn again.
 */
export class Operation {
  readonly shard: ShardState;
  readonly nowMs: number;
  readonly #records: CoordinatorRecord[] = [];
  readonly #committed: (() => void)[] = [];
  readonly #failed: ((errorCode: number) => void)[] = [];

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

  /** Runs once the records of this operation are durable. Only for operations that append. */
  whenCommitted(callback: () => void): void {
    this.#committed.push(callback);
  }

  /** Runs with the log's error code when the records could not be made durable. */
  whenFailed(callback: (errorCode: number) => void): void {
    this.#failed.push(callback);
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
    if (this.#records.length === 0) {
      assert(this.#committed.length === 0, 'an operation without records waits for a commit');
      return { records: [] };
    }
    return {
      records: this.#records,
      onCommitted: () => {
        for (const callback of this.#committed) callback();
      },
      onFailed: (errorCode) => {
        for (const callback of this.#failed) callback(errorCode);
      },
    };
  }
}
