/** What compaction looks at in a segment; the last one of a log is the active one. */
export interface CleanableSegment {
  readonly baseOffset: number;
  readonly endOffset: number;
  readonly size: number;
  /** The largest timestamp; -1 when there is none. */
  readonly maxTimestamp: number;
  /** The time of the first batch; -1 when there is none. */
  readonly firstTimestamp: number;
}

/** A compacted log at one moment. */
export interface CleaningInput {
  readonly segments: readonly CleanableSegment[];
  /** Everything before was cleaned at least once. */
  readonly firstDirtyOffset: number;
  readonly lastStableOffset: number;
  readonly nowMs: number;
  readonly minCleanableDirtyRatio: number;
  readonly minCompactionLagMs: number;
  readonly maxCompactionLagMs: number;
}

/** What is to be cleaned, and how urgently. */
export interface CleaningPlan {
  /** So many segments from the front may be cleaned. */
  readonly segmentCount: number;
  /** Bytes not cleaned yet among those that may be. */
  readonly dirtyRatio: number;
  readonly isDue: boolean;
}

/**
 * Kafka's rules: neither the active segment nor anything at or above the last stable offset or younger
 * than `min.compaction.lag.ms` is cleaned; it is time when the uncleaned share is above
 * `min.cleanable.dirty.ratio`, or a record is older than `max.compaction.lag.ms`.
 */
export function planCleaning(input: CleaningInput): CleaningPlan {
  const { firstDirtyOffset, nowMs, segments } = input;
  let segmentCount = 0;
  let cleanBytes = 0;
  let dirtyBytes = 0;
  let isLate = false;
  for (const segment of segments.slice(0, -1)) {
    if (segment.endOffset > input.lastStableOffset) break;
    const isDirty = segment.endOffset > firstDirtyOffset;
    const isYoung =
      input.minCompactionLagMs > 0 && segment.maxTimestamp > nowMs - input.minCompactionLagMs;
    if (isDirty && isYoung) break;
    segmentCount += 1;
    if (!isDirty) cleanBytes += segment.size;
    else {
      dirtyBytes += segment.size;
      isLate ||=
        segment.firstTimestamp >= 0 && segment.firstTimestamp < nowMs - input.maxCompactionLagMs;
    }
  }
  const dirtyRatio = dirtyBytes === 0 ? 0 : dirtyBytes / (cleanBytes + dirtyBytes);
  const isDue = dirtyBytes > 0 && (isLate || dirtyRatio > input.minCleanableDirtyRatio);
  return { segmentCount, dirtyRatio, isDue };
}
