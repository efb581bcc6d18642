import { downgradeIfClassic } from '../migration/downgrade.ts';
import { startEpoch } from './epochs.ts';
import { dropUnusedPatterns } from './patterns.ts';
import { cancelTimers } from './timer-keys.ts';
import type { ConsumerTurn } from './turn.ts';

/**
 * Takes members out of the group, with all they have. When only members of the classic protocol are
 * left, the group becomes a classic one; otherwise its next epoch starts.
 */
export function fence(turn: ConsumerTurn, memberIds: readonly string[]): void {
  for (const memberId of memberIds) removeMember(turn, memberId);
  if (downgradeIfClassic(turn)) return;
  dropUnusedPatterns(turn);
  startEpoch(turn);
}

/** Removes a member's records and timers. */
export function removeMember(turn: ConsumerTurn, memberId: string): void {
  const { groupId, live, operation } = turn;
  turn.write({ kind: 'consumer-current', groupId, memberId, value: null });
  turn.write({ kind: 'consumer-target-member', groupId, memberId, value: null });
  turn.write({ kind: 'consumer-member', groupId, memberId, value: null });
  cancelTimers(operation, groupId, memberId);
  live.awaitedJoins.delete(memberId);
}
