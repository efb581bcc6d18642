import { KafkaError } from '@weirhouse/kafka-protocol';

import { coordinatorErrorOf } from '../errors.ts';
import type {
  ConsumerHeartbeatAnswer,
  ConsumerHeartbeatContext,
  ConsumerHeartbeatInput,
  Respond,
} from '../messages.ts';
import type { Operation } from '../operation.ts';
import {
  BLANK_PROFILE,
  JOIN_EPOCH,
  type ConsumerMember,
  type ConsumerProfile,
} from './consumer-member.ts';
import { isSameHeld, type HeldPartitions } from './held-partitions.ts';
import { checkHeartbeat } from './heartbeat-check.ts';
import { leaveConsumerGroup } from './leave.ts';
import { checkEpoch, findMember, joiningMember } from './membership.ts';
import { newConsumerMemberId } from './member-id.ts';
import { openGroup } from './open-group.ts';
import { isTooLarge, sortedNames } from './profile.ts';
import { isRefusal, refusal, type Refusal } from './refusal.ts';
import { restartSession } from './timers.ts';
import type { ConsumerTurn } from './turn.ts';
import { moveOn } from './move-on.ts';

/** ConsumerGroupHeartbeat: joins, leaves, or reports and learns what to do; answered when durable. */
export function consumerHeartbeat(
  operation: Operation,
  request: ConsumerHeartbeatInput,
  context: ConsumerHeartbeatContext,
  respond: Respond<ConsumerHeartbeatAnswer>,
): void {
  const outcome = answerOf(operation, request, context);
  const answer = isRefusal(outcome) ? refused(outcome) : { ...accepted, ...outcome };
  operation.whenCommitted(() => respond(answer));
  operation.whenFailed((errorCode) =>
    respond(refused({ errorCode: coordinatorErrorOf(errorCode), errorMessage: null })),
  );
}

type Accepted = Omit<ConsumerHeartbeatAnswer, 'errorCode' | 'errorMessage'>;

const accepted = { errorCode: KafkaError.NONE, errorMessage: null };

function refused(why: Pick<ConsumerHeartbeatAnswer, 'errorCode' | 'errorMessage'>) {
  return { ...why, memberId: null, memberEpoch: 0, heartbeatIntervalMs: 0, assignment: null };
}

function answerOf(
  operation: Operation,
  request: ConsumerHeartbeatInput,
  context: ConsumerHeartbeatContext,
): Accepted | Refusal {
  const { shard } = operation;
  const fault = checkHeartbeat(request, context.apiVersion, shard.options);
  if (fault !== undefined) return fault;
  const { groupId, memberEpoch, topicPartitions } = request;
  if (isTooLarge(updatedProfile(BLANK_PROFILE, request, context), shard.options.batchBytesMax))
    return refusal(KafkaError.INVALID_REQUEST, 'The subscription is too large.');
  if (memberEpoch < JOIN_EPOCH) return leaveConsumerGroup(operation, request);
  const isJoin = memberEpoch === JOIN_EPOCH;
  const turn = openGroup(operation, groupId, isJoin);
  if (isRefusal(turn)) return turn;
  const memberId =
    request.memberId === '' ? newConsumerMemberId(shard.ports.random) : request.memberId;
  const claim = {
    memberId,
    instanceId: request.instanceId,
    epoch: memberEpoch,
    owned: topicPartitions,
  };
  const before = isJoin ? joiningMember(turn, claim, false) : findMember(turn, claim);
  if (isRefusal(before)) return before;
  const stale = isJoin ? undefined : checkEpoch(before, claim);
  if (stale !== undefined) return stale;
  const profile = updatedProfile(before.profile, request, context);
  const after = moveOn(turn, {
    before,
    profile,
    owned: topicPartitions,
    isTopicVisible: context.isTopicVisible,
  });
  restartSession(operation, groupId, after);
  return answerFor(turn, { request, before, after });
}

function updatedProfile(
  old: ConsumerProfile,
  request: ConsumerHeartbeatInput,
  context: ConsumerHeartbeatContext,
): ConsumerProfile {
  const { rebalanceTimeoutMs, subscribedTopicNames } = request;
  return {
    instanceId: request.instanceId ?? old.instanceId,
    rackId: request.rackId ?? old.rackId,
    clientId: context.clientId ?? '',
    clientHost: context.clientHost,
    topicNames: subscribedTopicNames === null ? old.topicNames : sortedNames(subscribedTopicNames),
    topicPattern: request.subscribedTopicRegex ?? old.topicPattern,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? old.rebalanceTimeoutMs : rebalanceTimeoutMs,
    serverAssignor: request.serverAssignor ?? old.serverAssignor,
    classic: null,
  };
}

function answerFor(
  { groupId, operation }: ConsumerTurn,
  exchange: {
    readonly request: ConsumerHeartbeatInput;
    readonly before: ConsumerMember;
    readonly after: ConsumerMember;
  },
): Accepted {
  const { after, before, request } = exchange;
  const { assigned, epoch } = after.current;
  const isTold = isFullRequest(request) || !isSameHeld(before.current.assigned, assigned);
  return {
    memberId: after.memberId,
    memberEpoch: epoch,
    heartbeatIntervalMs: operation.shard.ports.settingsOf(groupId).heartbeatIntervalMs,
    assignment: isTold ? { topicPartitions: listPartitions(assigned) } : null,
  };
}

/** A member that sends everything has lost track, or has just joined: it is told everything. */
function isFullRequest(request: ConsumerHeartbeatInput): boolean {
  if (request.memberEpoch === JOIN_EPOCH) return true;
  const hasSubscription =
    request.subscribedTopicNames !== null || request.subscribedTopicRegex !== null;
  return hasSubscription && request.rebalanceTimeoutMs !== -1 && request.topicPartitions !== null;
}

function listPartitions(held: HeldPartitions) {
  return Array.from(held, ([topicId, partitions]) => ({
    topicId,
    partitions: [...partitions.keys()],
  }));
}
