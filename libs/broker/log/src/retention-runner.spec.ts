import { describe, expect, it } from 'vitest';
import { seededRandom } from './testing/memory-disk.ts';
import {
  aBatch,
  appendClient,
  baseOffsetsOf,
  NOW_MS,
  readBytes,
  TestVolume,
} from './testing/test-volume.ts';

const random = seededRandom(1);

describe('retention', () => {
  it('removes old segments, remembers the start and unlinks later', () => {
    const volume = new TestVolume();
    const config = { segmentBytes: 1000, retentionBytes: 2500, fileDeleteDelayMs: 60_000 };
    for (let count = 0; count < 60; count += 1) appendClient(volume.log(config), aBatch(['a']));
    volume.flush();
    const log = volume.log(config);
    log.highWatermark = log.durableEndOffset;
    const retain = (nowMs: number): void => {
      volume.store.applyRetention(nowMs, () => undefined);
      volume.disk.completeAll();
    };
    retain(NOW_MS);
    retain(NOW_MS);
    expect(log.sizeBytes).toBeLessThan(3600);
    expect(log.startOffset).toBeGreaterThan(0);
    const deleted = (): number =>
      volume.disk.list('events-0').filter((name) => name.endsWith('.deleted')).length;
    expect(deleted()).toBeGreaterThan(0);
    retain(NOW_MS + 60_000);
    expect(deleted()).toBe(0);
    const { startOffset } = log;
    volume.disk.cutPower(random);
    volume.reopen();
    expect(volume.log(config).startOffset).toBe(startOffset);
    expect(volume.log(config).endOffset).toBe(60);
  });

  it('empties a quiet topic and keeps counting', () => {
    const volume = new TestVolume();
    const config = { retentionMs: 1000, fileDeleteDelayMs: 0 };
    for (let count = 0; count < 3; count += 1) appendClient(volume.log(config), aBatch(['a']));
    volume.flush();
    volume.restart();
    const log = volume.log(config);
    volume.store.applyRetention(NOW_MS + 5000, () => undefined);
    volume.disk.completeAll();
    expect([log.startOffset, log.endOffset, log.sizeBytes]).toEqual([3, 3, 0]);
    volume.restart();
    expect([volume.log(config).startOffset, volume.log(config).endOffset]).toEqual([3, 3]);
    expect(appendClient(volume.log(config), aBatch(['b']))).toBe(3);
  });

  it('keeps the start offset of deleted records through a power cut', () => {
    const volume = new TestVolume();
    for (let count = 0; count < 9; count += 1) appendClient(volume.log(), aBatch(['a']));
    volume.flush();
    volume.log().highWatermark = 9;
    expect(volume.log().deleteRecordsBefore(5)).toBe(5);
    volume.store.applyRetention(NOW_MS, () => undefined);
    volume.disk.completeAll();
    volume.disk.cutPower(random);
    volume.reopen();
    expect(volume.log().startOffset).toBe(5);
    expect(baseOffsetsOf(readBytes(volume.log(), 5))).toEqual([5, 6, 7, 8]);
  });
});
