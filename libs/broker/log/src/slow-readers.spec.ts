import { describe, expect, it } from 'vitest';
import type { ReadSlices } from './read-log.ts';
import { MemoryDisk } from './testing/memory-disk.ts';
import { aBatch, appendClient, readBytes, readOutcome, TestVolume } from './testing/test-volume.ts';

/** A read whose memory the reader keeps. */
function held(outcome: ReturnType<typeof readOutcome>): ReadSlices {
  if (outcome?.ok !== true) throw new Error('the read is served at once');
  return outcome;
}

describe('readers that are slow to take their answers', () => {
  it('do not keep producers from writing: above a quarter of the memory they get copies', () => {
    const volume = new TestVolume(new MemoryDisk(), { memory: Buffer.alloc(16 * 16_384) });
    const log = volume.log();
    const all: ReadSlices[] = [];
    for (let count = 0; count < 300; count += 1) {
      appendClient(log, aBatch([`${count}`.padEnd(3000, 'x')]));
      volume.flush();
      all.push(held(readOutcome(log, count)));
      expect(volume.store.isFull).toBe(false);
    }
    for (const [count, { slices }] of all.entries())
      expect(Buffer.concat(slices).includes(`${count}xxx`)).toBe(true);
    for (const { release } of all) release();
    expect(volume.store.readBytesHeld).toBe(0);
  });

  it('of old records hold a limited amount: above it a read is short, and still gets on', () => {
    const volume = new TestVolume(new MemoryDisk(), { cachedBytes: 1e9 });
    const log = volume.log();
    for (let count = 0; count < 400; count += 1) {
      appendClient(log, aBatch(['x'.repeat(9000)]));
      volume.flush();
    }
    const all: ReadSlices[] = [];
    for (let count = 0; count < 120; count += 1) all.push(held(readOutcome(log, 0)));
    expect(volume.store.readBytesHeld).toBeLessThan(80 << 20);
    const last = all.at(-1);
    expect(last?.bytes).toBeGreaterThan(9000);
    expect(last?.bytes).toBeLessThan(70_000);
    for (const { release } of all) release();
    expect(volume.store.readBytesHeld).toBe(0);
    expect(readBytes(log, 0).length).toBeGreaterThan(1_000_000);
  });
});
