import { LOG_CONFIG_DEFAULTS, type CleanupPolicy, type LogConfig } from '@weirhouse/broker-log';
import type { ConfigResolver, TopicConfig } from '@weirhouse/broker-metadata';

/** Largest batch of the metadata log: one operation may create many partitions. */
const METADATA_BATCH_BYTES_MAX = 67_108_864;

/** A topic's settings as the log wants them, with the broker's for transactions. */
export function logConfigOf(config: TopicConfig, verifiesTransactions: boolean): LogConfig {
  return {
    segmentBytes: config.segmentBytes,
    segmentMs: config.segmentMs,
    segmentIndexBytes: config.segmentIndexBytes,
    indexIntervalBytes: config.indexIntervalBytes,
    retentionMs: config.retentionMs,
    retentionBytes: config.retentionBytes,
    fileDeleteDelayMs: config.fileDeleteDelayMs,
    maxMessageBytes: config.maxMessageBytes,
    cleanupPolicy: cleanupPolicyOf(config.cleanupPolicy),
    timestampType: config.timestampType,
    timestampBeforeMaxMs: config.timestampBeforeMaxMs,
    timestampAfterMaxMs: config.timestampAfterMaxMs,
    verifiesTransactions,
  };
}

/** The metadata log is never cut by time or size, only before a snapshot that tells the same. */
export function metadataLogConfig(configs: ConfigResolver): LogConfig {
  return {
    ...LOG_CONFIG_DEFAULTS,
    segmentBytes: configs.brokerNumber('metadata.log.segment.bytes'),
    segmentMs: configs.brokerNumber('metadata.log.segment.ms'),
    cleanupPolicy: 'none',
    maxMessageBytes: METADATA_BATCH_BYTES_MAX,
  };
}

function cleanupPolicyOf(policy: TopicConfig['cleanupPolicy']): CleanupPolicy {
  if (policy.compact) return policy.delete ? 'compact,delete' : 'compact';
  return policy.delete ? 'delete' : 'none';
}
