import type { MarkerRound } from './markers.ts';
import { NO_PRODUCER_EPOCH, type PersistedTransaction } from './transaction-record.ts';

/** One transactional id as its coordinator sees it; only `value` is replicated. */
export class TransactionEntry {
  readonly transactionalId: string;
  /** The newest record, durable or not. Changed by replay only. */
  value: PersistedTransaction;
  /** The newest durable value: what may be promised to others. */
  durable: PersistedTransaction | undefined;
  /**
   * The epoch from which the producer itself moved to the present one; a request that still names
   * it is a retry (KIP-360). Lost when the shard moves, as in Kafka: then such a retry is fenced.
   */
  retryEpoch = NO_PRODUCER_EPOCH;
  /** The markers on their way. */
  round: MarkerRound | undefined;

  constructor(transactionalId: string, value: PersistedTransaction) {
    this.transactionalId = transactionalId;
    this.value = value;
  }
}
