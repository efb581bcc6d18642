import { downgradeIfClassic } from '../migration/downgrade.ts';
import { startEpoch } from './epochs.ts';
import { dropUnusedPatterns } from './patterns.ts';
import { removeMember } from './remove-member.ts';
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
