import { KafkaError } from '@weirhouse/kafka-protocol';

import { isBatchedLeave, leavingMembers } from '../classic/leave.ts';
import type { ConsumerGroup } from '../consumer/consumer-group.ts';
import { fence } from '../consumer/fence.ts';
import { findMember } from '../consumer/membership.ts';
import { isRefusal } from '../consumer/refusal.ts';
import { ConsumerTurn } from '../consumer/turn.ts';
import { coordinatorErrorOf } from '../errors.ts';
import type {
  LeaveGroupAnswer,
  LeaveGroupInput,
  LeavingMember,
  RequestContext,
  Respond,
} from '../messages.ts';
import type { Operation } from '../operation.ts';

/**
 * LeaveGroup in a consumer group: members of the classic protocol leave by it, and tools remove members
 * of either protocol, static ones by their instance id.
 */
export function leaveAsClassic(
  operation: Operation,
  request: LeaveGroupInput,
  to: {
    readonly group: ConsumerGroup;
    readonly context: RequestContext;
    readonly respond: Respond<LeaveGroupAnswer>;
  },
): void {
  const { context, group, respond } = to;
  const turn = new ConsumerTurn(operation, group);
  const gone = new Set<string>();
  const members = leavingMembers(request, context).map((each) => {
    const found = leavingMember(turn, each);
    if (typeof found === 'string') gone.add(found);
    const errorCode = typeof found === 'string' ? KafkaError.NONE : found;
    return { memberId: each.memberId, groupInstanceId: each.groupInstanceId, errorCode };
  });
  if (gone.size > 0) fence(turn, [...gone]);
  const answer: LeaveGroupAnswer = isBatchedLeave(context)
    ? { errorCode: KafkaError.NONE, members }
    : { errorCode: members[0]?.errorCode ?? KafkaError.NONE, members: [] };
  operation.whenCommitted(() => respond(answer));
  operation.whenFailed((errorCode) =>
    respond({ errorCode: coordinatorErrorOf(errorCode), members: [] }),
  );
}

/** The id of the member to remove, or the error code. */
function leavingMember(turn: ConsumerTurn, leaving: LeavingMember): string | number {
  const { groupInstanceId, memberId } = leaving;
  if (memberId === '' && groupInstanceId !== null)
    return turn.group.findInstance(groupInstanceId)?.memberId ?? KafkaError.UNKNOWN_MEMBER_ID;
  const found = findMember(turn, { memberId, instanceId: groupInstanceId });
  return isRefusal(found) ? found.errorCode : found.memberId;
}
