/** What is merged into one segment is at most this large, measured before it is cleaned. */
export interface GroupLimits {
  /** `segment.bytes`. */
  readonly segmentBytes: number;
  /** `segment.index.bytes`. */
  readonly segmentIndexBytes: number;
}

/** What grouping looks at in a segment. */
export interface GroupableSegment {
  readonly baseOffset: number;
  readonly endOffset: number;
  readonly sizeBytes: number;
  readonly indexBytes: number;
  readonly timeIndexBytes: number;
}

/** Offsets in Kafka's indexes are signed 32 bit numbers from the segment's base. */
const OFFSET_SPAN_MAX = 2_147_483_648;

/**
 * Which adjacent segments compaction writes as one, by Kafka's rule: as many as their sizes, index sizes and
 * span of offsets allow, from the front. Gives how many segments each group has.
 */
export function groupSegments(
  segments: readonly GroupableSegment[],
  { segmentBytes, segmentIndexBytes }: GroupLimits,
): readonly number[] {
  const counts: number[] = [];
  let first: GroupableSegment | undefined;
  let size = 0;
  let index = 0;
  let times = 0;
  for (const segment of segments) {
    size += segment.sizeBytes;
    index += segment.indexBytes;
    times += segment.timeIndexBytes;
    const isJoining =
      first !== undefined &&
      size <= segmentBytes &&
      Math.max(index, times) <= segmentIndexBytes &&
      segment.endOffset - first.baseOffset <= OFFSET_SPAN_MAX;
    if (isJoining) counts[counts.length - 1] = (counts.at(-1) as number) + 1;
    else {
      first = segment;
      size = segment.sizeBytes;
      index = segment.indexBytes;
      times = segment.timeIndexBytes;
      counts.push(1);
    }
  }
  return counts;
}
