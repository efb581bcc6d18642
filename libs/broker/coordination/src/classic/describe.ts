import { KafkaError } from '@weirhouse/kafka-protocol';

import type {
  DescribedGroupAnswer,
  ListedGroupAnswer,
  ListGroupsInput,
  RequestContext,
} from '../messages.ts';
import { findClassicGroup, type ShardState } from '../shard-state.ts';
import { CONSUMER_PROTOCOL_TYPE } from './classic-group.ts';

const NO_BYTES = Buffer.alloc(0);

/** First version in which an unknown group is an error and not a dead group. */
const UNKNOWN_IS_ERROR_FROM = 6;

/** DescribeGroups for one group; metadata and assignments are shown while it is Stable. */
export function describeGroup(
  shard: ShardState,
  groupId: string,
  context: Pick<RequestContext, 'apiVersion'>,
): DescribedGroupAnswer {
  const group = findClassicGroup(shard, groupId);
  if (group === undefined) {
    const isError = context.apiVersion >= UNKNOWN_IS_ERROR_FROM;
    return {
      errorCode: isError ? KafkaError.GROUP_ID_NOT_FOUND : KafkaError.NONE,
      errorMessage: isError ? messageOf(shard, groupId) : null,
      groupId,
      groupState: 'Dead',
      protocolType: '',
      protocolData: '',
      members: [],
    };
  }
  const isStable = group.state === 'Stable';
  return {
    errorCode: KafkaError.NONE,
    errorMessage: null,
    groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: isStable ? (group.protocolName ?? '') : '',
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? (member.findMetadata(group.protocolName) ?? NO_BYTES) : NO_BYTES,
      memberAssignment: isStable ? group.assignmentOf(member.memberId) : NO_BYTES,
    })),
  };
}

/** ListGroups for this shard. A filter that is empty lets everything through. */
export function listGroups(
  shard: ShardState,
  filters: ListGroupsInput,
): readonly ListedGroupAnswer[] {
  const states = new Set(filters.statesFilter.map(normalized));
  const types = new Set(filters.typesFilter.map(normalized));
  const listed: ListedGroupAnswer[] = [];
  for (const group of shard.groups.values()) {
    if (states.size > 0 && !states.has(normalized(group.state))) continue;
    if (types.size > 0 && !types.has(group.kind)) continue;
    listed.push({
      groupId: group.groupId,
      protocolType: group.kind === 'consumer' ? CONSUMER_PROTOCOL_TYPE : (group.protocolType ?? ''),
      groupState: group.state,
      groupType: group.kind,
    });
  }
  return listed;
}

function messageOf(shard: ShardState, groupId: string): string {
  return shard.groups.has(groupId)
    ? `Group ${groupId} is not a classic group.`
    : `Group ${groupId} not found.`;
}

function normalized(name: string): string {
  return name.trim().toLowerCase();
}
