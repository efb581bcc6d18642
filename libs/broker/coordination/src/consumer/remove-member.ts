import { cancelTimers } from './timer-keys.ts';
import type { ConsumerTurn } from './turn.ts';

/** Removes a member's records and timers. */
export function removeMember(turn: ConsumerTurn, memberId: string): void {
  const { groupId, live, operation } = turn;
  turn.write({ kind: 'consumer-current', groupId, memberId, value: null });
  turn.write({ kind: 'consumer-target-member', groupId, memberId, value: null });
  turn.write({ kind: 'consumer-member', groupId, memberId, value: null });
  cancelTimers(operation, groupId, memberId);
  live.awaitedJoins.delete(memberId);
}
