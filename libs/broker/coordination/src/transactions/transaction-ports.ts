import type { OperationResult, ShardTimers } from '../ports.ts';
import type { TransactionRecord } from './transaction-record.ts';

/** What the runtime is asked for by an operation on transactions. */
export type TransactionOperationResult = OperationResult<TransactionRecord>;

/** The end of one transaction, to be written to partitions: an entry of WriteTxnMarkers. */
export interface MarkerRequest {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  /** True: commit. */
  readonly transactionResult: boolean;
  readonly coordinatorEpoch: number;
  /** The client's `transaction.version`: 2 means that the marker's epoch is one above the data's. */
  readonly transactionVersion: number;
  readonly topics: readonly {
    readonly name: string;
    readonly partitionIndexes: readonly number[];
  }[];
}

/**
 * What became of the marker on one partition. `deleted`: the metadata says that the partition is
 * no more, so nothing waits there. Whatever `failed` is sent again. `refused`: the partition knows of
 * a later epoch of the producer or the coordinator, and will refuse it for ever.
 */
export interface MarkerResult {
  readonly topic: string;
  readonly partition: number;
  readonly outcome: 'written' | 'deleted' | 'failed' | 'refused';
}

/** Takes results of a marker request, some or all; partitions not named stay unwritten. */
export type MarkersWritten = (
  results: readonly MarkerResult[],
  nowMs: number,
) => TransactionOperationResult;

/** A producer id that was never given out, or the error code to answer. */
export type ProducerIdOutcome =
  | { readonly ok: true; readonly producerId: number }
  | { readonly ok: false; readonly errorCode: number };

/** Takes the id that was asked for. */
export type ProducerIdAllocated = (
  outcome: ProducerIdOutcome,
  nowMs: number,
) => TransactionOperationResult;

/**
 * The outer world of a transaction shard. The runtime runs each `done` as an operation of its own,
 * never inside the call that handed it over, and applies the result as that of a request. After
 * `onUnloaded` a `done` does nothing.
 */
export interface TransactionPorts {
  readonly timers: ShardTimers<TransactionRecord>;
  /**
   * Writes markers to the partitions' leaders and reports when they are durable there. When `done`
   * does not come, the shard sends again; a marker may be written twice.
   */
  writeMarkers(request: MarkerRequest, done: MarkersWritten): void;
  /** Asks for a producer id; `done` is to be called once. */
  allocateProducerId(done: ProducerIdAllocated): void;
}
