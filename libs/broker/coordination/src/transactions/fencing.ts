import { KafkaError } from '@weirhouse/kafka-protocol';

/** First version of each API whose clients know PRODUCER_FENCED. */
export const FENCED_SINCE = { initProducerId: 4, others: 2 } as const;

/** First version of AddPartitionsToTxn that knows TRANSACTION_ABORTABLE (KIP-890). */
const ABORTABLE_SINCE = 5;

/** PRODUCER_FENCED, or INVALID_PRODUCER_EPOCH for clients that are older than it (KIP-588). */
export function fencingError(apiVersion: number, fencedSince: number): number {
  return apiVersion >= fencedSince ? KafkaError.PRODUCER_FENCED : KafkaError.INVALID_PRODUCER_EPOCH;
}

/** The answer for a partition that is no part of the transaction. */
export function notInTransactionError(apiVersion: number): number {
  return apiVersion >= ABORTABLE_SINCE
    ? KafkaError.TRANSACTION_ABORTABLE
    : KafkaError.INVALID_TXN_STATE;
}
