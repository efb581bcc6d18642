import { CONSUMER_PROTOCOL_TYPE } from '../classic/classic-group.ts';
import type { Operation } from '../operation.ts';
import type { CommittedOffset } from '../records/coordinator-record.ts';
import { dropIfVoid, type Group } from '../shard-state.ts';
import { offsetTombstone, type OffsetEntry } from './offset-store.ts';

/** From when an offset's retention counts. */
type RetentionStart = (committed: CommittedOffset) => number;

const sinceCommit: RetentionStart = (committed) => committed.commitTimestampMs;

/**
 * Removes offsets that outlived their retention, and Empty groups that have none left (KIP-211).
 * A group with a protocol type keeps all offsets until it has been Empty that long; a topic that
 * a member consumes never expires; a simple group's offsets count from their own commit.
 */
export function expireOffsets(operation: Operation): void {
  for (const group of operation.shard.groups.values()) {
    const isBare = expireOffsetsOf(operation, group);
    if (group.kind === 'consumer') {
      if (isBare && group.size === 0)
        for (const record of group.tombstones()) operation.append(record);
      continue;
    }
    if (!isBare || group.state !== 'Empty' || group.pendingMembers.size > 0) continue;
    if (group.persisted === undefined) dropIfVoid(operation.shard, group);
    else operation.append({ kind: 'classic-group', groupId: group.groupId, value: null });
  }
}

/** Returns true when the group has no offset left. */
function expireOffsetsOf(operation: Operation, group: Group): boolean {
  const start = retentionStart(group);
  const { offsets, pendingOffsets } = operation.shard;
  let isBare = !pendingOffsets.hasGroup(group.groupId);
  for (const entry of offsets.entriesOf(group.groupId)) {
    const isKept =
      start === undefined ||
      pendingOffsets.has(group.groupId, entry.topic, entry.partition) ||
      group.isSubscribedTo(entry.topic) ||
      !isExpired(operation, entry, start);
    if (isKept) isBare = false;
    else operation.append(offsetTombstone(group.groupId, entry.topic, entry.partition));
  }
  return isBare;
}

/** Undefined: nothing of this group expires now. */
function retentionStart(group: Group): RetentionStart | undefined {
  // As in Kafka: offsets of consumer groups count from their commit, also when the group is empty.
  if (group.kind === 'consumer' || group.protocolType === undefined) return sinceCommit;
  if (group.state === 'Empty') {
    // Records of old brokers do not say since when; then each offset counts from its commit.
    const { stateTimestampMs } = group;
    return stateTimestampMs < 0 ? sinceCommit : () => stateTimestampMs;
  }
  const isConsumer = group.protocolType === CONSUMER_PROTOCOL_TYPE;
  return isConsumer && group.areTopicsKnown && group.state === 'Stable' ? sinceCommit : undefined;
}

function isExpired(operation: Operation, entry: OffsetEntry, start: RetentionStart): boolean {
  const { committed } = entry;
  const { nowMs, shard } = operation;
  if (committed.expireTimestampMs >= 0) return nowMs >= committed.expireTimestampMs;
  return nowMs - start(committed) >= shard.options.offsetsRetentionMs;
}
