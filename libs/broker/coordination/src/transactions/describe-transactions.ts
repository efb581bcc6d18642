import { KafkaError } from '@weirhouse/kafka-protocol';

import { listPartitions } from './partition-set.ts';
import type { TransactionEntry } from './transaction-entry.ts';
import type {
  DescribedTransaction,
  ListedTransaction,
  ListTransactionsInput,
} from './transaction-messages.ts';
import { NO_PRODUCER_EPOCH, NO_PRODUCER_ID } from './transaction-record.ts';
import type { TransactionShardState } from './transaction-shard-state.ts';

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
    transactionStartTimeMs: -1,
    producerId: NO_PRODUCER_ID,
    producerEpoch: NO_PRODUCER_EPOCH,
    topics: [],
  };
}
