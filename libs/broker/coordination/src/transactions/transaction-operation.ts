import { assert } from '@weirhouse/shared-kernel';

import { coordinatorErrorOf } from '../errors.ts';
import type { TransactionOperationResult } from './transaction-ports.ts';
import type { PersistedTransaction, TransactionRecord } from './transaction-record.ts';
import { tellSettled, type TransactionShardState } from './transaction-shard-state.ts';

/** Who waits for an append: exactly one of the two is called. */
export interface AppendListener {
  readonly committed: () => void;
  /** Gets the code a client may see. */
  readonly refused: (errorCode: number) => void;
}

/**
 * One turn of a transaction shard: a request, a fired timer, reported markers or a periodic task.
 * It collects records and what follows when they are durable.
 */
export class TransactionOperation {
  readonly shard: TransactionShardState;
  readonly nowMs: number;
  readonly #records: TransactionRecord[] = [];
  readonly #committed: (() => void)[] = [];
  readonly #failed: ((errorCode: number) => void)[] = [];

  constructor(shard: TransactionShardState, nowMs: number) {
    this.shard = shard;
    this.nowMs = nowMs;
  }

  /**
   * Gives a transactional id a new value, or removes it. Use `moveTo` for values that start
   * something: an open transaction, a decided one.
   */
  append(
    transactionalId: string,
    value: PersistedTransaction | null,
    listener?: AppendListener,
  ): void {
    const { shard } = this;
    this.#records.push({ transactionalId, value });
    shard.pending.set(transactionalId, (shard.pending.get(transactionalId) ?? 0) + 1);
    this.#committed.push(() => {
      settle(shard, transactionalId);
      const entry = shard.entries.get(transactionalId);
      if (entry !== undefined && value !== null) entry.durable = value;
      listener?.committed();
      tellSettled(shard, transactionalId);
    });
    this.#failed.push((errorCode) => listener?.refused(coordinatorErrorOf(errorCode)));
  }

  /**
   * Gives a transactional id the value that follows from a durable one by itself. Nobody waits for
   * it: whatever comes next is a later record of the same log, and lost with it.
   */
  appendConsequence(transactionalId: string, value: PersistedTransaction): void {
    const { shard } = this;
    this.#records.push({ transactionalId, value });
    this.#committed.push(() => {
      const entry = shard.entries.get(transactionalId);
      if (entry !== undefined) entry.durable = value;
    });
  }

  result(): TransactionOperationResult {
    if (this.#records.length === 0) return { records: [] };
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

/** Runs `work` as an operation of its own when the delay is over. */
export function scheduleOn(
  shard: TransactionShardState,
  key: string,
  delayMs: number,
  work: (operation: TransactionOperation) => void,
): void {
  shard.ports.timers.schedule(key, delayMs, (nowMs) => runOn(shard, nowMs, work));
}

/** One operation on the shard; nothing once it is unloaded. */
export function runOn(
  shard: TransactionShardState,
  nowMs: number,
  work: (operation: TransactionOperation) => void,
): TransactionOperationResult {
  const operation = new TransactionOperation(shard, nowMs);
  if (!shard.isUnloaded) work(operation);
  return operation.result();
}

function settle(shard: TransactionShardState, transactionalId: string): void {
  const count = shard.pending.get(transactionalId);
  assert(count !== undefined, 'a commit belongs to an append');
  if (count === 1) shard.pending.delete(transactionalId);
  else shard.pending.set(transactionalId, count - 1);
}
