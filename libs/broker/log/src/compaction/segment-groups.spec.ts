import { describe, expect, it } from 'vitest';
import { type GroupableSegment, groupSegments } from './segment-groups.ts';

const LIMITS = { segmentBytes: 1000, segmentIndexBytes: 100 };

/** Adjacent segments of ten offsets each with these sizes. */
function segmentsOf(
  sizes: readonly number[],
  more: Partial<GroupableSegment> = {},
): GroupableSegment[] {
  return sizes.map((sizeBytes, place) => ({
    baseOffset: place * 10,
    endOffset: place * 10 + 10,
    sizeBytes,
    indexBytes: 8,
    timeIndexBytes: 12,
    ...more,
  }));
}

describe('Groups of segments', () => {
  it('are as large as segment.bytes allows', () => {
    expect(groupSegments(segmentsOf([400, 600, 1, 999, 1]), LIMITS)).toEqual([2, 2, 1]);
  });

  it('leave a segment that is full by itself alone', () => {
    expect(groupSegments(segmentsOf([2000, 100, 2000]), LIMITS)).toEqual([1, 1, 1]);
  });

  it('are as large as segment.index.bytes allows for either index', () => {
    const ofOffsets = segmentsOf([1, 1, 1], { indexBytes: 50 });
    expect(groupSegments(ofOffsets, LIMITS)).toEqual([2, 1]);
    const ofTimes = segmentsOf([1, 1, 1], { timeIndexBytes: 60 });
    expect(groupSegments(ofTimes, LIMITS)).toEqual([1, 1, 1]);
  });

  it('span no more offsets than an index can say', () => {
    const wide = [0, 2 ** 30, 2 ** 31, 2 ** 31 + 1].map((baseOffset, place, bases) => ({
      ...(segmentsOf([1])[0] as GroupableSegment),
      baseOffset,
      endOffset: bases[place + 1] ?? baseOffset + 1,
    }));
    expect(groupSegments(wide, LIMITS)).toEqual([2, 2]);
  });

  it('are none where there are no segments', () => {
    expect(groupSegments([], LIMITS)).toEqual([]);
  });
});
