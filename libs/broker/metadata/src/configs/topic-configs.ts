import { atLeast, between, listOf, oneOf } from './checks.ts';
import { type ConfigDefinition, define, LONG_MAX } from './definition.ts';

const MIB = 1024 * 1024;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const NO_TIERS = 'tiered storage is not available on this cluster';

/** Settings of the segment files of a topic's partitions. */
const SEGMENTS: readonly ConfigDefinition[] = [
  define('segment.bytes', 'INT', '1073741824', {
    check: atLeast(MIB),
    from: ['log.segment.bytes'],
    doc: 'A segment file is closed and a new one begun before it would grow past this many bytes.',
  }),
  define('segment.ms', 'LONG', '604800000', {
    check: atLeast(1),
    from: ['log.roll.ms', { name: 'log.roll.hours', unit: HOUR_MS }],
    doc: 'A segment older than this many milliseconds is closed even when it is not full.',
  }),
  define('segment.jitter.ms', 'LONG', '0', {
    check: atLeast(0),
    from: ['log.roll.jitter.ms', { name: 'log.roll.jitter.hours', unit: HOUR_MS }],
    doc: 'Up to this many milliseconds, chosen at random, are taken off segment.ms to spread rolls.',
  }),
  define('segment.index.bytes', 'INT', '10485760', {
    check: atLeast(4),
    from: ['log.index.size.max.bytes'],
    doc: 'The index of one segment grows to at most this many bytes.',
  }),
  define('index.interval.bytes', 'INT', '4096', {
    check: atLeast(0),
    from: ['log.index.interval.bytes'],
    doc: 'An index entry is written after about this many bytes of records.',
  }),
  define('preallocate', 'BOOLEAN', 'false', {
    from: ['log.preallocate'],
    doc: 'Whether the full space of a segment file is reserved when the file is made.',
  }),
  define('file.delete.delay.ms', 'LONG', '60000', {
    check: atLeast(0),
    from: ['log.segment.delete.delay.ms'],
    doc: 'A file that is no longer part of the log is removed from disk after this time.',
  }),
  define('internal.segment.bytes', 'INT', null, {
    internal: true,
    doc: 'For tests: a segment size that may be below the minimum of segment.bytes.',
  }),
  define('flush.messages', 'LONG', LONG_MAX, {
    check: atLeast(1),
    from: ['log.flush.interval.messages'],
    doc: 'Records that may be accepted before the log is forced to disk.',
  }),
  define('flush.ms', 'LONG', LONG_MAX, {
    check: atLeast(0),
    from: ['log.flush.interval.ms', 'log.flush.scheduler.interval.ms'],
    doc: 'The longest time a record may stay in memory before the log is forced to disk.',
  }),
];

/** Settings of how long records stay and how they are compacted. */
const CLEANUP: readonly ConfigDefinition[] = [
  define('cleanup.policy', 'LIST', 'delete', {
    check: listOf('compact', 'delete'),
    from: ['log.cleanup.policy'],
    doc: 'Old records are dropped by age and size (delete), by newer keys (compact), or by both.',
  }),
  define('retention.bytes', 'LONG', '-1', {
    from: ['log.retention.bytes'],
    doc: 'The oldest segments of a partition go when it is larger than this; -1 sets no limit.',
  }),
  define('retention.ms', 'LONG', '604800000', {
    check: atLeast(-1),
    from: [
      'log.retention.ms',
      { name: 'log.retention.minutes', unit: MINUTE_MS },
      { name: 'log.retention.hours', unit: HOUR_MS },
    ],
    doc: 'Segments whose newest record is older than this are removed; -1 keeps them for ever.',
  }),
  define('delete.retention.ms', 'LONG', '86400000', {
    check: atLeast(0),
    from: ['log.cleaner.delete.retention.ms'],
    doc: 'How long a compacted topic still shows the deletion marks of removed keys.',
  }),
  define('min.compaction.lag.ms', 'LONG', '0', {
    check: atLeast(0),
    from: ['log.cleaner.min.compaction.lag.ms'],
    doc: 'A record younger than this is left alone by compaction.',
  }),
  define('max.compaction.lag.ms', 'LONG', LONG_MAX, {
    check: atLeast(1),
    from: ['log.cleaner.max.compaction.lag.ms'],
    doc: 'A record older than this makes its partition due for compaction.',
  }),
  define('min.cleanable.dirty.ratio', 'DOUBLE', '0.5', {
    check: between(0, 1),
    from: ['log.cleaner.min.cleanable.ratio'],
    doc: 'Compaction starts when at least this share of the log has not been compacted yet.',
  }),
];

/** Settings of what producers may write. */
const WRITES: readonly ConfigDefinition[] = [
  define('max.message.bytes', 'INT', '1048588', {
    check: atLeast(0),
    from: ['message.max.bytes'],
    doc: 'The largest record batch, in bytes, that the topic accepts.',
  }),
  define('compression.type', 'STRING', 'producer', {
    check: oneOf('uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'),
    from: ['compression.type'],
    doc: 'The compression batches are kept in; producer keeps whatever the producer chose.',
  }),
  define('compression.gzip.level', 'INT', '-1', {
    check: { kind: 'either', value: -1, min: 1, max: 9 },
    from: ['compression.gzip.level'],
    doc: 'The effort of gzip when compression.type is gzip; -1 is the library default.',
  }),
  define('compression.lz4.level', 'INT', '9', {
    check: between(1, 17),
    from: ['compression.lz4.level'],
    doc: 'The effort of lz4 when compression.type is lz4.',
  }),
  define('compression.zstd.level', 'INT', '3', {
    check: between(-131_072, 22),
    from: ['compression.zstd.level'],
    doc: 'The effort of zstd when compression.type is zstd.',
  }),
  define('message.timestamp.type', 'STRING', 'CreateTime', {
    check: oneOf('CreateTime', 'LogAppendTime'),
    from: ['log.message.timestamp.type'],
    doc: 'Whether a record carries the time of its producer or the time of its arrival.',
  }),
  define('message.timestamp.before.max.ms', 'LONG', LONG_MAX, {
    check: atLeast(0),
    from: ['log.message.timestamp.before.max.ms'],
    doc: 'A record is refused when its time lies further in the past than this.',
  }),
  define('message.timestamp.after.max.ms', 'LONG', '3600000', {
    check: atLeast(0),
    from: ['log.message.timestamp.after.max.ms'],
    doc: 'A record is refused when its time lies further in the future than this.',
  }),
];

/** Settings of replication and of tiers. */
const REPLICATION: readonly ConfigDefinition[] = [
  define('min.insync.replicas', 'INT', '1', {
    check: atLeast(1),
    from: ['min.insync.replicas'],
    doc: 'A write with acks=all is refused while fewer replicas than this are in sync.',
  }),
  define('unclean.leader.election.enable', 'BOOLEAN', 'false', {
    from: ['unclean.leader.election.enable'],
    doc: 'Whether a replica that may lack acknowledged records can lead when no other is left.',
  }),
  define('leader.replication.throttled.replicas', 'LIST', '', {
    check: { kind: 'throttled-replicas' },
    doc: 'Replicas, as partition:broker or *, whose sending to followers is slowed down.',
  }),
  define('follower.replication.throttled.replicas', 'LIST', '', {
    check: { kind: 'throttled-replicas' },
    doc: 'Replicas, as partition:broker or *, whose fetching from the leader is slowed down.',
  }),
  define('remote.storage.enable', 'BOOLEAN', 'false', {
    check: { kind: 'unsupported', allowed: 'false', reason: NO_TIERS },
    doc: 'Whether closed segments are also kept in remote storage.',
  }),
  define('local.retention.ms', 'LONG', '-2', {
    check: atLeast(-2),
    from: ['log.local.retention.ms'],
    doc: 'With remote storage: how long segments stay on local disks; -2 follows retention.ms.',
  }),
  define('local.retention.bytes', 'LONG', '-2', {
    check: atLeast(-2),
    from: ['log.local.retention.bytes'],
    doc: 'With remote storage: local bytes per partition; -2 follows retention.bytes.',
  }),
  define('remote.log.copy.disable', 'BOOLEAN', 'false', {
    check: { kind: 'unsupported', allowed: 'false', reason: NO_TIERS },
    doc: 'With remote storage: whether copying of further segments is stopped.',
  }),
  define('remote.log.delete.on.disable', 'BOOLEAN', 'false', {
    check: { kind: 'unsupported', allowed: 'false', reason: NO_TIERS },
    doc: 'With remote storage: whether switching it off also removes what is stored there.',
  }),
];

/** All topic settings of Kafka 4.3, by name. */
export const TOPIC_CONFIGS: ReadonlyMap<string, ConfigDefinition> = new Map(
  [...SEGMENTS, ...CLEANUP, ...WRITES, ...REPLICATION].map((entry) => [entry.name, entry]),
);
