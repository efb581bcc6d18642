import { KafkaError } from '@weirhouse/kafka-protocol';

import { listPartitions } from './partition-set.ts';
import type { TransactionEntry } from './transaction-entry.ts';
import type {
  DescribedTransaction,
  ListedTransaction,
  ListTransactionsInput,
  TransactionCounts,
} from './transaction-messages.ts';
import type { TransactionShardState } from './transaction-shard-state.ts';
import { outcomeInPreparation } from './transaction-state.ts';

/** DescribeTransactions for one id; TRANSACTIONAL_ID_NOT_FOUND when it is not known. */
export function describeTransaction(
  shard: TransactionShardState,
  transactionalId: string,
): DescribedTransaction {
  const entry = shard.entries.get(transactionalId);
  if (entry === undefined) return unknown(transactionalId);
  const { value } = entry;
  return {
    errorCode: KafkaError.NONE,
    transactionalId,
    transactionState: value.state,
    transactionTimeoutMs: value.timeoutMs,
    transactionStartTimeMs: value.startMs,
    producerId: value.producerId,
    producerEpoch: value.producerEpoch,
    topics: listPartitions(value.partitions).map(({ name, partitions }) => ({
      topic: name,
      partitions,
    })),
  };
}

/** ListTransactions for this shard; all filters must hold. */
export function listTransactions(
  shard: TransactionShardState,
  filters: ListTransactionsInput,
  nowMs: number,
): readonly ListedTransaction[] {
  const wanted: TransactionEntry[] = [];
  for (const entry of shard.entries.values()) {
    if (isWanted(entry, filters, nowMs)) wanted.push(entry);
  }
  return wanted.map(({ transactionalId, value }) => ({
    transactionalId,
    producerId: value.producerId,
    transactionState: value.state,
  }));
}

/** How many ids there are, and how many have an open transaction or one that is being ended. */
export function countTransactions({ entries }: TransactionShardState): TransactionCounts {
  let open = 0;
  let ending = 0;
  for (const { value } of entries.values()) {
    if (value.state === 'Ongoing') open += 1;
    else if (outcomeInPreparation(value.state) !== undefined) ending += 1;
  }
  return { transactionalIds: entries.size, open, ending };
}

function isWanted(
  { transactionalId, value }: TransactionEntry,
  filters: ListTransactionsInput,
  nowMs: number,
): boolean {
  const { durationFilter, isWantedId, producerIdFilters, stateFilters } = filters;
  if (stateFilters.length > 0 && !stateFilters.includes(value.state)) return false;
  if (producerIdFilters.length > 0 && !producerIdFilters.includes(value.producerId)) return false;
  const isOldEnough =
    durationFilter < 0 || (value.startMs >= 0 && nowMs - value.startMs > durationFilter);
  return isOldEnough && (isWantedId?.(transactionalId) ?? true);
}

function unknown(transactionalId: string): DescribedTransaction {
  const isNamed = transactionalId !== '';
  return {
    errorCode: isNamed ? KafkaError.TRANSACTIONAL_ID_NOT_FOUND : KafkaError.INVALID_REQUEST,
    transactionalId,
    transactionState: '',
    transactionTimeoutMs: 0,
    // Zeros, as Kafka leaves them in an answer that is an error.
    transactionStartTimeMs: 0,
    producerId: 0,
    producerEpoch: 0,
    topics: [],
  };
}
