import { KafkaError } from '@weirhouse/kafka-protocol';

import { coordinatorErrorOf } from '../errors.ts';
import type { JoinGroupAnswer } from '../messages.ts';
import { joinAnswer, joinedMembers, joinError, syncError } from './answers.ts';
import { CONSUMER_PROTOCOL_TYPE, type ClassicGroup } from './classic-group.ts';
import type { ClassicMember } from './classic-member.ts';
import { groupRecordOf } from './group-record.ts';
import { parkJoin, type JoinAttempt } from './join-attempt.ts';
import { rebalance, restartSession } from './rebalance.ts';
import { subscribedTopicsOf } from './subscription.ts';
import { sessionKey } from './timer-keys.ts';

/** First version that can tell a returning leader not to assign again (KIP-814). */
const SKIP_ASSIGNMENT_FROM = 9;

/**
 * A static member is back with no member id: it takes the place of its former self, which is
 * fenced. In a Stable group that would choose the same protocol, with the same topics, it also
 * takes the assignment and nobody else is bothered; otherwise the group rebalances (KIP-345).
 */
export function rejoinStaticMember(
  attempt: JoinAttempt,
  old: ClassicMember,
  next: ClassicMember,
): void {
  const { operation, group } = attempt;
  const formerLeaderId = group.leaderId ?? '';
  const oldAssignment = group.assignmentOf(old.memberId);
  const fenced = KafkaError.FENCED_INSTANCE_ID;
  operation.cancel(sessionKey(group.groupId, old.memberId));
  group.answerJoin(old, (apiVersion) => joinError(fenced, old.memberId, apiVersion));
  group.answerSync(old, syncError(fenced));
  group.replaceMember(old, next);
  if (group.state !== 'Stable' || !isSameSubscription(group, old, next)) {
    parkJoin(attempt, next);
    restartSession(operation, group, next);
    rebalance(operation, group);
    return;
  }
  next.isNew = false;
  restartSession(operation, group, next);
  operation.append(
    groupRecordOf(group, (memberId) =>
      memberId === next.memberId ? oldAssignment : group.assignmentOf(memberId),
    ),
  );
  const answer = placeTakenAnswer(attempt, next, formerLeaderId);
  operation.whenCommitted(() => attempt.respond(answer));
  operation.whenFailed((errorCode) =>
    attempt.respond(joinError(coordinatorErrorOf(errorCode), '', attempt.context.apiVersion)),
  );
}

/**
 * Before version 9 a returning leader is told the id it had before: it does not recognise itself
 * and so does not assign. From 9 on it gets the members and `skipAssignment`, so that it can
 * watch their topics.
 */
function placeTakenAnswer(
  attempt: JoinAttempt,
  member: ClassicMember,
  formerLeaderId: string,
): JoinGroupAnswer {
  const { group, context } = attempt;
  const { memberId } = member;
  if (context.apiVersion < SKIP_ASSIGNMENT_FROM) {
    const leader = formerLeaderId;
    return joinAnswer(group, { memberId, leader, members: [], skipAssignment: false });
  }
  const isLeader = group.leaderId === memberId;
  return joinAnswer(group, {
    memberId,
    leader: group.leaderId ?? '',
    members: isLeader ? joinedMembers(group) : [],
    skipAssignment: isLeader,
  });
}

function isSameSubscription(group: ClassicGroup, old: ClassicMember, next: ClassicMember): boolean {
  if (group.selectProtocol() !== group.protocolName) return false;
  if (group.protocolType !== CONSUMER_PROTOCOL_TYPE) return true;
  // The bytes may differ for other reasons: owned partitions, generation, rack.
  const before = subscribedTopicsOf([old.findMetadata(group.protocolName)]);
  const after = subscribedTopicsOf([next.findMetadata(group.protocolName)]);
  if (before === undefined || after === undefined) return before === after;
  return before.size === after.size && [...before].every((topic) => after.has(topic));
}
