import type { Uuid } from '@weirhouse/shared-kernel';

import type { ConsumerRecord } from './consumer-record.ts';

/** A member as Kafka's GroupMetadataValue keeps it. The buffers belong to the record. */
export interface PersistedMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  /** The metadata of the chosen protocol. */
  readonly subscription: Buffer;
  readonly assignment: Buffer;
}

/** A classic group as Kafka's GroupMetadataValue keeps it. */
export interface PersistedGroup {
  readonly protocolType: string;
  readonly generation: number;
  readonly protocolName: string | null;
  readonly leaderId: string | null;
  /** When the group entered its state; -1 in records of old brokers. */
  readonly stateTimestampMs: number;
  readonly members: readonly PersistedMember[];
}

/** A committed offset as Kafka's OffsetCommitValue keeps it. */
export interface CommittedOffset {
  readonly offset: number;
  /** -1 when unknown. */
  readonly leaderEpoch: number;
  readonly metadata: string;
  readonly commitTimestampMs: number;
  /** Set by commits of versions 2-4 that carry their own retention; else -1. */
  readonly expireTimestampMs: number;
  /** ZERO_UUID when unknown. */
  readonly topicId: Uuid;
}

/** The classic group's record; a null value is the tombstone that removes the group. */
export interface ClassicGroupRecord {
  readonly kind: 'classic-group';
  readonly groupId: string;
  readonly value: PersistedGroup | null;
}

/** One partition's committed offset; a null value removes it. */
export interface OffsetRecord {
  readonly kind: 'offset';
  readonly groupId: string;
  readonly topic: string;
  readonly partition: number;
  readonly value: CommittedOffset | null;
}

/** An offset committed in a producer's transaction: it counts once that is committed. */
export interface PendingOffsetRecord {
  readonly kind: 'pending-offset';
  readonly producerId: number;
  readonly groupId: string;
  readonly topic: string;
  readonly partition: number;
  readonly value: CommittedOffset;
}

/** The end of a producer's transaction on the shard's partition: a control record of the log. */
export interface TransactionEnd {
  readonly producerId: number;
  readonly isCommitted: boolean;
}

/** Everything a shard writes to and reads from its `__consumer_offsets` partition. */
export type CoordinatorRecord =
  | ClassicGroupRecord
  | OffsetRecord
  | PendingOffsetRecord
  | ConsumerRecord;
