import { isDeleting, type LogConfig } from './log-config.ts';

/** What retention looks at in a segment. */
export interface RetainedSegment {
  readonly baseOffset: number;
  readonly endOffset: number;
  readonly size: number;
  /** The largest timestamp; -1 when there is none, then `createdMs` counts. */
  readonly maxTimestamp: number;
  readonly createdMs: number;
}

/** A log at one moment. The last segment is the active one. */
export interface RetentionInput {
  readonly segments: readonly RetainedSegment[];
  readonly startOffset: number;
  readonly highWatermark: number;
  readonly nowMs: number;
  readonly config: LogConfig;
}

/** What to do: drop so many segments from the front; the active one is rolled first when it is among them. */
export interface RetentionPlan {
  readonly dropCount: number;
  readonly rollsActive: boolean;
}

/**
 * Kafka's rules: whole segments from the front, below the high watermark, by time,
 * by size and by the log's start offset. The active segment goes only by time, so that a quiet
 * topic empties.
 */
export function planRetention(input: RetentionInput): RetentionPlan {
  const { segments } = input;
  const activeIndex = segments.length - 1;
  let dropCount = 0;
  let excess = input.config.retentionBytes < 0 ? 0 : -input.config.retentionBytes;
  if (input.config.retentionBytes >= 0) for (const segment of segments) excess += segment.size;
  for (const [index, segment] of segments.entries()) {
    if (segment.size === 0 || segment.endOffset > input.highWatermark) break;
    const isActive = index === activeIndex;
    const isBelowStart = !isActive && segment.endOffset <= input.startOffset;
    const isOverSize = !isActive && isDeleting(input.config) && excess >= segment.size;
    if (!isBelowStart && !isOverSize && !isExpired(segment, input)) break;
    excess -= segment.size;
    dropCount += 1;
  }
  return { dropCount, rollsActive: dropCount === segments.length && dropCount > 0 };
}

function isExpired(segment: RetainedSegment, input: RetentionInput): boolean {
  const { config } = input;
  if (config.retentionMs < 0 || !isDeleting(config)) return false;
  const timestamp = segment.maxTimestamp >= 0 ? segment.maxTimestamp : segment.createdMs;
  return input.nowMs - timestamp > config.retentionMs;
}
