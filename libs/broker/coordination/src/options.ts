import {
  GROUP_SIZE_UNLIMITED,
  GROUPS_PER_SHARD_MAX,
  OFFSET_METADATA_LENGTH_MAX,
} from './limits.ts';

/** What a shard can be told; each field names the Kafka broker config that it follows. */
export interface GroupShardOptions {
  /** `group.max.size`; never above GROUP_MEMBERS_MAX in effect. */
  readonly groupSizeMax: number;
  /** `group.min.session.timeout.ms`. */
  readonly sessionTimeoutMinMs: number;
  /** `group.max.session.timeout.ms`. */
  readonly sessionTimeoutMaxMs: number;
  /** `group.initial.rebalance.delay.ms`; 0 starts at once. */
  readonly initialRebalanceDelayMs: number;
  /** `offset.metadata.max.bytes`, counted in UTF-16 units as Kafka does. */
  readonly offsetMetadataLengthMax: number;
  /** `offsets.retention.minutes`, in milliseconds. */
  readonly offsetsRetentionMs: number;
  /** Largest batch the partition takes (`max.message.bytes` of the topic), in bytes. */
  readonly batchBytesMax: number;
  /** Groups this shard will hold; above it a new group is answered COORDINATOR_NOT_AVAILABLE. */
  readonly groupsMax: number;
  /** `group.consumer.max.size`; never above GROUP_MEMBERS_MAX in effect. */
  readonly consumerGroupSizeMax: number;
  /** `group.consumer.assignors`; the first one is taken when members do not agree on another. */
  readonly assignors: readonly string[];
  /** `group.consumer.migration.policy`. */
  readonly migrationPolicy: MigrationPolicy;
  /** `group.consumer.regex.refresh.interval.ms`: patterns are looked at again at least so often. */
  readonly patternRefreshMs: number;
}

/** In which directions a group with members may change its protocol. */
export type MigrationPolicy = 'bidirectional' | 'upgrade' | 'downgrade' | 'disabled';

/** Kafka 4.3's defaults. */
export const defaultGroupShardOptions: GroupShardOptions = {
  groupSizeMax: GROUP_SIZE_UNLIMITED,
  sessionTimeoutMinMs: 6_000,
  sessionTimeoutMaxMs: 1_800_000,
  initialRebalanceDelayMs: 3_000,
  offsetMetadataLengthMax: OFFSET_METADATA_LENGTH_MAX,
  offsetsRetentionMs: 10_080 * 60 * 1000,
  batchBytesMax: 1_048_588,
  groupsMax: GROUPS_PER_SHARD_MAX,
  consumerGroupSizeMax: GROUP_SIZE_UNLIMITED,
  assignors: ['uniform', 'range'],
  migrationPolicy: 'bidirectional',
  patternRefreshMs: 600_000,
};
