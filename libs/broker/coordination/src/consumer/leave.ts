import type { ConsumerHeartbeatInput } from '../messages.ts';
import type { Operation } from '../operation.ts';
import {
  LEAVE_EPOCH,
  MemberState,
  STATIC_LEAVE_EPOCH,
  type ConsumerMember,
} from './consumer-member.ts';
import { fence } from './fence.ts';
import { NOTHING_HELD } from './held-partitions.ts';
import { findMember } from './membership.ts';
import { openGroup } from './open-group.ts';
import { isRefusal, type Refusal } from './refusal.ts';
import { cancelRevocation } from './timers.ts';
import type { ConsumerTurn } from './turn.ts';

/** What a member that leaves is told. */
interface Farewell {
  readonly memberId: string;
  readonly memberEpoch: number;
  readonly heartbeatIntervalMs: number;
  readonly assignment: null;
}

/** A heartbeat of epoch -1 (gone for good) or -2 (a static member that means to come back). */
export function leaveConsumerGroup(
  operation: Operation,
  request: ConsumerHeartbeatInput,
): Farewell | Refusal {
  const turn = openGroup(operation, request.groupId, false);
  if (isRefusal(turn)) return turn;
  const member = findMember(turn, request);
  if (isRefusal(member)) return member;
  const { memberEpoch, memberId } = request;
  if (memberEpoch === LEAVE_EPOCH) fence(turn, [memberId]);
  else restForAWhile(turn, member);
  return { memberId, memberEpoch, heartbeatIntervalMs: 0, assignment: null };
}

/** The member keeps its place until its session ends, which runs on; it owns nothing it was to give up. */
function restForAWhile(turn: ConsumerTurn, { current, memberId }: ConsumerMember): void {
  const { groupId, operation } = turn;
  const value = {
    ...current,
    epoch: STATIC_LEAVE_EPOCH,
    state: MemberState.STABLE,
    revoking: NOTHING_HELD,
  };
  turn.write({ kind: 'consumer-current', groupId, memberId, value });
  cancelRevocation(operation, groupId, memberId);
}
