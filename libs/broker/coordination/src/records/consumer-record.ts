import type { Assignment } from '../assignors/assignment.ts';
import type { ConsumerProfile, CurrentAssignment } from '../consumer/consumer-member.ts';

/** How often a group has changed, and what its topics looked like then. */
export interface GroupEpoch {
  readonly epoch: number;
  /** Hash of the topics that are subscribed to; 0 without any. Only ever compared. */
  readonly topicsHash: number;
}

/** Which epoch of the group the target assignment is for. */
export interface TargetEpoch {
  readonly epoch: number;
  readonly assignedAtMs: number;
}

/** Kafka's ConsumerGroupMetadata; null removes the group. */
export interface GroupEpochRecord {
  readonly kind: 'consumer-group';
  readonly groupId: string;
  readonly value: GroupEpoch | null;
}

/** Kafka's ConsumerGroupMemberMetadata; null removes the member. */
export interface MemberProfileRecord {
  readonly kind: 'consumer-member';
  readonly groupId: string;
  readonly memberId: string;
  readonly value: ConsumerProfile | null;
}

/** Kafka's ConsumerGroupTargetAssignmentMetadata. */
export interface TargetEpochRecord {
  readonly kind: 'consumer-target';
  readonly groupId: string;
  readonly value: TargetEpoch | null;
}

/** Kafka's ConsumerGroupTargetAssignmentMember. */
export interface TargetMemberRecord {
  readonly kind: 'consumer-target-member';
  readonly groupId: string;
  readonly memberId: string;
  readonly value: Assignment | null;
}

/** Kafka's ConsumerGroupCurrentMemberAssignment. */
export interface CurrentAssignmentRecord {
  readonly kind: 'consumer-current';
  readonly groupId: string;
  readonly memberId: string;
  readonly value: CurrentAssignment | null;
}

/** The topics that a pattern stood for when it was last looked at. */
export interface ResolvedPattern {
  /** Sorted. */
  readonly topics: readonly string[];
  /** The version of the topics at that time; only for people who read the log. */
  readonly version: number;
  readonly resolvedAtMs: number;
}

/** Kafka's ConsumerGroupRegularExpression. */
export interface PatternRecord {
  readonly kind: 'consumer-pattern';
  readonly groupId: string;
  readonly pattern: string;
  readonly value: ResolvedPattern | null;
}

/** Everything that makes up a consumer group (KIP-848), in Kafka's record types 3 to 8 and 16. */
export type ConsumerRecord =
  | GroupEpochRecord
  | MemberProfileRecord
  | TargetEpochRecord
  | TargetMemberRecord
  | CurrentAssignmentRecord
  | PatternRecord;
