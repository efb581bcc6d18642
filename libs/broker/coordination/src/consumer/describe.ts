import { KafkaError } from '@weirhouse/kafka-protocol';

import type { DescribedAssignment, DescribedConsumerGroup } from '../messages.ts';
import type { TopicCatalog } from '../ports.ts';
import type { ShardState } from '../shard-state.ts';
import type { Uuid } from '@weirhouse/shared-kernel';
import type { ConsumerGroup } from './consumer-group.ts';
import type { ConsumerMember } from './consumer-member.ts';
import { preferredAssignor } from './epochs.ts';
import { notFound } from './open-group.ts';

const MemberType = { CLASSIC: 0, CONSUMER: 1 } as const;

/** ConsumerGroupDescribe for one group. */
export function describeConsumerGroup(shard: ShardState, groupId: string): DescribedConsumerGroup {
  const group = shard.groups.get(groupId);
  if (group?.kind !== 'consumer') {
    const { errorCode, errorMessage } = notFound(groupId, group !== undefined);
    return {
      errorCode,
      errorMessage,
      groupId,
      groupState: '',
      groupEpoch: 0,
      assignmentEpoch: 0,
      assignorName: '',
      members: [],
    };
  }
  return {
    errorCode: KafkaError.NONE,
    errorMessage: null,
    groupId,
    groupState: group.state,
    groupEpoch: group.epoch,
    assignmentEpoch: group.target.epoch,
    assignorName: preferredAssignor(group, shard.options.assignors),
    members: Array.from(group.members(), (member) => describeMember(shard, group, member)),
  };
}

function describeMember(
  { ports }: ShardState,
  group: ConsumerGroup,
  member: ConsumerMember,
): DescribedConsumerGroup['members'][number] {
  const { current, memberId, profile } = member;
  const { topics } = ports;
  return {
    memberId,
    instanceId: profile.instanceId,
    rackId: profile.rackId,
    memberEpoch: current.epoch,
    clientId: profile.clientId,
    clientHost: profile.clientHost,
    subscribedTopicNames: profile.topicNames,
    subscribedTopicRegex: profile.topicPattern,
    // What it is to give up is still with the member.
    assignment: describe(topics, [...listed(current.assigned), ...listed(current.revoking)]),
    targetAssignment: describe(topics, [...group.targetOf(memberId)]),
    memberType: profile.classic === null ? MemberType.CONSUMER : MemberType.CLASSIC,
  };
}

type Listed = readonly [Uuid, readonly number[]];

function* listed(held: ReadonlyMap<Uuid, ReadonlyMap<number, number>>): Generator<Listed> {
  for (const [topicId, partitions] of held) yield [topicId, [...partitions.keys()]];
}

/** Names the topics; one that is gone cannot be named and is left out. */
function describe(topics: TopicCatalog, lists: readonly Listed[]): DescribedAssignment {
  const merged = new Map<Uuid, number[]>();
  for (const [topicId, partitions] of lists)
    merged.set(topicId, [...(merged.get(topicId) ?? []), ...partitions]);
  const topicPartitions = Array.from(merged, ([topicId, partitions]) => ({
    topicId,
    topicName: topics.findById(topicId)?.name ?? '',
    partitions: partitions.toSorted((a, b) => a - b),
  }));
  return { topicPartitions: topicPartitions.filter(({ topicName }) => topicName !== '') };
}
