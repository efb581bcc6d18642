import { NOTHING_HELD, type HeldPartitions } from './held-partitions.ts';

/** The epoch of a member that joins; also of one that has joined and was given nothing yet. */
export const JOIN_EPOCH = 0;
/** The epoch a member sends to leave. */
export const LEAVE_EPOCH = -1;
/** The epoch a static member sends to leave for a while; it keeps its place (KIP-345). */
export const STATIC_LEAVE_EPOCH = -2;

/** Where a member stands between what it has and what it should have; `reconcile.ts` has the table. */
export const MemberState = { STABLE: 0, UNREVOKED: 1, UNRELEASED: 2, UNKNOWN: 127 } as const;

/** A protocol of a member that speaks JoinGroup. The metadata belongs to the record. */
export interface ClassicProtocol {
  readonly name: string;
  readonly metadata: Buffer;
}

/** What a member says of itself, as Kafka's ConsumerGroupMemberMetadataValue keeps it. */
export interface ConsumerProfile {
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly topicNames: readonly string[];
  /** Empty when it has none, as Kafka writes it. */
  readonly topicPattern: string;
  readonly rebalanceTimeoutMs: number;
  readonly serverAssignor: string | null;
  /** Set for a member that speaks JoinGroup, SyncGroup and Heartbeat. */
  readonly classic: {
    readonly sessionTimeoutMs: number;
    readonly protocols: readonly ClassicProtocol[];
  } | null;
}

/** What a member has, as Kafka's ConsumerGroupCurrentMemberAssignmentValue keeps it. */
export interface CurrentAssignment {
  readonly epoch: number;
  readonly previousEpoch: number;
  /** One of MemberState. */
  readonly state: number;
  readonly assigned: HeldPartitions;
  /** Partitions that the member was told to give up and still owns. */
  readonly revoking: HeldPartitions;
}

/** A member of a consumer group. Never changed: a record makes a new one. */
export interface ConsumerMember {
  readonly memberId: string;
  readonly profile: ConsumerProfile;
  readonly current: CurrentAssignment;
}

/** A member that has been given nothing yet. */
export const NOTHING_ASSIGNED: CurrentAssignment = {
  epoch: JOIN_EPOCH,
  previousEpoch: JOIN_EPOCH,
  state: MemberState.STABLE,
  assigned: NOTHING_HELD,
  revoking: NOTHING_HELD,
};

/** A member of which nothing is known yet. */
export const BLANK_PROFILE: ConsumerProfile = {
  instanceId: null,
  rackId: null,
  clientId: '',
  clientHost: '',
  topicNames: [],
  topicPattern: '',
  rebalanceTimeoutMs: -1,
  serverAssignor: null,
  classic: null,
};

/** True when the member has all that it should have. */
export function isReconciled(member: ConsumerMember, targetEpoch: number): boolean {
  return member.current.state === MemberState.STABLE && member.current.epoch === targetEpoch;
}
