import { KafkaError } from '@weirhouse/kafka-protocol';

import { INSTANCE_ID_LENGTH_MAX } from '../limits.ts';
import type { ConsumerHeartbeatInput } from '../messages.ts';
import type { GroupShardOptions } from '../options.ts';
import { compileSafePattern } from '../safe-pattern.ts';
import { JOIN_EPOCH, STATIC_LEAVE_EPOCH } from './consumer-member.ts';
import { refusal, type Refusal } from './refusal.ts';

/** First version whose members choose their own id (KIP-1082). */
const OWN_MEMBER_ID_FROM = 1;

/** What is wrong with a heartbeat by itself; undefined when nothing is. */
export function checkHeartbeat(
  request: ConsumerHeartbeatInput,
  apiVersion: number,
  options: GroupShardOptions,
): Refusal | undefined {
  const fault = faultOf(request, apiVersion);
  if (fault !== undefined) return refusal(KafkaError.INVALID_REQUEST, fault);
  const { serverAssignor, subscribedTopicRegex } = request;
  if (serverAssignor !== null && !options.assignors.includes(serverAssignor)) {
    const known = options.assignors.join(', ');
    const message = `ServerAssignor ${serverAssignor} is not supported. Supported assignors: ${known}.`;
    return refusal(KafkaError.UNSUPPORTED_ASSIGNOR, message);
  }
  if (subscribedTopicRegex === null || subscribedTopicRegex === '') return undefined;
  const compiled = compileSafePattern(subscribedTopicRegex);
  if (compiled.ok) return undefined;
  return refusal(
    KafkaError.INVALID_REGULAR_EXPRESSION,
    `SubscribedTopicRegex \`${subscribedTopicRegex}\` is not valid: ${compiled.message}.`,
  );
}

function faultOf(request: ConsumerHeartbeatInput, apiVersion: number): string | undefined {
  const { groupId, instanceId, memberEpoch, memberId, rackId } = request;
  if (groupId === '') return "GroupId can't be empty.";
  if (memberEpoch < STATIC_LEAVE_EPOCH) return 'MemberEpoch is invalid.';
  const mayLackId = apiVersion < OWN_MEMBER_ID_FROM && memberEpoch === JOIN_EPOCH;
  if (memberId === '' && !mayLackId) return "MemberId can't be empty.";
  if (instanceId === '') return "InstanceId can't be empty.";
  if (instanceId !== null && instanceId.length > INSTANCE_ID_LENGTH_MAX)
    return `InstanceId can't be longer than ${INSTANCE_ID_LENGTH_MAX} characters.`;
  if (rackId === '') return "RackId can't be empty.";
  if (memberEpoch === STATIC_LEAVE_EPOCH && instanceId === null) return "InstanceId can't be null.";
  return memberEpoch === JOIN_EPOCH ? joinFaultOf(request) : undefined;
}

function joinFaultOf(request: ConsumerHeartbeatInput): string | undefined {
  if (request.rebalanceTimeoutMs === -1) return 'RebalanceTimeoutMs must be provided when joining.';
  if (request.topicPartitions === null || request.topicPartitions.length > 0)
    return 'TopicPartitions must be empty when joining.';
  if (request.subscribedTopicNames === null && request.subscribedTopicRegex === null)
    return 'SubscribedTopicNames or SubscribedTopicRegex must be provided when joining.';
  return undefined;
}
