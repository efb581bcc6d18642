import { KafkaError } from '@weirhouse/kafka-protocol';

import { syncError } from '../classic/answers.ts';
import { CONSUMER_PROTOCOL_TYPE } from '../classic/classic-group.ts';
import type { ConsumerGroup } from '../consumer/consumer-group.ts';
import { MemberState } from '../consumer/consumer-member.ts';
import { noticeTopics, updateTarget } from '../consumer/epochs.ts';
import { holds } from '../consumer/held-partitions.ts';
import { cancelClassicStep, expectClassicStep, restartSession } from '../consumer/timers.ts';
import { ConsumerTurn } from '../consumer/turn.ts';
import { coordinatorErrorOf } from '../errors.ts';
import type {
  HeartbeatAnswer,
  HeartbeatInput,
  Respond,
  SyncGroupAnswer,
  SyncGroupInput,
} from '../messages.ts';
import type { Operation } from '../operation.ts';
import { partitionsOf } from '../assignors/assignment.ts';
import {
  findClassicConsumer,
  subscriptionVersion,
  type ClassicConsumer,
} from './classic-member.ts';
import { writeMemberAssignment } from './consumer-assignment.ts';

/** SyncGroup of a member of a consumer group: what it has now; answered when that is durable. */
export function syncConsumerGroup(
  operation: Operation,
  request: SyncGroupInput,
  to: { readonly group: ConsumerGroup; readonly respond: Respond<SyncGroupAnswer> },
): void {
  const { group, respond } = to;
  const answer = syncAnswerOf(new ConsumerTurn(operation, group), request);
  operation.whenCommitted(() => respond(answer));
  operation.whenFailed((errorCode) => respond(syncError(coordinatorErrorOf(errorCode))));
}

function syncAnswerOf(turn: ConsumerTurn, request: SyncGroupInput): SyncGroupAnswer {
  const { group, groupId, operation } = turn;
  const member = findClassicConsumer(turn, request);
  if (typeof member === 'number') return syncError(member);
  const { memberId, profile } = member;
  const chosen = profile.classic.protocols[0]?.name ?? '';
  const { protocolName, protocolType } = request;
  const isOtherType = protocolType !== null && protocolType !== CONSUMER_PROTOCOL_TYPE;
  if (isOtherType || (protocolName !== null && protocolName !== chosen))
    return syncError(KafkaError.INCONSISTENT_GROUP_PROTOCOL);
  // Who has to give up partitions has joined for that and must learn of it first.
  const isGivingUp = member.current.state === MemberState.UNREVOKED;
  if (group.target.epoch > member.current.epoch && !isGivingUp) {
    awaitRejoin(turn, member);
    return syncError(KafkaError.REBALANCE_IN_PROGRESS);
  }
  cancelClassicStep(operation, 'sync', { groupId, memberId });
  restartSession(operation, groupId, member);
  const { topics } = operation.shard.ports;
  const { assigned } = member.current;
  return {
    errorCode: KafkaError.NONE,
    protocolType: CONSUMER_PROTOCOL_TYPE,
    protocolName: chosen,
    assignment: writeMemberAssignment(topics, assigned, subscriptionVersion(member)),
  };
}

/** Heartbeat of a member of a consumer group that speaks the classic protocol. */
export function beatAsClassic(
  operation: Operation,
  request: HeartbeatInput,
  to: { readonly group: ConsumerGroup; readonly respond: Respond<HeartbeatAnswer> },
): void {
  const { group, respond } = to;
  const errorCode = beatCode(new ConsumerTurn(operation, group), request);
  operation.whenCommitted(() => respond({ errorCode }));
  operation.whenFailed((failed) => respond({ errorCode: coordinatorErrorOf(failed) }));
}

function beatCode(turn: ConsumerTurn, request: HeartbeatInput): number {
  const { groupId, operation } = turn;
  const member = findClassicConsumer(turn, request);
  if (typeof member === 'number') return member;
  restartSession(operation, groupId, member);
  noticeTopics(turn);
  updateTarget(turn);
  if (!mustRejoin(turn.group, member)) return KafkaError.NONE;
  awaitRejoin(turn, member);
  return KafkaError.REBALANCE_IN_PROGRESS;
}

/** True when the target is ahead, partitions are to be given up, or those waited for are free. */
function mustRejoin(group: ConsumerGroup, member: ClassicConsumer): boolean {
  const { epoch, state } = member.current;
  if (epoch < group.target.epoch || state === MemberState.UNREVOKED) return true;
  return state === MemberState.UNRELEASED && !waitsForOthers(group, member);
}

function waitsForOthers(group: ConsumerGroup, { current, memberId }: ClassicConsumer): boolean {
  for (const { partition, topicId } of partitionsOf(group.targetOf(memberId))) {
    if (holds(current.assigned, topicId, partition)) continue;
    const owner = group.ownerOf(topicId, partition);
    if (owner !== undefined && owner !== memberId) return true;
  }
  return false;
}

/** Gives the member its rebalance timeout to join again, counted from when it was first told. */
function awaitRejoin({ groupId, live, operation }: ConsumerTurn, member: ClassicConsumer): void {
  if (live.awaitedJoins.has(member.memberId)) return;
  live.awaitedJoins.add(member.memberId);
  expectClassicStep(operation, 'join', { groupId, member });
}
