import { describe, expect, it } from 'vitest';
import type { Damage, ScrubPass } from './scrubber.ts';
import { MemoryDisk } from './testing/memory-disk.ts';
import {
  aBatch,
  appendClient,
  baseOffsetsOf,
  NOW_MS,
  readBytes,
  readOutcome,
  TestVolume,
} from './testing/test-volume.ts';

const INTERVAL_MS = 60_000;
const FIRST_LOG = 'events-0/00000000000000000000.log';

interface Scrubbed {
  readonly volume: TestVolume;
  readonly damages: Damage[];
  readonly passes: ScrubPass[];
  /** So many seconds go by. */
  readonly tick: (count?: number) => void;
}

/** Two partitions with some closed segments each, read at `bytesPerSecond`. */
function aScrubbedVolume(bytesPerSecond = 1e9): Scrubbed {
  const options = { scrubBytesPerSecond: bytesPerSecond, scrubIntervalMs: INTERVAL_MS };
  const volume = new TestVolume(new MemoryDisk(), options);
  const damages: Damage[] = [];
  const passes: ScrubPass[] = [];
  volume.store.onDamage = (damage) => damages.push(damage);
  volume.store.onScrubbed = (pass) => passes.push(pass);
  for (let count = 0; count < 40; count += 1)
    for (const index of [0, 1]) {
      const log = volume.log({ segmentBytes: 10_000, indexIntervalBytes: 500 }, index);
      appendClient(log, aBatch(['x'.repeat(900)]));
      volume.flush();
    }
  let nowMs = NOW_MS;
  const tick = (count = 1): void => {
    for (let left = count; left > 0; left -= 1) {
      nowMs += 1000;
      volume.store.upkeep(nowMs);
      volume.disk.completeAll();
    }
  };
  return { volume, damages, passes, tick };
}

describe('scrubbing', () => {
  it('reads every closed segment once and rests until the interval is over', () => {
    const { damages, passes, tick, volume } = aScrubbedVolume();
    tick(30);
    expect(damages).toEqual([]);
    expect(passes).toMatchObject([{ rebuiltCount: 0 }]);
    expect(passes[0]?.segmentCount).toBeGreaterThanOrEqual(6);
    expect(volume.store.scrubbedBytes).toBe(passes[0]?.bytes);
    tick(40);
    expect(passes).toHaveLength(2);
  });

  it('keeps to its speed', () => {
    const { passes, tick, volume } = aScrubbedVolume(2000);
    tick(5);
    expect(volume.store.scrubbedBytes).toBeLessThan(5 * 4000);
    expect(passes).toEqual([]);
    tick(60);
    expect(passes.length).toBeGreaterThan(0);
  });

  it('tells of a flipped bit once, before anyone reads it, and the rest is served', () => {
    const { damages, tick, volume } = aScrubbedVolume();
    const bytes = aBatch(['x'.repeat(900)]).length;
    volume.disk.flipBit(FIRST_LOG, 3 * bytes + 500);
    tick(130);
    expect(damages).toMatchObject([
      { ref: { topicName: 'events', index: 0 }, path: FIRST_LOG, position: 3 * bytes },
    ]);
    const log = volume.log({}, 0);
    expect(volume.store.damagedSegmentCount).toBe(1);
    expect(baseOffsetsOf(readBytes(log, 0, 3 * bytes))).toEqual([0, 1, 2]);
    expect(readOutcome(log, 3)).toMatchObject({ ok: false });
    expect(baseOffsetsOf(readBytes(log, 4, bytes))).toEqual([4]);
    expect(baseOffsetsOf(readBytes(volume.log({}, 1), 3, bytes))).toEqual([3]);
  });

  it('builds wrong indexes anew', () => {
    const { damages, passes, tick, volume } = aScrubbedVolume();
    volume.disk.flipBit(FIRST_LOG.replace('.log', '.index'), 7);
    volume.disk.flipBit(FIRST_LOG.replace('events-0', 'events-1').replace('.log', '.timeindex'), 5);
    tick(10);
    expect([damages, passes[0]?.rebuiltCount]).toEqual([[], 2]);
    tick(60);
    expect(passes[1]?.rebuiltCount).toBe(0);
  });

  it('leaves segments alone that go away meanwhile', () => {
    const { damages, passes, tick, volume } = aScrubbedVolume(3000);
    tick();
    volume.log({}, 1).config = { ...volume.log({}, 1).config, retentionBytes: 0 };
    for (const index of [0, 1]) volume.log({}, index).highWatermark = 40;
    volume.store.applyRetention(NOW_MS, () => undefined);
    volume.store.deletePartition(volume.log({}, 0).topicId, 0, () => undefined);
    tick(30);
    expect(damages).toEqual([]);
    expect(passes.length).toBeGreaterThan(0);
    expect(volume.store.isOffline).toBe(false);
  });
});
