import { startMarkers } from './markers.ts';
import type { TransactionEntry } from './transaction-entry.ts';
import {
  type AppendListener,
  scheduleOn,
  type TransactionOperation,
} from './transaction-operation.ts';
import {
  EPOCH_BUMPING_VERSION,
  NO_PRODUCER_EPOCH,
  type PersistedTransaction,
} from './transaction-record.ts';
import { outcomeInPreparation } from './transaction-state.ts';
import { fenced } from './transaction-values.ts';

/** Timer of an open transaction's deadline. */
export function deadlineKey(transactionalId: string): string {
  return `deadline/${transactionalId}`;
}

/**
 * Moves a known transactional id to a new value. An open transaction has its deadline as a timer
 * from here on; the markers of a decided one leave when the decision is durable, after `listener`
 * was told.
 */
export function moveTo(
  operation: TransactionOperation,
  entry: TransactionEntry,
  value: PersistedTransaction,
  listener?: AppendListener,
): void {
  const { transactionalId } = entry;
  const { shard } = operation;
  if (value.state === 'Ongoing') watchDeadline(operation, transactionalId, value);
  else shard.ports.timers.cancel(deadlineKey(transactionalId));
  operation.append(transactionalId, value, {
    committed: () => {
      listener?.committed();
      const isDecided = outcomeInPreparation(value.state) !== undefined;
      if (isDecided && !shard.isUnloaded) startMarkers(shard, entry);
    },
    refused: (errorCode) => listener?.refused(errorCode),
  });
}

/** (Re)starts the timer that aborts an open transaction when its time is up. */
export function watchDeadline(
  operation: TransactionOperation,
  transactionalId: string,
  value: PersistedTransaction,
): void {
  const leftMs = value.startMs + value.timeoutMs - operation.nowMs;
  // A clock that was set back must not give a transaction more than its timeout.
  const delayMs = Math.min(Math.max(leftMs, 0), value.timeoutMs);
  scheduleOn(operation.shard, deadlineKey(transactionalId), delayMs, (next) =>
    abortIfOpen(next, transactionalId),
  );
}

/**
 * Aborts a transaction that was open for its timeout. The time counts from the record that began
 * it, so moving the coordinator gives nobody more of it.
 */
function abortIfOpen(operation: TransactionOperation, transactionalId: string): void {
  const entry = operation.shard.entries.get(transactionalId);
  if (entry?.value.state !== 'Ongoing') return;
  const { value } = entry;
  // A producer of KIP-890 that comes back may go on in the next epoch; an older one is fenced.
  const isForgiven = value.clientVersion >= EPOCH_BUMPING_VERSION;
  entry.retryEpoch = isForgiven ? value.producerEpoch : NO_PRODUCER_EPOCH;
  moveTo(operation, entry, fenced(value, operation.nowMs));
}
