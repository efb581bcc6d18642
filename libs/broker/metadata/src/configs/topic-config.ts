import { assert } from '@weirhouse/shared-kernel';
import { type ConfigValue, parseConfigValue } from './definition.ts';
import { TOPIC_CONFIGS } from './topic-configs.ts';

/** What a topic's settings mean, typed. Limits of Long.MAX_VALUE are the double 2^63. */
export interface TopicConfig {
  readonly segmentBytes: number;
  readonly segmentMs: number;
  readonly segmentJitterMs: number;
  readonly segmentIndexBytes: number;
  readonly indexIntervalBytes: number;
  readonly preallocate: boolean;
  readonly fileDeleteDelayMs: number;
  readonly flushMessages: number;
  readonly flushMs: number;
  /** Both false means: keep for ever (allowed from Kafka 4.2). */
  readonly cleanupPolicy: { readonly delete: boolean; readonly compact: boolean };
  /** -1 = no limit. */
  readonly retentionBytes: number;
  /** -1 = no limit. */
  readonly retentionMs: number;
  readonly deleteRetentionMs: number;
  readonly minCompactionLagMs: number;
  readonly maxCompactionLagMs: number;
  readonly minCleanableDirtyRatio: number;
  readonly maxMessageBytes: number;
  readonly compressionType: CompressionType;
  readonly compressionGzipLevel: number;
  readonly compressionLz4Level: number;
  readonly compressionZstdLevel: number;
  readonly timestampType: 'CreateTime' | 'LogAppendTime';
  readonly timestampBeforeMaxMs: number;
  readonly timestampAfterMaxMs: number;
  readonly minInsyncReplicas: number;
  readonly uncleanLeaderElectionEnable: boolean;
}

/** The values of compression.type; `producer` keeps what the producer chose. */
export type CompressionType = 'producer' | 'uncompressed' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** Builds the typed form. `textOf` gives the effective text of a topic setting, null when unset. */
export function buildTopicConfig(textOf: (name: string) => string | null): TopicConfig {
  const number = (name: string): number => Number(valueOf(name, textOf));
  const flag = (name: string): boolean => valueOf(name, textOf) === true;
  const policies = valueOf('cleanup.policy', textOf) as readonly string[];
  return {
    segmentBytes: number(
      textOf('internal.segment.bytes') === null ? 'segment.bytes' : 'internal.segment.bytes',
    ),
    segmentMs: number('segment.ms'),
    segmentJitterMs: number('segment.jitter.ms'),
    segmentIndexBytes: number('segment.index.bytes'),
    indexIntervalBytes: number('index.interval.bytes'),
    preallocate: flag('preallocate'),
    fileDeleteDelayMs: number('file.delete.delay.ms'),
    flushMessages: number('flush.messages'),
    flushMs: number('flush.ms'),
    cleanupPolicy: { delete: policies.includes('delete'), compact: policies.includes('compact') },
    retentionBytes: number('retention.bytes'),
    retentionMs: number('retention.ms'),
    deleteRetentionMs: number('delete.retention.ms'),
    minCompactionLagMs: number('min.compaction.lag.ms'),
    maxCompactionLagMs: number('max.compaction.lag.ms'),
    minCleanableDirtyRatio: number('min.cleanable.dirty.ratio'),
    maxMessageBytes: number('max.message.bytes'),
    compressionType: valueOf('compression.type', textOf) as CompressionType,
    compressionGzipLevel: number('compression.gzip.level'),
    compressionLz4Level: number('compression.lz4.level'),
    compressionZstdLevel: number('compression.zstd.level'),
    timestampType: valueOf('message.timestamp.type', textOf) as TopicConfig['timestampType'],
    timestampBeforeMaxMs: number('message.timestamp.before.max.ms'),
    timestampAfterMaxMs: number('message.timestamp.after.max.ms'),
    minInsyncReplicas: number('min.insync.replicas'),
    uncleanLeaderElectionEnable: flag('unclean.leader.election.enable'),
  };
}

function valueOf(name: string, textOf: (name: string) => string | null): ConfigValue {
  const definition = TOPIC_CONFIGS.get(name);
  assert(definition !== undefined, `${name} is not a topic setting`);
  const text = textOf(name);
  assert(text !== null, `topic setting ${name} has no value`);
  const parsed = parseConfigValue(definition, text);
  assert(parsed.ok, parsed.ok ? name : parsed.message);
  return parsed.value;
}

/**
 * The fault of a topic's overrides taken together, or undefined. `overrides` are texts that passed
 * `parseConfigValue` one by one; `textOf` gives the effective text of any. A fault of the broker's own
 * defaults is not a topic's.
 */
export function findTopicConfigConflict(
  overrides: ReadonlyMap<string, string>,
  textOf: (name: string) => string | null,
): string | undefined {
  if (!overrides.has('min.compaction.lag.ms') && !overrides.has('max.compaction.lag.ms'))
    return undefined;
  const min = Number(textOf('min.compaction.lag.ms'));
  const max = Number(textOf('max.compaction.lag.ms'));
  if (min > max) {
    return `min.compaction.lag.ms (${min}) must not be greater than max.compaction.lag.ms (${max})`;
  }
  return undefined;
}
