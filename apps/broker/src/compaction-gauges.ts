import type { BrokerStatus } from '@weirhouse/broker-core';

type CompactionFigures = BrokerStatus['compaction'];

/** One figure of log compaction, in Kafka's meaning. */
interface CompactionGauge {
  readonly name: string;
  readonly help: string;
  readonly read: (figures: CompactionFigures) => number;
}

/** What Kafka says by the metrics of its log cleaner. */
export const COMPACTION_GAUGES: readonly CompactionGauge[] = [
  {
    name: 'log_cleaner_alive',
    help: '1 while log compaction can go on; 0 when the volume is offline or a round has not moved for a minute.',
    read: ({ isAlive }) => Number(isAlive),
  },
  {
    name: 'log_cleaner_running',
    help: '1 while a partition is being compacted.',
    read: ({ isRunning }) => Number(isRunning),
  },
  {
    name: 'log_cleaner_max_dirty_percent',
    help: 'The largest share not compacted yet of any partition, as of the last look (max-dirty-percent).',
    read: ({ maxDirtyPercent }) => maxDirtyPercent,
  },
  {
    name: 'log_cleaner_recopy_percent',
    help: 'What the last round of compaction has written, of what it has read (cleaner-recopy-percent).',
    read: ({ recopyPercent }) => recopyPercent,
  },
  {
    name: 'log_cleaner_last_round_seconds',
    help: 'How long the last round of compaction took (max-clean-time-secs).',
    read: ({ lastRoundMs }) => lastRoundMs / 1000,
  },
  {
    name: 'log_cleaner_uncleanable_partitions',
    help: 'Partitions that compaction leaves alone until the next start: damage was found (uncleanable-partitions-count).',
    read: ({ uncleanablePartitions }) => uncleanablePartitions,
  },
  {
    name: 'log_cleaner_uncleanable_bytes',
    help: 'Bytes of the partitions that compaction leaves alone (uncleanable-bytes).',
    read: ({ uncleanableBytes }) => uncleanableBytes,
  },
];
