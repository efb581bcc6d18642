import type { PartitionSet } from './partition-set.ts';
import type { TransactionState } from './transaction-state.ts';

/** No producer id, as Kafka writes it. */
export const NO_PRODUCER_ID = -1;

/** No producer epoch, as Kafka writes it. */
export const NO_PRODUCER_EPOCH = -1;

/** `transaction.version` 2 (KIP-890): the epoch rises with every transaction. */
export const EPOCH_BUMPING_VERSION = 2;

/** A transactional id as Kafka's TransactionLogValue keeps it; never changed, only replaced. */
export interface PersistedTransaction {
  readonly producerId: number;
  /** The producer id before this record; differs only in the record that changes the id. */
  readonly previousProducerId: number;
  /** The id that follows when the epochs of this one ran out (Prepare* only); else -1. */
  readonly nextProducerId: number;
  readonly producerEpoch: number;
  readonly timeoutMs: number;
  readonly state: TransactionState;
  /** Partitions that get the markers; those of the offsets topic among them. */
  readonly partitions: PartitionSet;
  /** When the transaction began; -1 while there was none since InitProducerId. */
  readonly startMs: number;
  readonly lastUpdateMs: number;
  /** The `transaction.version` its client speaks: 0, or 2 where the epoch rises each time. */
  readonly clientVersion: number;
}

/** One record of a `__transaction_state` partition; a null value removes the transactional id. */
export interface TransactionRecord {
  readonly transactionalId: string;
  readonly value: PersistedTransaction | null;
}
