import { isReconciled, type ConsumerMember, type ConsumerProfile } from './consumer-member.ts';
import { noticeTopics, startEpoch, subscribedTopicIds, updateTarget } from './epochs.ts';
import type { OwnedPartitions } from './held-partitions.ts';
import { dropUnusedPatterns, refreshPattern } from './patterns.ts';
import { isSameProfile, isSameSubscription } from './profile.ts';
import { reconcile } from './reconcile.ts';
import { watchRevocation } from './timers.ts';
import type { ConsumerTurn } from './turn.ts';

/** A member that was heard of, by whichever protocol. */
export interface Report {
  readonly before: ConsumerMember;
  /** What it says of itself now. */
  readonly profile: ConsumerProfile;
  /** What it says it owns; null when it did not say. */
  readonly owned: OwnedPartitions | null;
  /** Which topics its pattern may match. */
  readonly isTopicVisible: (name: string) => boolean;
}

/**
 * Takes in what a member says and moves group and member on: the member's profile, the patterns, the
 * group's epoch, the target assignment, and last what this member has of it. Returns the member after.
 */
export function moveOn(turn: ConsumerTurn, report: Report): ConsumerMember {
  const { groupId } = turn;
  const { before, isTopicVisible, owned, profile } = report;
  const { memberId } = before;
  const isNew = turn.group.find(memberId) === undefined;
  const hasSubscriptionChanged = !isSameSubscription(before.profile, profile);
  if (isNew || !isSameProfile(before.profile, profile))
    turn.write({ kind: 'consumer-member', groupId, memberId, value: profile });
  const { topicPattern } = profile;
  if (before.profile.topicPattern !== topicPattern) dropUnusedPatterns(turn);
  const hasMatchedAnew = topicPattern !== '' && refreshPattern(turn, topicPattern, isTopicVisible);
  const isUnstarted = turn.group.epoch === 0;
  if (isNew || isUnstarted || hasSubscriptionChanged || hasMatchedAnew) startEpoch(turn);
  else noticeTopics(turn);
  updateTarget(turn);
  const after = { memberId, profile, current: before.current };
  const hasNothingToDo = isReconciled(after, turn.group.target.epoch) && !hasSubscriptionChanged;
  return hasNothingToDo ? after : step(turn, after, { owned, hasSubscriptionChanged });
}

function step(
  turn: ConsumerTurn,
  member: ConsumerMember,
  report: { readonly owned: OwnedPartitions | null; readonly hasSubscriptionChanged: boolean },
): ConsumerMember {
  const { group, groupId, operation } = turn;
  const { memberId, profile } = member;
  const current = reconcile({
    member,
    target: group.targetOf(memberId),
    targetEpoch: group.target.epoch,
    owned: report.owned,
    isFree: (topicId, partition) => {
      const owner = group.ownerOf(topicId, partition);
      return owner === undefined || owner === memberId;
    },
    topicIds: subscribedTopicIds(turn, group.topicNamesOf(profile)),
    hasSubscriptionChanged: report.hasSubscriptionChanged,
  });
  if (current === member.current) return member;
  turn.write({ kind: 'consumer-current', groupId, memberId, value: current });
  const after = { memberId, profile, current };
  watchRevocation(operation, groupId, after);
  return after;
}
