import { KafkaError } from '@weirhouse/kafka-protocol';

import { coordinatorErrorOf } from '../errors.ts';
import type {
  LeaveGroupAnswer,
  LeaveGroupInput,
  LeavingMember,
  RequestContext,
  Respond,
} from '../messages.ts';
import type { Operation } from '../operation.ts';
import { findClassicGroup } from '../shard-state.ts';
import type { ClassicGroup } from './classic-group.ts';
import { checkMember } from './member-check.ts';
import { evictMember, rebalance, removePendingMember } from './rebalance.ts';

/** First version that names several members and answers each. */
const BATCHED_FROM = 3;

/** True when a request of this version names several members. */
export function isBatchedLeave({ apiVersion }: RequestContext): boolean {
  return apiVersion >= BATCHED_FROM;
}

/** Who a request says is to leave. */
export function leavingMembers(
  request: LeaveGroupInput,
  context: RequestContext,
): readonly LeavingMember[] {
  const { memberId, members } = request;
  return isBatchedLeave(context) ? members : [{ memberId, groupInstanceId: null }];
}

/** LeaveGroup: all named members leave, then the group rebalances once. */
export function leaveGroup(
  operation: Operation,
  request: LeaveGroupInput,
  context: RequestContext,
  respond: Respond<LeaveGroupAnswer>,
): void {
  if (request.groupId === '')
    return respond({ errorCode: KafkaError.INVALID_GROUP_ID, members: [] });
  const group = findClassicGroup(operation.shard, request.groupId);
  if (group === undefined) return respond({ errorCode: KafkaError.UNKNOWN_MEMBER_ID, members: [] });
  const sizeBefore = group.members.size;
  const members = leavingMembers(request, context).map(({ memberId, groupInstanceId }) => ({
    memberId,
    groupInstanceId,
    errorCode: leave(operation, group, { memberId, groupInstanceId }),
  }));
  if (group.members.size < sizeBefore) rebalance(operation, group);
  const answer: LeaveGroupAnswer = isBatchedLeave(context)
    ? { errorCode: KafkaError.NONE, members }
    : { errorCode: members[0]?.errorCode ?? KafkaError.NONE, members: [] };
  answerWhenDurable(operation, answer, respond);
  return undefined;
}

function leave(operation: Operation, group: ClassicGroup, leaving: LeavingMember): number {
  const { memberId, groupInstanceId } = leaving;
  if (groupInstanceId === null && group.pendingMembers.has(memberId)) {
    removePendingMember(operation, group, memberId);
    return KafkaError.NONE;
  }
  const member = checkMember(group, {
    // Tools name a static member by its instance alone.
    memberId: memberId === '' ? instanceHolder(group, groupInstanceId) : memberId,
    groupInstanceId,
  });
  if (typeof member === 'number') return member;
  evictMember(operation, group, member);
  return KafkaError.NONE;
}

function instanceHolder(group: ClassicGroup, instanceId: string | null): string {
  return instanceId === null ? '' : (group.findMemberIdOfInstance(instanceId) ?? '');
}

/** The last member's leave writes the empty group; its answer waits for that record. */
function answerWhenDurable(
  operation: Operation,
  answer: LeaveGroupAnswer,
  respond: Respond<LeaveGroupAnswer>,
): void {
  if (!operation.hasRecords) return respond(answer);
  operation.whenCommitted(() => respond(answer));
  operation.whenFailed((errorCode) =>
    respond({ errorCode: coordinatorErrorOf(errorCode), members: [] }),
  );
  return undefined;
}
