/** How compaction gets on, for the operator. The meanings are those of Kafka's `log-cleaner-manager` metrics. */
export interface CompactionFigures {
  /** True while a round is under way. */
  readonly isRunning: boolean;
  /** False when the volume is offline, or a round has not moved for a minute. */
  readonly isAlive: boolean;
  /** The largest uncleaned share of any partition, as of the last look. */
  readonly maxDirtyPercent: number;
  /** What the last round has written, of what it has read. */
  readonly recopyPercent: number;
  /** How long the last round took. */
  readonly lastRoundMs: number;
  /** Partitions that are left alone until the next start: damage was found. */
  readonly uncleanablePartitions: number;
  /** Bytes of these partitions. */
  readonly uncleanableBytes: number;
}

/** Nothing was compacted. */
export const NO_COMPACTION_FIGURES: CompactionFigures = {
  isRunning: false,
  isAlive: false,
  maxDirtyPercent: 0,
  recopyPercent: 0,
  lastRoundMs: 0,
  uncleanablePartitions: 0,
  uncleanableBytes: 0,
};
