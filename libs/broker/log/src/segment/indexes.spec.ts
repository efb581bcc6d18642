import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryDisk } from '../testing/memory-disk.ts';
import { FilePool } from './file-pool.ts';
import { OffsetIndex } from './offset-index.ts';
import { SegmentName } from './segment-name.ts';
import { TimeIndex } from './time-index.ts';

function aPool(max = 4): { disk: MemoryDisk; files: FilePool } {
  const disk = new MemoryDisk();
  disk.mkdir('x');
  return { disk, files: new FilePool(disk, max) };
}

describe('an offset index', () => {
  it('finds the last entry at or before an offset, wherever its entries are', () => {
    const entries = fc.uniqueArray(fc.integer({ min: 1, max: 500 }), { maxLength: 80 });
    const property = fc.property(entries, fc.nat(80), fc.nat(550), (offsets, persisted, wanted) => {
      const { files } = aPool();
      const index = new OffsetIndex(files, new SegmentName('x', 1000));
      const sorted = offsets.toSorted((one, other) => one - other);
      for (const [place, offset] of sorted.entries()) {
        index.add(1000 + offset, (place + 1) * 10);
        if (place + 1 === persisted) index.file.persist();
      }
      const place = sorted.findLastIndex((offset) => offset <= wanted);
      expect(index.floor(1000 + wanted)).toEqual({
        position: (place + 1) * 10,
        lastOffset: place < 0 ? undefined : 1000 + (sorted[place] as number),
      });
      expect(index.countBefore(35)).toBe(Math.min(3, sorted.length));
    });
    fc.assert(property, { seed: 2, numRuns: 300 });
  });

  it('writes Kafka’s entries: relative offset and position, big-endian', () => {
    const { disk, files } = aPool();
    const index = new OffsetIndex(files, new SegmentName('x', 100));
    index.add(107, 4200);
    index.file.persist();
    const bytes = Buffer.alloc(8);
    disk.open(index.file.path, 'read').readSync(bytes, 0);
    expect(bytes.toString('hex')).toBe('0000000700001068');
    const again = new OffsetIndex(files, new SegmentName('x', 100), 8);
    expect(again.floor(108)).toEqual({ position: 4200, lastOffset: 107 });
  });

  it('forgets entries from a position on, in memory and in the file', () => {
    const { disk, files } = aPool();
    const index = new OffsetIndex(files, new SegmentName('x', 0));
    for (let entry = 1; entry <= 10; entry += 1) index.add(entry * 2, entry * 100);
    index.file.persist(6);
    index.truncateAt(400);
    expect(index.file.count).toBe(3);
    index.add(99, 450);
    index.file.persist();
    index.file.cutFile();
    expect(disk.sizeOf(index.file.path)).toBe(32);
    expect(index.floor(1000)).toEqual({ position: 450, lastOffset: 99 });
  });
});

describe('a time index', () => {
  it('only rises, and finds where a search for a time starts', () => {
    const { files } = aPool();
    const index = new TimeIndex(files, new SegmentName('x', 50));
    index.add(1000, 52);
    index.add(1000, 53);
    index.add(900, 54);
    index.add(2000, 57);
    index.file.persist(1);
    expect(index.file.count).toBe(2);
    expect(index.below(1000)).toBeUndefined();
    expect(index.below(1001)).toEqual({ timestamp: 1000, offset: 52 });
    expect(index.below(9999)).toEqual({ timestamp: 2000, offset: 57 });
    index.truncateAt(57);
    expect(index.last()).toEqual({ timestamp: 1000, offset: 52 });
    index.add(1500, 55);
    expect(index.last()).toEqual({ timestamp: 1500, offset: 55 });
  });
});

describe('the file pool', () => {
  it('closes the least recently used file and opens it again', () => {
    const { files } = aPool(2);
    files.use('a').writevSync([Buffer.from('a')], 0);
    files.use('b');
    files.use('a');
    files.use('c');
    expect(files.openCount).toBe(2);
    const bytes = Buffer.alloc(1);
    files.use('a').readSync(bytes, 0);
    expect(bytes.toString()).toBe('a');
  });

  it('keeps a pinned file open until it is released, even when it was removed', () => {
    const { disk, files } = aPool(1);
    const { file, unpin } = files.pin('a');
    files.use('b');
    files.use('c');
    file.writevSync([Buffer.from('x')], 0);
    files.forget('a');
    disk.unlink('a');
    file.writevSync([Buffer.from('y')], 0);
    unpin();
    expect(() => file.sizeSync()).toThrow(/is closed/);
  });
});
