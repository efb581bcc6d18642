import { describe, expect, it } from 'vitest';
import { MemoryDisk, seededRandom } from './testing/memory-disk.ts';
import { aBatch, appendClient, NOW_MS, TestVolume } from './testing/test-volume.ts';

const random = seededRandom(7);

function relaxed(volume: TestVolume, index = 0) {
  return volume.log({ acknowledge: 'cached' }, index);
}

describe('a log that acknowledges from the page cache', () => {
  it('is safe once written, and durable within a second', () => {
    const volume = new TestVolume();
    const log = relaxed(volume);
    const told: number[] = [];
    volume.store.onDurable = ([moved]) => told.push(moved?.safeEndOffset ?? -1);
    appendClient(log, aBatch(['a']));
    volume.store.flush();
    expect(log.safeEndOffset).toBe(0);
    volume.disk.completeAll();
    expect([log.safeEndOffset, log.durableEndOffset, told]).toEqual([1, 0, [1]]);
    volume.store.upkeep(NOW_MS);
    volume.disk.completeAll();
    expect([log.durableEndOffset, told]).toEqual([1, [1]]);
  });

  it('keeps what it acknowledged through a kill, though not through a power cut', () => {
    const outcomes = new Set<number>();
    for (let seed = 1; seed <= 20; seed += 1) {
      const volume = new TestVolume();
      const log = relaxed(volume);
      appendClient(log, aBatch(['first']));
      volume.flush();
      volume.disk.kill(seededRandom(seed));
      volume.reopen();
      expect(relaxed(volume).endOffset).toBe(1);
      appendClient(relaxed(volume), aBatch(['second']));
      volume.flush();
      volume.disk.cutPower(seededRandom(seed));
      volume.reopen();
      outcomes.add(relaxed(volume).endOffset);
    }
    expect(outcomes).toEqual(new Set([1, 2]));
  });

  it('does not make a durable log wait longer than its own sync, nor acknowledge it early', () => {
    const volume = new TestVolume();
    const [loose, strict] = [relaxed(volume, 0), volume.log({}, 1)];
    appendClient(loose, aBatch(['a']));
    volume.flush();
    appendClient(strict, aBatch(['b']));
    volume.store.flush();
    volume.disk.completeOne();
    expect([loose.durableEndOffset, strict.safeEndOffset]).toEqual([0, 0]);
    volume.disk.completeAll();
    expect([loose.durableEndOffset, strict.safeEndOffset]).toEqual([1, 1]);
  });

  it('is made durable before much of it waits, and at a close', () => {
    const volume = new TestVolume(new MemoryDisk(), { walSegmentBytes: 131_072 });
    for (let count = 0; count < 60; count += 1) {
      appendClient(relaxed(volume), aBatch(['x'.repeat(9000)]));
      volume.flush();
    }
    expect(relaxed(volume).durableEndOffset).toBeGreaterThan(0);
    volume.restart();
    volume.disk.cutPower(random);
    volume.reopen();
    expect(relaxed(volume).endOffset).toBe(60);
  });
});

describe('two writes under way', () => {
  it('are acknowledged in order, whichever ends first', () => {
    const volume = new TestVolume();
    const log = volume.log();
    const told: number[] = [];
    volume.store.onDurable = () => told.push(log.durableEndOffset);
    appendClient(log, aBatch(['warm']));
    volume.flush();
    appendClient(log, aBatch(['first']));
    volume.store.flush();
    appendClient(log, aBatch(['second']));
    volume.store.flush();
    expect(volume.disk.pendingCount).toBe(2);
    volume.disk.completeLast();
    expect(log.durableEndOffset).toBe(1);
    volume.disk.completeAll();
    expect([log.durableEndOffset, told]).toEqual([3, [1, 3]]);
  });

  it('are both written again when the first finds no space', () => {
    const volume = new TestVolume();
    const log = volume.log();
    appendClient(log, aBatch(['warm']));
    volume.flush();
    for (const value of ['first', 'second']) {
      appendClient(log, aBatch([value]));
      volume.store.flush();
    }
    volume.disk.completeLast();
    volume.disk.fault = (operation) => (operation === 'wal-write' ? 'no_space' : undefined);
    volume.disk.completeAll();
    expect([log.durableEndOffset, volume.store.space]).toEqual([1, 'full']);
    volume.disk.fault = undefined;
    volume.store.upkeep(NOW_MS);
    volume.disk.completeAll();
    expect([log.durableEndOffset, volume.store.space]).toEqual([3, 'open']);
    volume.disk.cutPower(random);
    volume.reopen();
    expect(volume.log().endOffset).toBe(3);
  });
});
