import type { Codec } from '@weirhouse/kafka-protocol';

/** Long.MAX as Kafka's configs write "no limit". */
const LONG_MAX = 2 ** 63;

/** What removes old records: Kafka's `cleanup.policy`. */
export type CleanupPolicy = 'delete' | 'compact' | 'compact,delete' | 'none';

/** A compression that batches are kept in whatever their producers chose. */
export interface Compression {
  readonly codec: Codec;
  /** The codec's own measure of effort; its default when undefined. */
  readonly level: number | undefined;
}

/** When a record may be acknowledged: durable, or in the page cache, which a power cut empties. */
export type Acknowledge = 'durable' | 'cached';

/** The settings of one partition's log, named as in Kafka's topic configs. */
export interface LogConfig {
  /** `segment.bytes`: a segment is rolled before it would exceed this. */
  readonly segmentBytes: number;
  /** `segment.ms`: a segment is rolled when its first record is older than this. */
  readonly segmentMs: number;
  /** `segment.index.bytes`: a segment is rolled when its offset index has grown to this. */
  readonly segmentIndexBytes: number;
  /** `index.interval.bytes`: one index entry per so many bytes of log. */
  readonly indexIntervalBytes: number;
  /** `retention.ms`; -1 keeps records for ever. */
  readonly retentionMs: number;
  /** `retention.bytes`; -1 sets no limit. */
  readonly retentionBytes: number;
  /** `file.delete.delay.ms`: how long removed segments stay on disk, for readers that hold them. */
  readonly fileDeleteDelayMs: number;
  /** `max.message.bytes`: the largest batch a client may append. */
  readonly maxMessageBytes: number;
  /** What `flush.messages`, `flush.ms` and the broker's `durability` come to. */
  readonly acknowledge: Acknowledge;
  /** `cleanup.policy`. */
  readonly cleanupPolicy: CleanupPolicy;
  /** `min.cleanable.dirty.ratio`: compaction begins when more than this share is not compacted. */
  readonly minCleanableDirtyRatio: number;
  /** `min.compaction.lag.ms`: younger records are not compacted. */
  readonly minCompactionLagMs: number;
  /** `max.compaction.lag.ms`: older records are compacted whatever the share. */
  readonly maxCompactionLagMs: number;
  /** `delete.retention.ms`: how long tombstones stay after compaction has met them. */
  readonly deleteRetentionMs: number;
  /** `compression.type` with its level; undefined for `producer`. */
  readonly compression: Compression | undefined;
  /** `message.timestamp.type`. */
  readonly timestampType: 'CreateTime' | 'LogAppendTime';
  /** `message.timestamp.before.max.ms`: how far behind the clock a record's time may be. */
  readonly timestampBeforeMaxMs: number;
  /** `message.timestamp.after.max.ms`: how far ahead of the clock a record's time may be. */
  readonly timestampAfterMaxMs: number;
  /** `transaction.partition.verification.enable`: a transaction begins only with a verification. */
  readonly verifiesTransactions: boolean;
}

/** Kafka 4.3's defaults. */
export const LOG_CONFIG_DEFAULTS: LogConfig = {
  segmentBytes: 1_073_741_824,
  segmentMs: 604_800_000,
  segmentIndexBytes: 10_485_760,
  indexIntervalBytes: 4096,
  retentionMs: 604_800_000,
  retentionBytes: -1,
  fileDeleteDelayMs: 60_000,
  maxMessageBytes: 1_048_588,
  acknowledge: 'durable',
  cleanupPolicy: 'delete',
  minCleanableDirtyRatio: 0.5,
  minCompactionLagMs: 0,
  maxCompactionLagMs: LONG_MAX,
  deleteRetentionMs: 86_400_000,
  compression: undefined,
  timestampType: 'CreateTime',
  timestampBeforeMaxMs: LONG_MAX,
  timestampAfterMaxMs: 3_600_000,
  verifiesTransactions: true,
};

/** True when records of this log are told apart by key, so that each must have one. */
export function isCompacted(config: LogConfig): boolean {
  return config.cleanupPolicy === 'compact' || config.cleanupPolicy === 'compact,delete';
}

/** True when old segments are removed by time and size. */
export function isDeleting(config: LogConfig): boolean {
  return config.cleanupPolicy === 'delete' || config.cleanupPolicy === 'compact,delete';
}
