import { describe, expect, it } from 'vitest';
import { LOG_CONFIG_DEFAULTS, type LogConfig } from './log-config.ts';
import { planRetention, type RetainedSegment, type RetentionPlan } from './retention.ts';

const NOW_MS = 1_000_000;

/** Segments of ten records each, the last one active. */
function segments(...more: readonly Partial<RetainedSegment>[]): RetainedSegment[] {
  return more.map((segment, index) => ({
    baseOffset: index * 10,
    endOffset: index * 10 + 10,
    size: 100,
    maxTimestamp: NOW_MS,
    createdMs: NOW_MS,
    ...segment,
  }));
}

function plan(
  list: readonly RetainedSegment[],
  config: Partial<LogConfig>,
  more: { startOffset?: number; highWatermark?: number } = {},
): RetentionPlan {
  return planRetention({
    segments: list,
    startOffset: 0,
    highWatermark: 1000,
    nowMs: NOW_MS,
    ...more,
    config: { ...LOG_CONFIG_DEFAULTS, retentionMs: -1, ...config },
  });
}

describe('retention', () => {
  it('drops segments whose youngest record is too old, from the front only', () => {
    const list = segments({ maxTimestamp: 1 }, { maxTimestamp: 2 }, {}, { maxTimestamp: 3 }, {});
    expect(plan(list, { retentionMs: 500 })).toEqual({ dropCount: 2, rollsActive: false });
  });

  it('rolls and drops an active segment that is too old', () => {
    const list = segments({ maxTimestamp: 1 }, { maxTimestamp: 2 });
    expect(plan(list, { retentionMs: 500 })).toEqual({ dropCount: 2, rollsActive: true });
  });

  it('goes by the time of creation where records have no time', () => {
    const list = segments({ maxTimestamp: -1, createdMs: 5 }, { maxTimestamp: -1 });
    expect(plan(list, { retentionMs: 500 }).dropCount).toBe(1);
  });

  it('drops by size while what is left still has the size, never the active one', () => {
    const list = segments({}, {}, {}, {});
    expect(plan(list, { retentionBytes: 250 }).dropCount).toBe(1);
    expect(plan(list, { retentionBytes: 200 }).dropCount).toBe(2);
    expect(plan(list, { retentionBytes: 0 }).dropCount).toBe(3);
    expect(plan(list, { retentionBytes: -1 }).dropCount).toBe(0);
  });

  it('drops what lies below the start offset, whatever the policy', () => {
    const list = segments({}, {}, {});
    const config = { cleanupPolicy: 'compact' } as const;
    expect(plan(list, config, { startOffset: 19 }).dropCount).toBe(1);
    expect(plan(list, config, { startOffset: 20 }).dropCount).toBe(2);
    expect(plan(list, config, { startOffset: 30 }).dropCount).toBe(2);
  });

  it('keeps everything at or above the high watermark', () => {
    const list = segments({ maxTimestamp: 1 }, { maxTimestamp: 1 }, {});
    expect(plan(list, { retentionMs: 500 }, { highWatermark: 19 }).dropCount).toBe(1);
  });

  it('leaves compacted topics without delete alone', () => {
    const list = segments({ maxTimestamp: 1 }, {});
    const config = { retentionMs: 500, retentionBytes: 0 };
    expect(plan(list, { ...config, cleanupPolicy: 'compact' }).dropCount).toBe(0);
    expect(plan(list, { ...config, cleanupPolicy: 'compact,delete' }).dropCount).toBe(1);
  });

  it('does not drop the empty active segment again and again', () => {
    const list = segments({ size: 0, maxTimestamp: -1, createdMs: 1 });
    expect(plan(list, { retentionMs: 500 }).dropCount).toBe(0);
  });
});
