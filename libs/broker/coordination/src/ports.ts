import type { Random } from '@weirhouse/shared-kernel';

import type { CoordinatorRecord } from './records/coordinator-record.ts';

/**
 * What an operation asks of the runtime. The runtime appends the records as one unit and at once,
 * before any other operation of the shard, calls `replay` for each, waits until they are durable
 * and calls exactly one of the callbacks. `errorCode` is the log's; the shard maps it. After a
 * failure the runtime calls `onUnloaded` and loads a new shard from the partition.
 */
export interface OperationResult {
  readonly records: readonly CoordinatorRecord[];
  readonly onCommitted?: () => void;
  readonly onFailed?: (errorCode: number) => void;
}

/** Runs when a timer fires; its result is treated like that of a request. */
export type TimerOperation = (nowMs: number) => OperationResult;

/** One-shot timers by key; keys are unique within one shard. */
export interface ShardTimers {
  /** Runs `operation` in `delayMs`; replaces a timer of the same key. */
  schedule(key: string, delayMs: number, operation: TimerOperation): void;
  /** Forgets the timer; an unknown key is no error. */
  cancel(key: string): void;
}

/** The outer world of a shard. */
export interface ShardPorts {
  readonly random: Pick<Random, 'bytes'>;
  readonly timers: ShardTimers;
}
