import { AppError } from '@weirhouse/shared-kernel';
import { describe, expect, it } from 'vitest';
import { seededRandom } from './testing/memory-disk.ts';
import { aBatch, appendClient, TestVolume } from './testing/test-volume.ts';

const random = seededRandom(1);

/** The ends of so many partitions after a start, none when it is refused for damage. */
function endsAfterStart(volume: TestVolume, count: number): number[] {
  try {
    volume.reopen();
  } catch (error) {
    if (error instanceof AppError && error.code === 'corrupt') return [];
    throw error;
  }
  return Array.from({ length: count }, (_, index) => volume.log({}, index).endOffset);
}

describe('starting again', () => {
  it('has nothing to replay after a close and everything after a kill', () => {
    const volume = new TestVolume();
    for (let count = 0; count < 20; count += 1) appendClient(volume.log(), aBatch(['a']));
    volume.restart();
    expect(volume.store.recovery).toMatchObject({ isClean: true, recordCount: 0 });
    expect(volume.log().endOffset).toBe(20);
    appendClient(volume.log(), aBatch(['b']));
    volume.flush();
    volume.disk.kill(random);
    volume.reopen();
    expect(volume.store.recovery).toMatchObject({ isClean: false, partitionCount: 1 });
    expect(volume.log().endOffset).toBe(21);
  });

  it('closes and opens with thousands of partitions, most of them untouched', () => {
    const volume = new TestVolume();
    for (let index = 0; index < 3000; index += 1) volume.log({}, index);
    for (let index = 0; index < 40; index += 1) appendClient(volume.log({}, index), aBatch(['a']));
    volume.restart();
    expect(volume.log({}, 39).endOffset).toBe(1);
    expect(volume.log({}, 2999).endOffset).toBe(0);
    expect(volume.disk.list('events-2999')).toEqual(['partition.metadata']);
  });

  it('names a hole in the WAL instead of starting with records missing', () => {
    const volume = new TestVolume();
    for (let count = 0; count < 9; count += 1) {
      appendClient(volume.log(), aBatch(['x'.repeat(11_000)]));
      volume.flush();
    }
    volume.disk.kill(random);
    volume.disk.flipBit('wal/00000001.wal', 30_000);
    const before = volume.disk.sizeOf('events-0/00000000000000000000.log');
    expect(() => volume.reopen()).toThrow(/wal\/00000001.wal at byte 19\d\d\d\./);
    expect(volume.disk.sizeOf('events-0/00000000000000000000.log')).toBe(before);
  });

  it('refuses any flipped bit of an acknowledged record, but for the last flush', () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const volume = new TestVolume(undefined, { walSegmentBytes: 131_072 });
      const chance = seededRandom(seed);
      let lastFlush = 0;
      for (let count = 0; count < 12; count += 1) {
        if (count > 0) lastFlush = volume.disk.sizeOf('wal/00000000.wal');
        for (let batch = chance.below(4); batch >= 0; batch -= 1)
          appendClient(volume.log({}, chance.below(3)), aBatch(['x'.repeat(chance.below(3000))]));
        volume.flush();
      }
      const ends = [0, 1, 2].map((index) => volume.log({}, index).endOffset);
      volume.disk.kill(random);
      volume.disk.flipBit(
        'wal/00000000.wal',
        8192 + chance.below(lastFlush - 8192),
        chance.below(8),
      );
      // Padding may flip: then nothing is lost.
      expect([[], ends]).toContainEqual(endsAfterStart(volume, 3));
    }
  });

  it('refuses a damaged header of a file with acknowledged records', () => {
    const volume = new TestVolume();
    for (let count = 0; count < 6; count += 1) {
      appendClient(volume.log(), aBatch(['x'.repeat(11_000)]));
      volume.flush();
    }
    volume.disk.kill(random);
    volume.disk.flipBit('wal/00000001.wal', 14);
    expect(() => volume.reopen()).toThrow(/wal\/00000001.wal at byte 0/);
  });

  it('opens the other partitions when one is damaged', () => {
    const volume = new TestVolume();
    for (const index of [0, 1]) {
      appendClient(volume.log({}, index), aBatch(['old']));
      volume.flush();
    }
    volume.restart();
    for (const index of [0, 1]) appendClient(volume.log({}, index), aBatch(['new']));
    volume.flush();
    volume.disk.flipBit('events-0/00000000000000000000.log', 70);
    volume.disk.kill(random);
    volume.reopen();
    expect(volume.store.recovery.damaged).toMatchObject([{ topicName: 'events', index: 0 }]);
    expect(() => volume.log({}, 0)).toThrow(/is damaged at byte 0/);
    expect(volume.log({}, 1).endOffset).toBe(2);
  });

  it('keeps a durable truncation and what came after it', () => {
    const volume = new TestVolume();
    for (let count = 0; count < 8; count += 1) appendClient(volume.log(), aBatch(['old']), 1);
    volume.flush();
    expect(volume.log().truncateTo(3)).toBe(true);
    volume.flush();
    volume.disk.cutPower(random);
    volume.reopen();
    expect(volume.log().endOffset).toBe(3);
    appendClient(volume.log(), aBatch(['new']), 2);
    volume.flush();
    volume.restart();
    expect(volume.log().endOffset).toBe(4);
    expect(volume.log().endOffsetOfEpoch(1)).toEqual({ epoch: 1, endOffset: 3 });
  });
});
