import {
  LOG_CONFIG_DEFAULTS,
  type Acknowledge,
  type CleanupPolicy,
  type CompactionSettings,
  type LogConfig,
} from '@weirhouse/broker-log';
import type { ConfigResolver, TopicConfig } from '@weirhouse/broker-metadata';
import { Codec } from '@weirhouse/kafka-protocol';
import { unreachable } from '@weirhouse/shared-kernel';

/** Long.MAX, rounded: Kafka's defaults of the flush settings. */
const NEVER = 2 ** 63;
/** Syncs of what was acknowledged from the page cache are a second apart. */
const RELAXED_FLUSH_MS_MIN = 1000;

/** Largest batch of the metadata log: one operation may create many partitions. */
const METADATA_BATCH_BYTES_MAX = 67_108_864;

/** Settings of the broker that every log follows. */
export interface BrokerLogSettings {
  readonly verifiesTransactions: boolean;
  /** When a record may be acknowledged, where its topic does not say. */
  readonly acknowledge: Acknowledge;
}

/** A topic's settings as the log wants them, with the broker's. */
export function logConfigOf(config: TopicConfig, broker: BrokerLogSettings): LogConfig {
  return {
    acknowledge: acknowledgeOf(config) ?? broker.acknowledge,
    segmentBytes: config.segmentBytes,
    segmentMs: config.segmentMs,
    segmentIndexBytes: config.segmentIndexBytes,
    indexIntervalBytes: config.indexIntervalBytes,
    retentionMs: config.retentionMs,
    retentionBytes: config.retentionBytes,
    fileDeleteDelayMs: config.fileDeleteDelayMs,
    maxMessageBytes: config.maxMessageBytes,
    cleanupPolicy: cleanupPolicyOf(config.cleanupPolicy),
    minCleanableDirtyRatio: config.minCleanableDirtyRatio,
    minCompactionLagMs: config.minCompactionLagMs,
    maxCompactionLagMs: config.maxCompactionLagMs,
    deleteRetentionMs: config.deleteRetentionMs,
    compression: compressionOf(config),
    timestampType: config.timestampType,
    timestampBeforeMaxMs: config.timestampBeforeMaxMs,
    timestampAfterMaxMs: config.timestampAfterMaxMs,
    verifiesTransactions: broker.verifiesTransactions,
  };
}

/** The broker's settings of compaction. */
export function compactionOf(configs: ConfigResolver): CompactionSettings {
  const threads = configs.brokerNumber('log.cleaner.threads');
  return {
    isEnabled: configs.brokerFlag('log.cleaner.enable') && threads > 0,
    bytesPerSecond: configs.brokerNumber('log.cleaner.io.max.bytes.per.second'),
    keyBytesMax: configs.brokerNumber('log.cleaner.dedupe.buffer.size'),
    backoffMs: configs.brokerNumber('log.cleaner.backoff.ms'),
  };
}

/** The metadata log is always durable, and never cut by time or size, only before a snapshot that tells the same. */
export function metadataLogConfig(configs: ConfigResolver): LogConfig {
  return {
    ...LOG_CONFIG_DEFAULTS,
    segmentBytes: configs.brokerNumber('metadata.log.segment.bytes'),
    segmentMs: configs.brokerNumber('metadata.log.segment.ms'),
    cleanupPolicy: 'none',
    maxMessageBytes: METADATA_BATCH_BYTES_MAX,
  };
}

/** The lz4 codec has one level, so `compression.lz4.level` is not asked for; nor has snappy any. */
function compressionOf(config: TopicConfig): LogConfig['compression'] {
  switch (config.compressionType) {
    case 'producer':
      return undefined;
    case 'uncompressed':
      return { codec: Codec.NONE, level: undefined };
    case 'gzip':
      return { codec: Codec.GZIP, level: config.compressionGzipLevel };
    case 'snappy':
      return { codec: Codec.SNAPPY, level: undefined };
    case 'lz4':
      return { codec: Codec.LZ4, level: undefined };
    case 'zstd':
      return { codec: Codec.ZSTD, level: config.compressionZstdLevel };
    default:
      return unreachable(config.compressionType);
  }
}

/**
 * Kafka forces a log to disk after `flush.messages` records or `flush.ms`, and acknowledges before. With
 * 1 or with less than a second ours is durable first; with larger values it acknowledges as Kafka does and
 * is made durable within two seconds. Kafka's defaults say nothing: the broker's own setting counts.
 */
function acknowledgeOf({ flushMessages, flushMs }: TopicConfig): Acknowledge | undefined {
  if (flushMessages === 1 || flushMs < RELAXED_FLUSH_MS_MIN) return 'durable';
  return flushMessages < NEVER || flushMs < NEVER ? 'cached' : undefined;
}

function cleanupPolicyOf(policy: TopicConfig['cleanupPolicy']): CleanupPolicy {
  if (policy.compact) return policy.delete ? 'compact,delete' : 'compact';
  return policy.delete ? 'delete' : 'none';
}
