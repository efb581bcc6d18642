import { KafkaError } from '@weirhouse/kafka-protocol';

import type { OffsetCommitInput, OffsetFetchInput } from '../messages.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import type { ConsumerMember } from './consumer-member.ts';

/** First version of OffsetCommit that knows member epochs. */
const MEMBER_EPOCHS_FROM = 9;

/**
 * Whether these offsets may be committed: 0 or the error code. A commit from before the member's
 * present epoch counts for partitions that it has had since then (KIP-1251).
 */
export function checkConsumerCommit(
  group: ConsumerGroup,
  request: Pick<
    OffsetCommitInput,
    'generationIdOrMemberEpoch' | 'memberId' | 'groupInstanceId' | 'topics'
  >,
  apiVersion: number,
): number {
  const epoch = request.generationIdOrMemberEpoch;
  // Tools and consumers that assign themselves commit for a group that has nobody in it.
  if (epoch < 0 && group.size === 0) return KafkaError.NONE;
  const member = group.find(request.memberId);
  if (member === undefined) return KafkaError.UNKNOWN_MEMBER_ID;
  const isClassic = member.profile.classic !== null;
  if (!isClassic && apiVersion < MEMBER_EPOCHS_FROM) return KafkaError.UNSUPPORTED_VERSION;
  if (epoch === member.current.epoch) return KafkaError.NONE;
  if (isClassic) return KafkaError.ILLEGAL_GENERATION;
  if (epoch > member.current.epoch) return KafkaError.STALE_MEMBER_EPOCH;
  const isHeldSince = request.topics.every(({ partitions, topicId }) =>
    partitions.every(({ partitionIndex }) => {
      const since = assignedSince(member, topicId, partitionIndex);
      return since !== undefined && since <= epoch;
    }),
  );
  return isHeldSince ? KafkaError.NONE : KafkaError.STALE_MEMBER_EPOCH;
}

/** Whether a member may see the group's offsets: 0 or the error code. Tools name no member. */
export function checkConsumerFetch(group: ConsumerGroup, request: OffsetFetchInput): number {
  const { memberEpoch = -1, memberId = null } = request;
  if (memberId === null && memberEpoch < 0) return KafkaError.NONE;
  const member = group.find(memberId ?? '');
  if (member === undefined) return KafkaError.UNKNOWN_MEMBER_ID;
  if (memberEpoch === member.current.epoch) return KafkaError.NONE;
  const isClassic = member.profile.classic !== null;
  return isClassic ? KafkaError.ILLEGAL_GENERATION : KafkaError.STALE_MEMBER_EPOCH;
}

function assignedSince(
  { current }: ConsumerMember,
  topicId: string,
  partition: number,
): number | undefined {
  return (
    current.assigned.get(topicId)?.get(partition) ?? current.revoking.get(topicId)?.get(partition)
  );
}
