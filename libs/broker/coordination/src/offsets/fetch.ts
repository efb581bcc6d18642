import { KafkaError } from '@weirhouse/kafka-protocol';
import { ZERO_UUID } from '@weirhouse/shared-kernel';

import { checkConsumerFetch } from '../consumer/offset-check.ts';
import type { FetchedOffset, OffsetFetchAnswer, OffsetFetchInput } from '../messages.ts';
import type { CommittedOffset } from '../records/coordinator-record.ts';
import { findConsumerGroup, type ShardState } from '../shard-state.ts';

/** What clients read as "nothing committed". */
const NO_OFFSET = -1;
const NO_EPOCH = -1;

/**
 * OffsetFetch for one group. An unknown group, partition or topic id has no offset and no error;
 * who names a member of a consumer group must be that member.
 * Offsets of open transactions do not exist here yet, so `require_stable` changes nothing.
 */
export function fetchOffsets(shard: ShardState, request: OffsetFetchInput): OffsetFetchAnswer {
  const { groupId } = request;
  const group = findConsumerGroup(shard, groupId);
  const refused = group === undefined ? KafkaError.NONE : checkConsumerFetch(group, request);
  if (refused !== KafkaError.NONE) return { groupId, errorCode: refused, topics: [] };
  const topics =
    request.topics === null
      ? allTopics(shard, groupId)
      : request.topics.map(({ name, topicId, partitionIndexes }) => ({
          name,
          topicId,
          partitions: partitionIndexes.map((index) => {
            const committed = shard.offsets.find(groupId, name, index);
            const isOther = committed !== undefined && isOtherTopic(committed.topicId, topicId);
            return fetched(index, isOther ? undefined : committed);
          }),
        }));
  return { groupId, errorCode: KafkaError.NONE, topics };
}

function allTopics(shard: ShardState, groupId: string): OffsetFetchAnswer['topics'] {
  return shard.offsets.topicsOf(groupId).map((name) => {
    const entries = [...shard.offsets.partitionsOf(groupId, name)];
    const topicId = entries[0]?.[1].topicId ?? ZERO_UUID;
    return { name, topicId, partitions: entries.map(([index, offset]) => fetched(index, offset)) };
  });
}

/** True when both ids are known and differ: the topic was deleted and made again. */
export function isOtherTopic(one: string, other: string): boolean {
  return one !== ZERO_UUID && other !== ZERO_UUID && one !== other;
}

function fetched(partitionIndex: number, committed: CommittedOffset | undefined): FetchedOffset {
  return {
    partitionIndex,
    committedOffset: committed?.offset ?? NO_OFFSET,
    committedLeaderEpoch: committed?.leaderEpoch ?? NO_EPOCH,
    metadata: committed?.metadata ?? '',
    errorCode: KafkaError.NONE,
  };
}
