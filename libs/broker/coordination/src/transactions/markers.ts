import { assert } from '@weirhouse/shared-kernel';

import { listPartitions } from './partition-set.ts';
import type { TransactionEntry } from './transaction-entry.ts';
import {
  MARKER_BACKOFF_MAX_MS,
  MARKER_BACKOFF_MIN_MS,
  MARKER_TIMEOUT_MS,
} from './transaction-limits.ts';
import { runOn, scheduleOn, type TransactionOperation } from './transaction-operation.ts';
import type { MarkerResult } from './transaction-ports.ts';
import type { TransactionShardState } from './transaction-shard-state.ts';
import { outcomeInPreparation } from './transaction-state.ts';
import { completed } from './transaction-values.ts';

/** The markers of one decided transaction: the partitions that do not have theirs yet. */
export interface MarkerRound {
  readonly left: Map<string, Set<number>>;
  failuresInRow: number;
}

/** Timer that sends the markers of a transaction again. */
export function markersKey(transactionalId: string): string {
  return `markers/${transactionalId}`;
}

/**
 * Sends the markers of a transaction whose outcome is durable, and again until every partition
 * has its own or is gone: until then read_committed readers wait. Only when a partition refuses its
 * marker for good no more are sent, as Kafka does it: the transaction stays decided, and whoever
 * loads the shard next tries once more.
 */
export function startMarkers(shard: TransactionShardState, entry: TransactionEntry): void {
  const left = new Map<string, Set<number>>();
  for (const [topic, partitions] of entry.value.partitions) left.set(topic, new Set(partitions));
  entry.round = { left, failuresInRow: 0 };
  sendMarkers(shard, entry, entry.round);
}

/** Ends what needs no marker at once; a log of Kafka may hold such a record. */
export function resumeMarkers(operation: TransactionOperation, entry: TransactionEntry): void {
  if (entry.value.partitions.size > 0) startMarkers(operation.shard, entry);
  else operation.appendConsequence(entry.transactionalId, completed(entry.value, operation.nowMs));
}

function sendMarkers(
  shard: TransactionShardState,
  entry: TransactionEntry,
  round: MarkerRound,
): void {
  const { transactionalId, value } = entry;
  const outcome = outcomeInPreparation(value.state);
  assert(outcome !== undefined, 'markers belong to a decided transaction');
  // Set before the call, so that a report can replace it.
  scheduleAgain(shard, entry, round, MARKER_TIMEOUT_MS);
  shard.ports.writeMarkers(
    {
      transactionalId,
      producerId: value.producerId,
      producerEpoch: value.producerEpoch,
      transactionResult: outcome === 'commit',
      coordinatorEpoch: shard.coordinatorEpoch,
      transactionVersion: value.clientVersion,
      topics: listPartitions(round.left).map(({ name, partitions }) => ({
        name,
        partitionIndexes: partitions,
      })),
    },
    (results, nowMs) =>
      runOn(shard, nowMs, (operation) => takeResults(operation, { entry, round, results })),
  );
}

/** A report of an earlier sending counts too: a marker that was written stays written. */
function takeResults(
  operation: TransactionOperation,
  report: {
    readonly entry: TransactionEntry;
    readonly round: MarkerRound;
    readonly results: readonly MarkerResult[];
  },
): void {
  const { entry, results, round } = report;
  // Another round, or none: this transaction is complete and the report a late one.
  if (entry.round !== round) return;
  const { shard } = operation;
  let hasProgress = false;
  for (const { outcome, partition, topic } of results) {
    if (outcome === 'written' || outcome === 'deleted')
      hasProgress = remove(round.left, topic, partition) || hasProgress;
  }
  if (results.some(({ outcome }) => outcome === 'refused')) {
    entry.round = undefined;
    shard.ports.timers.cancel(markersKey(entry.transactionalId));
    return;
  }
  if (round.left.size === 0) {
    entry.round = undefined;
    shard.ports.timers.cancel(markersKey(entry.transactionalId));
    operation.appendConsequence(entry.transactionalId, completed(entry.value, operation.nowMs));
    return;
  }
  // A late report without news must not postpone what is scheduled.
  if (!hasProgress && !results.some(({ outcome }) => outcome === 'failed')) return;
  const delayMs = Math.min(MARKER_BACKOFF_MIN_MS * 2 ** round.failuresInRow, MARKER_BACKOFF_MAX_MS);
  if (delayMs < MARKER_BACKOFF_MAX_MS) round.failuresInRow += 1;
  scheduleAgain(shard, entry, round, delayMs);
}

function scheduleAgain(
  shard: TransactionShardState,
  entry: TransactionEntry,
  round: MarkerRound,
  delayMs: number,
): void {
  scheduleOn(shard, markersKey(entry.transactionalId), delayMs, () => {
    if (entry.round === round) sendMarkers(shard, entry, round);
  });
}

function remove(left: Map<string, Set<number>>, topic: string, partition: number): boolean {
  const partitions = left.get(topic);
  if (partitions === undefined || !partitions.delete(partition)) return false;
  if (partitions.size === 0) left.delete(topic);
  return true;
}
