import { KafkaError } from '@weirhouse/kafka-protocol';

import { consumerGroupSizeLimit } from '../shard-state.ts';
import {
  BLANK_PROFILE,
  NOTHING_ASSIGNED,
  STATIC_LEAVE_EPOCH,
  type ConsumerMember,
} from './consumer-member.ts';
import { ownsOnly, type OwnedPartitions } from './held-partitions.ts';
import { refusal, type Refusal } from './refusal.ts';
import { removeMember } from './remove-member.ts';
import type { ConsumerTurn } from './turn.ts';

/** Who speaks, and what it says of where it stands. */
export interface Claim {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly epoch: number;
  readonly owned: OwnedPartitions | null;
}

/** The member that speaks for itself in a heartbeat, or why it may not. */
export function findMember(
  turn: ConsumerTurn,
  claim: Pick<Claim, 'memberId' | 'instanceId'>,
): ConsumerMember | Refusal {
  const { group, groupId } = turn;
  const { instanceId, memberId } = claim;
  if (instanceId === null) return group.find(memberId) ?? unknownMember(groupId, memberId);
  const holder = group.findInstance(instanceId);
  if (holder === undefined)
    return refusal(KafkaError.UNKNOWN_MEMBER_ID, `Instance id ${instanceId} is unknown.`);
  if (holder.memberId === memberId) return holder;
  return refusal(
    KafkaError.FENCED_INSTANCE_ID,
    `Static member ${memberId} with instance id ${instanceId} was fenced by member ${holder.memberId}.`,
  );
}

/**
 * The member that joins. A member that is there already may join again: its last answer was lost, or
 * it starts over. An instance id changes hands only when its holder has left for a while.
 */
export function joiningMember(
  turn: ConsumerTurn,
  claim: Pick<Claim, 'memberId' | 'instanceId'>,
  usesClassicProtocol: boolean,
): ConsumerMember | Refusal {
  const { group, operation } = turn;
  const { instanceId, memberId } = claim;
  const holder = instanceId === null ? undefined : group.findInstance(instanceId);
  if (holder !== undefined && holder.memberId !== memberId) {
    const isReleased = holder.current.epoch === STATIC_LEAVE_EPOCH;
    const isClassic = usesClassicProtocol || holder.profile.classic !== null;
    if (isReleased || isClassic) return replaceMember(turn, holder, memberId);
    return refusal(
      KafkaError.UNRELEASED_INSTANCE_ID,
      `Static member ${memberId} cannot join: its instance id is held by member ${holder.memberId}.`,
    );
  }
  const known = group.find(memberId);
  if (known !== undefined) return known;
  if (group.size >= consumerGroupSizeLimit(operation.shard))
    return refusal(
      KafkaError.GROUP_MAX_SIZE_REACHED,
      'The consumer group has as many members as it may.',
    );
  return { memberId, profile: BLANK_PROFILE, current: NOTHING_ASSIGNED };
}

/** Why a member may not go on from the epoch that it claims; undefined when it may. */
export function checkEpoch({ current }: ConsumerMember, claim: Claim): Refusal | undefined {
  if (claim.epoch === current.epoch) return undefined;
  // The answer that told the newer epoch may have been lost: then the member owns nothing new.
  const isRetry = claim.epoch === current.previousEpoch && claim.epoch < current.epoch;
  if (isRetry && claim.owned !== null && ownsOnly(claim.owned, current.assigned)) return undefined;
  const relation = claim.epoch > current.epoch ? 'greater' : 'smaller';
  return refusal(
    KafkaError.FENCED_MEMBER_EPOCH,
    `The member has a ${relation} epoch (${claim.epoch}) than the group knows (${current.epoch}). It must give up its partitions and join again.`,
  );
}

/** Puts the new incarnation of a static member in the place of the old one (KIP-345). */
function replaceMember(turn: ConsumerTurn, old: ConsumerMember, memberId: string): ConsumerMember {
  const { groupId } = turn;
  const target = turn.group.targetOf(old.memberId);
  const current = {
    ...NOTHING_ASSIGNED,
    assigned: old.current.assigned,
  };
  removeMember(turn, old.memberId);
  turn.write({ kind: 'consumer-member', groupId, memberId, value: old.profile });
  turn.write({ kind: 'consumer-target-member', groupId, memberId, value: target });
  turn.write({ kind: 'consumer-current', groupId, memberId, value: current });
  return { memberId, profile: old.profile, current };
}

/** A member that the group does not have. */
export function unknownMember(groupId: string, memberId: string): Refusal {
  const message = `Member ${memberId} is not a member of group ${groupId}.`;
  return refusal(KafkaError.UNKNOWN_MEMBER_ID, message);
}
