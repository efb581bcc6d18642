import type { RouteOutput, routes } from '@weirhouse/cloud-contract';
import type { AssignedPartition, DescribedGroup, GroupMember } from '@weirhouse/kafka-client';
import type { KafkaLinks } from './kafka-links.ts';

type Group = RouteOutput<typeof routes.getConsumerGroup>;
type Consumer = RouteOutput<typeof routes.getConsumer>;
type Assignment = RouteOutput<typeof routes.listConsumerAssignments>['data'][number];
type PresentedLag = RouteOutput<typeof routes.getConsumerLag>;
type LagSummary = RouteOutput<typeof routes.getConsumerGroupLagSummary>;

/** How far a group is behind in a partition. */
export interface Lag extends AssignedPartition {
  readonly offset: number;
  readonly endOffset: number;
  readonly lag: number;
  /** Undefined = nobody has the partition now. */
  readonly member: GroupMember | undefined;
}

const STATES: Readonly<Record<string, Group['state']>> = {
  PreparingRebalance: 'PREPARING_REBALANCE',
  CompletingRebalance: 'COMPLETING_REBALANCE',
  Assigning: 'ASSIGNING',
  Reconciling: 'RECONCILING',
  Stable: 'STABLE',
  Dead: 'DEAD',
  Empty: 'EMPTY',
};

/** A group in the contract's form. */
export function presentGroup(
  links: KafkaLinks,
  group: DescribedGroup,
  coordinatorId: number,
): Group {
  const path = pathOf(group.id);
  const classic = group.members.filter(({ isClassic }) => isClassic).length;
  return {
    kind: 'KafkaConsumerGroup',
    metadata: links.object(['consumer-groups', group.id]),
    cluster_id: links.clusterId,
    consumer_group_id: group.id,
    // Offsets that somebody committed without joining.
    is_simple: group.type === 'classic' && group.protocolType === '',
    partition_assignor: group.assignor,
    state: STATES[group.state] ?? 'UNKNOWN',
    type: group.type === 'classic' ? 'CLASSIC' : 'CONSUMER',
    is_mixed_consumer_group: classic > 0 && classic < group.members.length,
    coordinator: links.related(`/brokers/${coordinatorId}`),
    consumers: links.related(`${path}/consumers`),
    lag_summary: links.related(`${path}/lag-summary`),
  };
}

/** A member in the contract's form. */
export function presentConsumer(links: KafkaLinks, groupId: string, member: GroupMember): Consumer {
  return {
    kind: 'KafkaConsumer',
    metadata: links.object(['consumer-groups', groupId], ['consumers', member.id]),
    cluster_id: links.clusterId,
    consumer_group_id: groupId,
    consumer_id: member.id,
    instance_id: member.instanceId,
    client_id: member.clientId,
    assignments: links.related(`${consumerPath(groupId, member.id)}/assignments`),
  };
}

/** A partition that a member has. */
export function presentAssignment(
  links: KafkaLinks,
  owner: { readonly groupId: string; readonly memberId: string },
  { partition, topic }: AssignedPartition,
): Assignment {
  const { groupId, memberId } = owner;
  const place = `${encodeURIComponent(topic)}/partitions/${partition}`;
  return {
    kind: 'KafkaConsumerAssignment',
    metadata: links.object(
      ['consumer-groups', groupId],
      ['consumers', memberId],
      ['assignments', topic],
      ['partitions', partition],
    ),
    cluster_id: links.clusterId,
    consumer_group_id: groupId,
    consumer_id: memberId,
    topic_name: topic,
    partition_id: partition,
    partition: links.related(`/topics/${place}`),
    lag: links.related(`${pathOf(groupId)}/lags/${place}`),
  };
}

/** How far a group is behind in one partition. */
export function presentLag(links: KafkaLinks, groupId: string, lag: Lag): PresentedLag {
  const { member, partition, topic } = lag;
  return {
    kind: 'KafkaConsumerLag',
    metadata: links.object(
      ['consumer-groups', groupId],
      ['lags', topic],
      ['partitions', partition],
    ),
    cluster_id: links.clusterId,
    consumer_group_id: groupId,
    topic_name: topic,
    partition_id: partition,
    current_offset: lag.offset,
    log_end_offset: lag.endOffset,
    lag: lag.lag,
    consumer_id: member?.id ?? '',
    instance_id: member?.instanceId ?? null,
    client_id: member?.clientId ?? '',
  };
}

/** How far a group is behind in all, and where most. */
export function presentLagSummary(
  links: KafkaLinks,
  groupId: string,
  { most, total }: { readonly most: Lag; readonly total: number },
): LagSummary {
  const { member, partition, topic } = most;
  return {
    kind: 'KafkaConsumerGroupLagSummary',
    metadata: {
      self: links.related(`${pathOf(groupId)}/lag-summary`).related,
      resource_name: `${links.object(['consumer-groups', groupId]).resource_name}/lag-summary`,
    },
    cluster_id: links.clusterId,
    consumer_group_id: groupId,
    max_lag_consumer_id: member?.id ?? '',
    max_lag_instance_id: member?.instanceId ?? null,
    max_lag_client_id: member?.clientId ?? '',
    max_lag_topic_name: topic,
    max_lag_partition_id: partition,
    max_lag: most.lag,
    total_lag: total,
    max_lag_consumer: links.related(consumerPath(groupId, member?.id ?? '')),
    max_lag_partition: links.related(
      `/topics/${encodeURIComponent(topic)}/partitions/${partition}`,
    ),
  };
}

function pathOf(groupId: string): string {
  return `/consumer-groups/${encodeURIComponent(groupId)}`;
}

function consumerPath(groupId: string, memberId: string): string {
  return `${pathOf(groupId)}/consumers/${encodeURIComponent(memberId)}`;
}
