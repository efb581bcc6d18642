import { KafkaError } from '@weirhouse/kafka-protocol';
import { ZERO_UUID } from '@weirhouse/shared-kernel';

import { checkConsumerFetch } from '../consumer/offset-check.ts';
import type { FetchedOffset, OffsetFetchAnswer, OffsetFetchInput } from '../messages.ts';
import type { CommittedOffset } from '../records/coordinator-record.ts';
import { findConsumerGroup, type ShardState } from '../shard-state.ts';

/** True for a place whose offset is not to be told now. */
type Unstable = (topic: string, partition: number) => boolean;

/** What clients read as "nothing committed". */
const NO_OFFSET = -1;
const NO_EPOCH = -1;

/**
 * OffsetFetch for one group. An unknown group, partition or topic id has no offset and no error;
 * who names a member of a consumer group must be that member.
 * With `requireStable` an offset that an open transaction may still change is UNSTABLE_OFFSET_COMMIT.
 */
export function fetchOffsets(shard: ShardState, request: OffsetFetchInput): OffsetFetchAnswer {
  const { groupId } = request;
  const group = findConsumerGroup(shard, groupId);
  const refused = group === undefined ? KafkaError.NONE : checkConsumerFetch(group, request);
  if (refused !== KafkaError.NONE) return { groupId, errorCode: refused, topics: [] };
  const isUnstable: Unstable = (topic, partition) =>
    request.requireStable === true && shard.pendingOffsets.has(groupId, topic, partition);
  const topics =
    request.topics === null
      ? allTopics(shard, groupId, isUnstable)
      : request.topics.map(({ name, topicId, partitionIndexes }) => ({
          name,
          topicId,
          partitions: partitionIndexes.map((index) => {
            if (isUnstable(name, index)) return unstable(index);
            const committed = shard.offsets.find(groupId, name, index);
            const isOther = committed !== undefined && isOtherTopic(committed.topicId, topicId);
            return fetched(index, isOther ? undefined : committed);
          }),
        }));
  return { groupId, errorCode: KafkaError.NONE, topics };
}

function allTopics(
  shard: ShardState,
  groupId: string,
  isUnstable: Unstable,
): OffsetFetchAnswer['topics'] {
  return shard.offsets.topicsOf(groupId).map((name) => {
    const entries = [...shard.offsets.partitionsOf(groupId, name)];
    const topicId = entries[0]?.[1].topicId ?? ZERO_UUID;
    return {
      name,
      topicId,
      partitions: entries.map(([index, offset]) =>
        isUnstable(name, index) ? unstable(index) : fetched(index, offset),
      ),
    };
  });
}

/** True when both ids are known and differ: the topic was deleted and made again. */
export function isOtherTopic(one: string, other: string): boolean {
  return one !== ZERO_UUID && other !== ZERO_UUID && one !== other;
}

/** The client asks again until the transaction is over (KIP-447). */
function unstable(partitionIndex: number): FetchedOffset {
  return { ...fetched(partitionIndex, undefined), errorCode: KafkaError.UNSTABLE_OFFSET_COMMIT };
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
