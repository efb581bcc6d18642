import type { Operation } from '../operation.ts';
import { findConsumerGroup } from '../shard-state.ts';
import { MemberState, type ConsumerMember } from './consumer-member.ts';
import { fence } from './fence.ts';
import { timerKey, type Deadline } from './timer-keys.ts';
import { ConsumerTurn } from './turn.ts';

/** Gives the member a full session from now: its own if it speaks the classic protocol. */
export function restartSession(
  operation: Operation,
  groupId: string,
  member: ConsumerMember,
): void {
  const { profile } = member;
  const delayMs =
    profile.classic?.sessionTimeoutMs ?? operation.shard.ports.settingsOf(groupId).sessionTimeoutMs;
  expireMember(operation, { deadline: 'session', groupId, memberId: member.memberId, delayMs });
}

/** Gives the member its rebalance timeout to give up partitions, if it has to; else none. */
export function watchRevocation(
  operation: Operation,
  groupId: string,
  member: ConsumerMember,
): void {
  const { current, memberId, profile } = member;
  if (current.state !== MemberState.UNREVOKED || profile.classic !== null)
    return cancelRevocation(operation, groupId, memberId);
  const { epoch } = current;
  operation.schedule(timerKey('revoke', groupId, memberId), profile.rebalanceTimeoutMs, (later) => {
    const group = findConsumerGroup(later.shard, groupId);
    const found = group?.find(memberId)?.current;
    if (group === undefined || found === undefined) return;
    if (found.state === MemberState.UNREVOKED && found.epoch === epoch)
      fence(new ConsumerTurn(later, group), [memberId]);
  });
  return undefined;
}

/** The member need not give up anything any more. */
export function cancelRevocation(operation: Operation, groupId: string, memberId: string): void {
  operation.cancel(timerKey('revoke', groupId, memberId));
}

/** Removes a member that does not come back in time for a step of the classic protocol. */
export function expectClassicStep(
  operation: Operation,
  deadline: 'join' | 'sync',
  place: { readonly groupId: string; readonly member: ConsumerMember },
): void {
  const { groupId, member } = place;
  const { memberId, profile } = member;
  expireMember(operation, { deadline, groupId, memberId, delayMs: profile.rebalanceTimeoutMs });
}

/** The member came in time for that step. */
export function cancelClassicStep(
  operation: Operation,
  deadline: 'join' | 'sync',
  place: { readonly groupId: string; readonly memberId: string },
): void {
  operation.cancel(timerKey(deadline, place.groupId, place.memberId));
}

function expireMember(
  operation: Operation,
  wait: {
    readonly deadline: Deadline;
    readonly groupId: string;
    readonly memberId: string;
    readonly delayMs: number;
  },
): void {
  const { deadline, delayMs, groupId, memberId } = wait;
  operation.schedule(timerKey(deadline, groupId, memberId), delayMs, (later) => {
    const group = findConsumerGroup(later.shard, groupId);
    if (group?.find(memberId) !== undefined) fence(new ConsumerTurn(later, group), [memberId]);
  });
}
