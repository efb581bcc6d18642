import { KafkaError } from '@weirhouse/kafka-protocol';
import { defaultConsumerGroupDescribeRequest } from '@weirhouse/kafka-protocol/messages/consumer-group-describe-request';
import { defaultDescribeGroupsRequest } from '@weirhouse/kafka-protocol/messages/describe-groups-request';
import { defaultFindCoordinatorRequest } from '@weirhouse/kafka-protocol/messages/find-coordinator-request';
import { defaultListGroupsRequest } from '@weirhouse/kafka-protocol/messages/list-groups-request';
import {
  defaultOffsetFetchRequest,
  defaultOffsetFetchRequestGroup,
  type OffsetFetchRequest,
} from '@weirhouse/kafka-protocol/messages/offset-fetch-request';
import { AppError } from '@weirhouse/shared-kernel';
import type { Send } from '../api.ts';
import type { BrokerAddress } from '../connection-pool.ts';
import { requireSuccess } from '../errors.ts';
import { insideApis } from '../inside-apis.ts';
import { readClassicAssignment, type AssignedPartition } from './classic-assignment.ts';

/** From this version FindCoordinator and OffsetFetch take several groups. */
const COORDINATOR_KEYS_VERSION = 4;
const OFFSET_FETCH_GROUPS_VERSION = 8;

/** Which broker keeps a group. */
export interface Coordinator extends BrokerAddress {
  readonly nodeId: number;
}

/** A group as lists show it. */
export interface ListedGroup {
  readonly id: string;
  /** `consumer`, `connect`, ...; empty = offsets only. */
  readonly protocolType: string;
  /** `Stable`, `Empty`, ...: Kafka's words. */
  readonly state: string;
  /** `classic`, `consumer`, `share`, ...; empty = the broker does not tell. */
  readonly type: string;
}

/** One member of a group and the partitions it has. */
export interface GroupMember {
  readonly id: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly host: string;
  readonly partitions: readonly AssignedPartition[];
  /** True when it speaks the older of the two protocols. */
  readonly isClassic: boolean;
}

/** A group with its members. */
export interface DescribedGroup {
  readonly id: string;
  readonly state: string;
  readonly type: 'classic' | 'consumer';
  readonly protocolType: string;
  readonly assignor: string;
  readonly members: readonly GroupMember[];
}

/** What a group has committed. */
export interface CommittedOffset extends AssignedPartition {
  readonly offset: number;
}

/** Asks which broker keeps a group, or a transactional id. */
export async function findCoordinator(
  send: Send,
  key: string,
  kind: 'group' | 'transaction' = 'group',
): Promise<Coordinator> {
  const keyType = kind === 'group' ? 0 : 1;
  const request = { ...defaultFindCoordinatorRequest(), keyType };
  const response = await send(insideApis.findCoordinator, (version) =>
    version < COORDINATOR_KEYS_VERSION
      ? { ...request, key }
      : { ...request, coordinatorKeys: [key] },
  );
  const found = response.coordinators[0] ?? response;
  requireSuccess(found.errorCode, found.errorMessage);
  const { host, nodeId, port } = found;
  return { host, nodeId, port };
}

/** The groups that one broker keeps. */
export async function listGroupsOfBroker(send: Send): Promise<readonly ListedGroup[]> {
  const response = await send(insideApis.listGroups, defaultListGroupsRequest());
  requireSuccess(response.errorCode);
  return response.groups.map(({ groupId, groupState, groupType, protocolType }) => ({
    id: groupId,
    protocolType,
    state: groupState,
    type: groupType.toLowerCase(),
  }));
}

/** Describes a group of either protocol. Throws `not_found` when there is none of that name. */
export async function describeGroupOfCoordinator(
  send: Send,
  groupId: string,
): Promise<DescribedGroup> {
  const response = await send(insideApis.consumerGroupDescribe, {
    ...defaultConsumerGroupDescribeRequest(),
    groupIds: [groupId],
  });
  const [group] = response.groups;
  // A group of the older protocol is unknown here.
  if (!group || group.errorCode === KafkaError.GROUP_ID_NOT_FOUND)
    return describeClassicGroup(send, groupId);
  requireSuccess(group.errorCode, group.errorMessage);
  return {
    id: group.groupId,
    state: group.groupState,
    type: 'consumer',
    protocolType: 'consumer',
    assignor: group.assignorName,
    members: group.members.map((member) => ({
      id: member.memberId,
      instanceId: member.instanceId,
      clientId: member.clientId,
      host: member.clientHost,
      isClassic: member.memberType === 0,
      partitions: member.assignment.topicPartitions.flatMap(({ partitions, topicName }) =>
        partitions.map((partition) => ({ topic: topicName, partition })),
      ),
    })),
  };
}

async function describeClassicGroup(send: Send, groupId: string): Promise<DescribedGroup> {
  const response = await send(insideApis.describeGroups, {
    ...defaultDescribeGroupsRequest(),
    groups: [groupId],
  });
  const [group] = response.groups;
  if (!group) throw new AppError('corrupt', 'the broker did not answer for the group');
  requireSuccess(group.errorCode, group.errorMessage);
  return {
    id: group.groupId,
    state: group.groupState,
    type: 'classic',
    protocolType: group.protocolType,
    assignor: group.protocolData,
    members: group.members.map((member) => ({
      id: member.memberId,
      instanceId: member.groupInstanceId,
      clientId: member.clientId,
      host: member.clientHost,
      isClassic: true,
      partitions:
        group.protocolType === 'consumer' ? readClassicAssignment(member.memberAssignment) : [],
    })),
  };
}

/** Every offset that a group has committed and that the caller may see. */
export async function fetchOffsetsOfCoordinator(
  send: Send,
  groupId: string,
): Promise<readonly CommittedOffset[]> {
  const response = await send(insideApis.offsetFetch, (version): OffsetFetchRequest => {
    const request = { ...defaultOffsetFetchRequest(), requireStable: false };
    if (version < OFFSET_FETCH_GROUPS_VERSION) return { ...request, groupId, topics: null };
    const group = { ...defaultOffsetFetchRequestGroup(), groupId, topics: null };
    return { ...request, groups: [group] };
  });
  const answer = response.groups[0] ?? response;
  requireSuccess(answer.errorCode);
  return answer.topics.flatMap(({ name, partitions }) =>
    partitions
      .filter(({ committedOffset, errorCode }) => errorCode === 0 && committedOffset >= 0)
      .map(({ committedOffset, partitionIndex }) => ({
        topic: name,
        partition: partitionIndex,
        offset: committedOffset,
      })),
  );
}
