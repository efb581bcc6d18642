import type { ConsumerRecord } from '../records/consumer-record.ts';
import { ensureConsumerGroup, findConsumerGroup, type ShardState } from '../shard-state.ts';
import { cancelTimers } from './timer-keys.ts';

/**
 * Takes one record of a consumer group into the shard. A tombstone of a group that is not there, or is
 * a classic group by now, says nothing new.
 */
export function replayConsumerRecord(shard: ShardState, record: ConsumerRecord): void {
  const { groupId } = record;
  if (record.value !== null) {
    ensureConsumerGroup(shard, groupId).replay(record);
    return;
  }
  const group = findConsumerGroup(shard, groupId);
  if (group === undefined) return;
  group.replay(record);
  if (record.kind !== 'consumer-group') return;
  for (const { memberId } of group.members()) cancelTimers(shard.ports.timers, groupId, memberId);
  shard.groups.delete(groupId);
}
