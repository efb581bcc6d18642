import { assert } from '@weirhouse/shared-kernel';

import { NO_PARTITIONS, type PartitionSet } from './partition-set.ts';
import { PRODUCER_EPOCH_MAX } from './transaction-limits.ts';
import {
  EPOCH_BUMPING_VERSION,
  NO_PRODUCER_ID,
  type PersistedTransaction,
} from './transaction-record.ts';
import type { TransactionOutcome } from './transaction-state.ts';

/** A producer id with its epoch. */
export interface ProducerIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** Version 0 stands for 0 and 1, as in Kafka's log. */
export const PLAIN_VERSION = 0;

/** True when only the fencing epoch is left above this one. */
export function isEpochExhausted(epoch: number): boolean {
  return epoch >= PRODUCER_EPOCH_MAX - 1;
}

/** The first value of a transactional id. */
export function created(
  producerId: number,
  timeoutMs: number,
  nowMs: number,
): PersistedTransaction {
  return {
    producerId,
    previousProducerId: producerId,
    nextProducerId: NO_PRODUCER_ID,
    producerEpoch: 0,
    timeoutMs,
    state: 'Empty',
    partitions: NO_PARTITIONS,
    startMs: -1,
    lastUpdateMs: nowMs,
    clientVersion: PLAIN_VERSION,
  };
}

/** An idle id that InitProducerId gave to `identity`. */
export function initialized(
  value: PersistedTransaction,
  identity: ProducerIdentity,
  timeoutMs: number,
  nowMs: number,
): PersistedTransaction {
  return {
    ...created(identity.producerId, timeoutMs, nowMs),
    previousProducerId: value.producerId,
    producerEpoch: identity.producerEpoch,
    clientVersion: value.clientVersion,
  };
}

/** An open transaction with these partitions; the clock starts unless it runs already. */
export function ongoing(
  value: PersistedTransaction,
  partitions: PartitionSet,
  clientVersion: number,
  nowMs: number,
): PersistedTransaction {
  return {
    ...value,
    previousProducerId: value.producerId,
    state: 'Ongoing',
    partitions,
    startMs: value.state === 'Ongoing' ? value.startMs : nowMs,
    lastUpdateMs: nowMs,
    clientVersion,
  };
}

/** An open transaction whose producer ended it. */
export function ended(
  value: PersistedTransaction,
  end: {
    readonly outcome: TransactionOutcome;
    readonly clientVersion: number;
    readonly nextProducerId: number;
  },
  nowMs: number,
): PersistedTransaction {
  const raise = end.clientVersion >= EPOCH_BUMPING_VERSION ? 1 : 0;
  assert(value.producerEpoch + raise <= PRODUCER_EPOCH_MAX, 'no producer works in the last epoch');
  return {
    ...value,
    previousProducerId: value.producerId,
    nextProducerId: end.nextProducerId,
    producerEpoch: value.producerEpoch + raise,
    state: end.outcome === 'commit' ? 'PrepareCommit' : 'PrepareAbort',
    lastUpdateMs: nowMs,
    clientVersion: end.clientVersion,
  };
}

/**
 * An open transaction that is aborted without its producer, which is shut out by the epoch. The
 * epoch rises once whatever the client speaks (KAFKA-19367: twice would waste them).
 */
export function fenced(value: PersistedTransaction, nowMs: number): PersistedTransaction {
  return {
    ...value,
    previousProducerId: value.producerId,
    nextProducerId: NO_PRODUCER_ID,
    producerEpoch: Math.min(value.producerEpoch + 1, PRODUCER_EPOCH_MAX),
    state: 'PrepareAbort',
    lastUpdateMs: nowMs,
  };
}

/** A transaction whose markers are all written. */
export function completed(value: PersistedTransaction, nowMs: number): PersistedTransaction {
  return {
    ...value,
    ...identityAfterCompletion(value),
    previousProducerId: value.producerId,
    nextProducerId: NO_PRODUCER_ID,
    state: value.state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort',
    partitions: NO_PARTITIONS,
    lastUpdateMs: nowMs,
  };
}

/** An idle id whose producer aborts what it never began: only the epoch rises (KIP-890). */
export function abortedEmpty(
  value: PersistedTransaction,
  nextProducerId: number,
  nowMs: number,
): PersistedTransaction {
  const end = { outcome: 'abort', clientVersion: EPOCH_BUMPING_VERSION, nextProducerId } as const;
  return completed(ended({ ...value, startMs: nowMs }, end, nowMs), nowMs);
}

/** Whom the id belongs to once the transaction is complete: what EndTxn answers. */
export function identityAfterCompletion(value: PersistedTransaction): ProducerIdentity {
  const { nextProducerId, producerEpoch, producerId } = value;
  return nextProducerId === NO_PRODUCER_ID
    ? { producerId, producerEpoch }
    : { producerId: nextProducerId, producerEpoch: 0 };
}
