import { TRANSACTIONAL_IDS_MAX } from './transaction-limits.ts';

/** What a transaction shard can be told; fields name the Kafka broker config that they follow. */
export interface TransactionShardOptions {
  /** `transaction.max.timeout.ms`. */
  readonly timeoutMaxMs: number;
  /** `transactional.id.expiration.ms`. */
  readonly idExpirationMs: number;
  /** Largest batch the partition takes (`max.message.bytes` of the topic), in bytes. */
  readonly batchBytesMax: number;
  /** Ids this shard will hold; above it a new one is answered COORDINATOR_NOT_AVAILABLE. */
  readonly transactionalIdsMax: number;
}

/** Kafka 4.3's defaults. */
export const defaultTransactionShardOptions: TransactionShardOptions = {
  timeoutMaxMs: 900_000,
  idExpirationMs: 604_800_000,
  batchBytesMax: 1_048_588,
  transactionalIdsMax: TRANSACTIONAL_IDS_MAX,
};
