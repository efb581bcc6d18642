import { describe, expect, it } from 'vitest';
import { type CleaningInput, planCleaning } from './cleaning-plan.ts';

const NOW_MS = 1_000_000;

/** Segments of 10 records and 100 bytes each, written one second after another until now. */
function aLog(count: number, more: Partial<CleaningInput> = {}): CleaningInput {
  const segments = Array.from({ length: count }, (_, place) => ({
    baseOffset: place * 10,
    endOffset: place * 10 + 10,
    size: 100,
    firstTimestamp: NOW_MS - (count - place) * 1000,
    maxTimestamp: NOW_MS - (count - place - 1) * 1000,
  }));
  return {
    segments,
    firstDirtyOffset: 0,
    lastStableOffset: count * 10,
    nowMs: NOW_MS,
    minCleanableDirtyRatio: 0.5,
    minCompactionLagMs: 0,
    maxCompactionLagMs: 2 ** 63,
    ...more,
  };
}

describe('The plan of compaction', () => {
  it('leaves the active segment alone', () => {
    expect(planCleaning(aLog(4))).toEqual({ segmentCount: 3, dirtyRatio: 1, isDue: true });
    expect(planCleaning(aLog(1))).toEqual({ segmentCount: 0, dirtyRatio: 0, isDue: false });
  });

  it('ends before the segment that holds the last stable offset', () => {
    expect(planCleaning(aLog(4, { lastStableOffset: 29 })).segmentCount).toBe(2);
    expect(planCleaning(aLog(4, { lastStableOffset: 30 })).segmentCount).toBe(3);
  });

  it('ends before records that are too young', () => {
    expect(planCleaning(aLog(5, { minCompactionLagMs: 2500 })).segmentCount).toBe(2);
  });

  it('waits until more than the asked share is dirty', () => {
    const half = planCleaning(aLog(5, { firstDirtyOffset: 20 }));
    expect(half).toEqual({ segmentCount: 4, dirtyRatio: 0.5, isDue: false });
    expect(planCleaning(aLog(6, { firstDirtyOffset: 20 })).isDue).toBe(true);
  });

  it('does not wait when a record is older than the largest lag', () => {
    const more = { firstDirtyOffset: 30, maxCompactionLagMs: 1500 };
    expect(planCleaning(aLog(5, more)).isDue).toBe(true);
    expect(planCleaning(aLog(5, { ...more, maxCompactionLagMs: 2000 })).isDue).toBe(false);
  });
});
