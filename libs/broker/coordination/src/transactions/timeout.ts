import { NO_PRODUCER_EPOCH, EPOCH_BUMPING_VERSION } from './transaction-record.ts';
import type { TransactionOperation } from './transaction-operation.ts';
import { fenced } from './transitions.ts';

/**
 * Aborts a transaction that is open for longer than its timeout. The time counts from the record
 * that began it, so moving the coordinator gives nobody more of it.
 */
export function abortIfTimedOut(operation: TransactionOperation, transactionalId: string): void {
  const { nowMs, shard } = operation;
  const entry = shard.entries.get(transactionalId);
  if (entry?.value.state !== 'Ongoing') return;
  const { value } = entry;
  // A producer of KIP-890 that comes back may go on in the next epoch; an older one is fenced.
  const isForgiven = value.clientVersion >= EPOCH_BUMPING_VERSION;
  entry.retryEpoch = isForgiven ? value.producerEpoch : NO_PRODUCER_EPOCH;
  operation.append(transactionalId, fenced(value, nowMs));
}
