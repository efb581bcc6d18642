import { atLeast } from './checks.ts';
import { type ConfigDefinition, type ConfigType, define, LONG_MAX } from './definition.ts';
import { TOPIC_CONFIGS } from './topic-configs.ts';

/** The topic setting that a broker setting of the same meaning gives the default for. */
const DEFAULTS_FOR_TOPICS: readonly (readonly [broker: string, topic: string])[] = [
  ['log.segment.bytes', 'segment.bytes'],
  ['log.index.size.max.bytes', 'segment.index.bytes'],
  ['log.index.interval.bytes', 'index.interval.bytes'],
  ['log.preallocate', 'preallocate'],
  ['log.segment.delete.delay.ms', 'file.delete.delay.ms'],
  ['log.flush.interval.messages', 'flush.messages'],
  ['log.cleanup.policy', 'cleanup.policy'],
  ['log.retention.bytes', 'retention.bytes'],
  ['log.cleaner.delete.retention.ms', 'delete.retention.ms'],
  ['log.cleaner.min.compaction.lag.ms', 'min.compaction.lag.ms'],
  ['log.cleaner.max.compaction.lag.ms', 'max.compaction.lag.ms'],
  ['log.cleaner.min.cleanable.ratio', 'min.cleanable.dirty.ratio'],
  ['message.max.bytes', 'max.message.bytes'],
  ['compression.type', 'compression.type'],
  ['compression.gzip.level', 'compression.gzip.level'],
  ['compression.lz4.level', 'compression.lz4.level'],
  ['compression.zstd.level', 'compression.zstd.level'],
  ['log.message.timestamp.type', 'message.timestamp.type'],
  ['log.message.timestamp.before.max.ms', 'message.timestamp.before.max.ms'],
  ['log.message.timestamp.after.max.ms', 'message.timestamp.after.max.ms'],
  ['min.insync.replicas', 'min.insync.replicas'],
  ['unclean.leader.election.enable', 'unclean.leader.election.enable'],
  ['log.local.retention.ms', 'local.retention.ms'],
  ['log.local.retention.bytes', 'local.retention.bytes'],
];

function defaultsForTopics(): readonly ConfigDefinition[] {
  return DEFAULTS_FOR_TOPICS.flatMap(([broker, topic]) => {
    const definition = TOPIC_CONFIGS.get(topic);
    if (definition === undefined) return [];
    const documentation = `Default of ${topic} for topics that do not set it.`;
    return [
      {
        ...definition,
        name: broker,
        documentation,
        synonyms: [],
        dynamic: 'cluster-wide' as const,
      },
    ];
  });
}

/** A default of a topic setting in a unit of its own; Kafka lets only milliseconds be changed. */
function inUnit(name: string, options: { type?: ConfigType; value?: string; doc: string }) {
  return define(name, options.type ?? 'LONG', options.value ?? null, {
    doc: options.doc,
    dynamic: name.endsWith('.ms') ? 'cluster-wide' : 'read-only',
  });
}

/** Broker settings in several units, which topic settings fall back to in order. */
const UNIT_VARIANTS: readonly ConfigDefinition[] = [
  inUnit('log.roll.ms', { doc: 'Default of segment.ms; wins over log.roll.hours.' }),
  inUnit('log.roll.hours', { type: 'INT', value: '168', doc: 'Default of segment.ms in hours.' }),
  inUnit('log.roll.jitter.ms', {
    doc: 'Default of segment.jitter.ms; wins over log.roll.jitter.hours.',
  }),
  inUnit('log.roll.jitter.hours', {
    type: 'INT',
    value: '0',
    doc: 'Default of segment.jitter.ms in hours.',
  }),
  inUnit('log.retention.ms', {
    doc: 'Default of retention.ms; wins over the forms in minutes and hours.',
  }),
  inUnit('log.retention.minutes', { type: 'INT', doc: 'Default of retention.ms in minutes.' }),
  inUnit('log.retention.hours', {
    type: 'INT',
    value: '168',
    doc: 'Default of retention.ms in hours.',
  }),
  inUnit('log.flush.interval.ms', {
    doc: 'Default of flush.ms; wins over log.flush.scheduler.interval.ms.',
  }),
];

/** Broker settings about logs, topics and their places. */
export const BROKER_LOG_CONFIGS: readonly ConfigDefinition[] = [
  ...defaultsForTopics(),
  ...UNIT_VARIANTS,
  define('log.flush.scheduler.interval.ms', 'LONG', LONG_MAX, {
    doc: 'How often it is checked whether a log is due to be forced to disk.',
  }),
  define('log.dirs', 'LIST', null, { doc: 'Folders that hold the data of this broker.' }),
  define('log.retention.check.interval.ms', 'LONG', '300000', {
    check: atLeast(1),
    doc: 'How often it is checked which segments have passed their retention.',
  }),
  define('log.cleaner.enable', 'BOOLEAN', 'true', {
    doc: 'Whether compacted topics are compacted in the background.',
  }),
  define('log.cleaner.backoff.ms', 'LONG', '15000', {
    dynamic: 'cluster-wide',
    check: atLeast(0),
    doc: 'The pause of compaction when there was nothing to compact.',
  }),
  define('auto.create.topics.enable', 'BOOLEAN', 'true', {
    dynamic: 'cluster-wide',
    doc: 'Whether a topic that a client names and that does not exist is created.',
  }),
  define('delete.topic.enable', 'BOOLEAN', 'true', { doc: 'Whether topics may be deleted.' }),
  define('num.partitions', 'INT', '1', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    doc: 'Partitions of a new topic when its creator does not say.',
  }),
  define('default.replication.factor', 'INT', '1', {
    check: atLeast(1),
    doc: 'Copies of each partition of a new topic when its creator does not say.',
  }),
  define('replica.lag.time.max.ms', 'LONG', '30000', {
    doc: 'A follower that has not caught up with its leader for this long leaves the in-sync set.',
  }),
  define('metadata.log.max.record.bytes.between.snapshots', 'LONG', '20971520', {
    check: atLeast(1),
    doc: 'Bytes of metadata records between two snapshots.',
  }),
];
