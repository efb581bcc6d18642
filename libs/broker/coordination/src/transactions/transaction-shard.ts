import { KafkaError } from '@weirhouse/kafka-protocol';

import type { Respond } from '../messages.ts';
import { addOffsets, addPartitions } from './add-partitions.ts';
import {
  countTransactions,
  describeTransaction,
  listTransactions,
} from './describe-transactions.ts';
import { endTxn } from './end-txn.ts';
import { initProducerId } from './init-producer-id.ts';
import { markersKey, resumeMarkers } from './markers.ts';
import { TransactionEntry } from './transaction-entry.ts';
import type * as messages from './transaction-messages.ts';
import { runOn, type TransactionOperation } from './transaction-operation.ts';
import type { TransactionShardOptions } from './transaction-options.ts';
import type { TransactionOperationResult, TransactionPorts } from './transaction-ports.ts';
import type { TransactionRecord } from './transaction-record.ts';
import { isSettled, tellSettled, type TransactionShardState } from './transaction-shard-state.ts';
import { outcomeInPreparation } from './transaction-state.ts';
import { deadlineKey, watchDeadline } from './transition.ts';
import { expireTransactionalIds } from './transactional-id-expiry.ts';

/** What a shard is made with; `coordinatorEpoch` is the leader epoch of its partition. */
export interface TransactionShardSetup {
  readonly options: TransactionShardOptions;
  readonly ports: TransactionPorts;
  readonly coordinatorEpoch: number;
}

/**
 * The transactional ids of one `__transaction_state` partition; transaction-state.ts has the table
 * of their states. Life of a shard: `replay` for every record of the partition, `onLoaded` once,
 * then operations, each followed by `replay` of its own records; `onUnloaded` ends it.
 */
export class TransactionShard {
  readonly #state: TransactionShardState;

  constructor({ coordinatorEpoch, options, ports }: TransactionShardSetup) {
    this.#state = {
      options,
      ports,
      coordinatorEpoch,
      entries: new Map(),
      pending: new Map(),
      waiters: new Set(),
      settling: new Map(),
      isUnloaded: false,
    };
  }

  /** How many transactional ids the shard holds, and how many of them have a transaction. */
  count(): messages.TransactionCounts {
    return countTransactions(this.#state);
  }

  /** InitProducerId with a transactional id; answered when the new epoch is durable. */
  initProducerId(
    request: messages.InitProducerIdInput,
    context: messages.TransactionContext,
    respond: Respond<messages.ProducerIdAnswer>,
  ): TransactionOperationResult {
    return this.#run(context.nowMs, (operation) =>
      initProducerId(operation, { request, context, respond }),
    );
  }

  /** AddPartitionsToTxn for one transaction: adds its partitions, or tells which are in it. */
  addPartitions(
    request: messages.AddPartitionsInput,
    context: messages.TransactionContext,
    respond: Respond<messages.AddPartitionsAnswer>,
  ): TransactionOperationResult {
    return this.#run(context.nowMs, (operation) =>
      addPartitions(operation, request, context, respond),
    );
  }

  /** AddOffsetsToTxn: adds the partition that holds the group's offsets. */
  addOffsets(
    request: messages.AddOffsetsInput,
    context: messages.TransactionContext,
    respond: Respond<messages.AddOffsetsAnswer>,
  ): TransactionOperationResult {
    return this.#run(context.nowMs, (operation) =>
      addOffsets(operation, request, context, respond),
    );
  }

  /** EndTxn; answered when the outcome is durable, before the markers are written. */
  endTxn(
    request: messages.EndTxnInput,
    context: messages.TransactionContext,
    respond: Respond<messages.ProducerIdAnswer>,
  ): TransactionOperationResult {
    return this.#run(context.nowMs, (operation) =>
      endTxn(operation, { request, context, respond }),
    );
  }

  /**
   * Calls `listener` once when the id can take the next operation, at once when that is so, also when
   * the shard ends. For whoever was answered CONCURRENT_TRANSACTIONS and can wait a little. The call
   * may come within `replay`, so the listener runs nothing on the shard itself. Returns how to stop
   * waiting.
   */
  whenSettled(transactionalId: string, listener: () => void): () => void {
    const { settling } = this.#state;
    if (isSettled(this.#state, transactionalId)) {
      listener();
      return () => {};
    }
    const listeners = settling.get(transactionalId) ?? new Set();
    settling.set(transactionalId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      const isLast = listeners.size === 0 && settling.get(transactionalId) === listeners;
      if (isLast) settling.delete(transactionalId);
    };
  }

  /** DescribeTransactions for one id. A read: the runtime answers once what it shows is durable. */
  describe(transactionalId: string): messages.DescribedTransaction {
    return describeTransaction(this.#state, transactionalId);
  }

  /** ListTransactions for this shard. A read. */
  list(
    filters: messages.ListTransactionsInput,
    nowMs: number,
  ): readonly messages.ListedTransaction[] {
    return listTransactions(this.#state, filters, nowMs);
  }

  /** Removes ids unused for the expiration time; Kafka looks every hour. */
  expireTransactionalIds(nowMs: number): TransactionOperationResult {
    return this.#run(nowMs, expireTransactionalIds);
  }

  /** Takes in one record, from the log at load or from an operation that was just appended. */
  replay({ transactionalId, value }: TransactionRecord): void {
    const { entries } = this.#state;
    const entry = entries.get(transactionalId);
    if (value === null) entries.delete(transactionalId);
    else if (entry === undefined)
      entries.set(transactionalId, new TransactionEntry(transactionalId, value));
    else entry.value = value;
    tellSettled(this.#state, transactionalId);
  }

  /**
   * Call once when the whole partition has been replayed and before anything else: decided
   * transactions send their markers, open ones get what is left of their time.
   */
  onLoaded(nowMs: number): TransactionOperationResult {
    return this.#run(nowMs, (operation) => {
      for (const entry of this.#state.entries.values()) {
        entry.durable = entry.value;
        this.#resume(operation, entry);
      }
    });
  }

  /**
   * Ends the shard: requests that wait for a producer id are answered NOT_COORDINATOR, timers are
   * cancelled, reports of markers are ignored. Results still waiting in the log get their
   * callbacks from the runtime as ever.
   */
  onUnloaded(): void {
    const { entries, ports, settling, waiters } = this.#state;
    this.#state.isUnloaded = true;
    for (const transactionalId of entries.keys()) {
      ports.timers.cancel(deadlineKey(transactionalId));
      ports.timers.cancel(markersKey(transactionalId));
    }
    entries.clear();
    for (const { refuse } of waiters) refuse(KafkaError.NOT_COORDINATOR);
    waiters.clear();
    const listeners = Array.from(settling.values(), (each) => [...each]).flat();
    settling.clear();
    for (const listener of listeners) listener();
  }

  /** The records that rebuild the replicated state, and nothing else: for snapshots and checks. */
  snapshotRecords(): readonly TransactionRecord[] {
    return Array.from(this.#state.entries.values(), ({ transactionalId, value }) => ({
      transactionalId,
      value,
    }));
  }

  #resume(operation: TransactionOperation, entry: TransactionEntry): void {
    const { transactionalId, value } = entry;
    if (value.state === 'Ongoing') watchDeadline(operation, transactionalId, value);
    else if (outcomeInPreparation(value.state) !== undefined) resumeMarkers(operation, entry);
  }

  #run(nowMs: number, work: (operation: TransactionOperation) => void): TransactionOperationResult {
    return runOn(this.#state, nowMs, work);
  }
}
