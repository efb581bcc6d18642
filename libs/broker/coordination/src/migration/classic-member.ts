import { KafkaError } from '@weirhouse/kafka-protocol';

import type { ConsumerMember, ConsumerProfile } from '../consumer/consumer-member.ts';
import { findMember } from '../consumer/membership.ts';
import { isRefusal } from '../consumer/refusal.ts';
import type { ConsumerTurn } from '../consumer/turn.ts';

/** A member of a consumer group that speaks the classic protocol. */
export type ClassicConsumer = ConsumerMember & {
  readonly profile: ConsumerProfile & {
    readonly classic: NonNullable<ConsumerProfile['classic']>;
  };
};

/**
 * The member that a classic request speaks for, in the generation it names; or the error code. What
 * the classic protocol calls generation is the member's epoch here.
 */
export function findClassicConsumer(
  turn: ConsumerTurn,
  request: {
    readonly memberId: string;
    readonly groupInstanceId: string | null;
    readonly generationId: number;
  },
): ClassicConsumer | number {
  const { groupInstanceId, memberId } = request;
  const found = findMember(turn, { memberId, instanceId: groupInstanceId });
  if (isRefusal(found)) return found.errorCode;
  if (!speaksClassic(found)) return KafkaError.UNKNOWN_MEMBER_ID;
  return found.current.epoch === request.generationId ? found : KafkaError.ILLEGAL_GENERATION;
}

/** True for members that speak JoinGroup, SyncGroup and Heartbeat. */
export function speaksClassic(member: ConsumerMember): member is ClassicConsumer {
  return member.profile.classic !== null;
}

/** The version of the consumer protocol in which the member wrote its metadata. */
export function subscriptionVersion({ profile }: ClassicConsumer): number {
  const metadata = profile.classic.protocols[0]?.metadata;
  return metadata === undefined || metadata.length < 2 ? 0 : metadata.readInt16BE(0);
}
