/*
 * How a member comes from what it has to what it should have (KIP-848). "Done" is a heartbeat that
 * no longer lists what was to be given up; "free" is a partition that no other member has.
 *
 * | state      | event                                          | next       | epoch  |
 * |------------|------------------------------------------------|------------|--------|
 * | STABLE     | a newer target, the member has nothing to lose | STABLE     | target |
 * | STABLE     | a newer target, partitions to give up          | UNREVOKED  | stays  |
 * | STABLE     | a newer target, not all of it is free          | UNRELEASED | target |
 * | STABLE     | it wants fewer topics, no newer target yet     | UNREVOKED  | stays  |
 * | UNREVOKED  | not done                                       | UNREVOKED  | stays  |
 * | UNREVOKED  | done                                           | as STABLE with a newer target |
 * | UNRELEASED | any heartbeat                                  | as STABLE with a newer target |
 * | UNKNOWN    | written by a newer broker: treated as STABLE   |            |        |
 */
import type { Uuid } from '@weirhouse/shared-kernel';

import type { Assignment } from '../assignors/assignment.ts';
import { MemberState, type ConsumerMember, type CurrentAssignment } from './consumer-member.ts';
import {
  eachHeld,
  HeldBuilder,
  heldSince,
  holds,
  isSameHeld,
  NOTHING_HELD,
  ownsAny,
  type HeldPartitions,
  type OwnedPartitions,
} from './held-partitions.ts';

/** What decides where a member goes next. */
export interface Reconciliation {
  readonly member: ConsumerMember;
  readonly target: Assignment;
  readonly targetEpoch: number;
  /** What the client says it owns; null when it did not say, so it may still own everything. */
  readonly owned: OwnedPartitions | null;
  /** True when nobody but this member has the partition. */
  readonly isFree: (topicId: Uuid, partition: number) => boolean;
  /** Topics the member subscribes to now; the target may be older than that. */
  readonly topicIds: ReadonlySet<Uuid>;
  readonly hasSubscriptionChanged: boolean;
}

/** The member's next assignment; the same object when nothing changes. */
export function reconcile(input: Reconciliation): CurrentAssignment {
  const { current } = input.member;
  const next = nextOf(input);
  const isSame =
    next.epoch === current.epoch &&
    next.state === current.state &&
    isSameHeld(next.assigned, current.assigned) &&
    isSameHeld(next.revoking, current.revoking);
  return isSame ? current : next;
}

function nextOf(input: Reconciliation): CurrentAssignment {
  const { current } = input.member;
  const isBehind = current.epoch !== input.targetEpoch;
  switch (current.state) {
    case MemberState.UNREVOKED:
      if (!ownsSome(input, current.revoking)) return advance(input);
      return input.hasSubscriptionChanged ? trim(input) : current;
    case MemberState.UNRELEASED:
      return advance(input);
    default:
      if (isBehind) return advance(input);
      return input.hasSubscriptionChanged ? trim(input) : current;
  }
}

/** Takes the next step towards the target. */
function advance(input: Reconciliation): CurrentAssignment {
  const { current } = input.member;
  const kept = new HeldBuilder();
  const revoked = new HeldBuilder();
  const wanted = heldSince(input.target, input.targetEpoch);
  for (const { epoch, partition, topicId } of eachHeld(current.assigned)) {
    const isWanted = input.topicIds.has(topicId) && holds(wanted, topicId, partition);
    (isWanted ? kept : revoked).add(topicId, partition, epoch);
  }
  const revoking = revoked.build();
  if (!revoked.isEmpty && ownsSome(input, revoking)) {
    return {
      epoch: current.epoch,
      previousEpoch: current.epoch,
      state: MemberState.UNREVOKED,
      assigned: kept.build(),
      revoking,
    };
  }
  const isComplete = takeFree(input, kept);
  return {
    epoch: input.targetEpoch,
    previousEpoch: current.epoch,
    state: isComplete ? MemberState.STABLE : MemberState.UNRELEASED,
    assigned: kept.build(),
    revoking: NOTHING_HELD,
  };
}

/** Adds what the member should have and nobody else has. Returns false when something is missing. */
function takeFree(input: Reconciliation, kept: HeldBuilder): boolean {
  const { assigned } = input.member.current;
  let isComplete = true;
  for (const [topicId, partitions] of input.target) {
    if (!input.topicIds.has(topicId)) continue;
    for (const partition of partitions) {
      if (holds(assigned, topicId, partition)) continue;
      if (input.isFree(topicId, partition)) kept.add(topicId, partition, input.targetEpoch);
      else isComplete = false;
    }
  }
  return isComplete;
}

/** Gives up topics that the member no longer wants, before there is a target that says so. */
function trim(input: Reconciliation): CurrentAssignment {
  const { current } = input.member;
  const kept = new HeldBuilder();
  const revoked = new HeldBuilder();
  for (const { epoch, partition, topicId } of eachHeld(current.revoking))
    revoked.add(topicId, partition, epoch);
  let hasChanged = false;
  for (const { epoch, partition, topicId } of eachHeld(current.assigned)) {
    const isWanted = input.topicIds.has(topicId);
    hasChanged ||= !isWanted;
    (isWanted ? kept : revoked).add(topicId, partition, epoch);
  }
  if (!hasChanged) return current;
  const revoking = revoked.build();
  const assigned = kept.build();
  const { epoch, state } = current;
  if (ownsSome(input, revoking))
    return { epoch, previousEpoch: epoch, state: MemberState.UNREVOKED, assigned, revoking };
  return { epoch, previousEpoch: epoch, state, assigned, revoking: NOTHING_HELD };
}

function ownsSome({ owned }: Reconciliation, held: HeldPartitions): boolean {
  return owned === null || ownsAny(owned, held);
}
