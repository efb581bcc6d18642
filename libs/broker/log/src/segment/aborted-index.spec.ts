import { describe, expect, it } from 'vitest';
import { MemoryDisk } from '../testing/memory-disk.ts';
import { ABORTED_ENTRY_BYTES, AbortedIndex, type AbortedTransaction } from './aborted-index.ts';
import { FilePool } from './file-pool.ts';
import { SegmentName } from './segment-name.ts';

const NAME = new SegmentName('events-0', 0);
const PATH = NAME.pathOf('.txnindex');

function aborted(firstOffset: number, lastOffset: number, more: Partial<AbortedTransaction> = {}) {
  return { producerId: 7, firstOffset, lastOffset, lastStableOffset: lastOffset + 1, ...more };
}

function aDisk(): MemoryDisk {
  const disk = new MemoryDisk();
  disk.mkdir(NAME.folder);
  return disk;
}

function firstOffsetsIn(index: AbortedIndex, fromOffset: number, toOffset: number): number[] {
  const found: number[] = [];
  index.collect({ fromOffset, toOffset }, ({ firstOffset }) => found.push(firstOffset));
  return found;
}

describe('an index of aborted transactions', () => {
  it('has Kafka’s entries: version, producer, first, last and last stable offset', () => {
    const disk = aDisk();
    const index = new AbortedIndex(new FilePool(disk), NAME);
    index.add(aborted(3, 9, { producerId: 2 ** 40 + 5, lastStableOffset: 4 }));
    index.persist(10);
    const bytes = Buffer.alloc(ABORTED_ENTRY_BYTES);
    expect(disk.open(PATH, 'read').readSync(bytes, 0)).toBe(34);
    expect(bytes.readInt16BE(0)).toBe(0);
    const fields = [2, 10, 18, 26].map((at) => Number(bytes.readBigInt64BE(at)));
    expect(fields).toEqual([2 ** 40 + 5, 3, 9, 4]);
  });

  it('finds what overlaps a range, in the file and in memory', () => {
    const disk = aDisk();
    const files = new FilePool(disk);
    const index = new AbortedIndex(files, NAME);
    for (let place = 0; place < 300; place += 1) {
      index.add(aborted(10 * place, 10 * place + 5));
      if (place === 250) index.persist(2_400);
    }
    for (const opened of [index, reopened(files, disk, index)]) {
      expect(firstOffsetsIn(opened, 0, 1)).toEqual([0]);
      expect(firstOffsetsIn(opened, 5, 10)).toEqual([0]);
      expect(firstOffsetsIn(opened, 6, 10)).toEqual([]);
      expect(firstOffsetsIn(opened, 2_385, 2_421)).toEqual([2_380, 2_390, 2_400, 2_410, 2_420]);
      expect(firstOffsetsIn(opened, 0, 3_000)).toHaveLength(300);
      expect(firstOffsetsIn(opened, 2_996, 9_000)).toEqual([]);
    }
  });

  it('says when no later abort can overlap', () => {
    const index = new AbortedIndex(new FilePool(aDisk()), NAME);
    index.add(aborted(5, 8, { lastStableOffset: 2 }));
    const collect = (toOffset: number) =>
      index.collect({ fromOffset: 0, toOffset }, () => undefined);
    expect(collect(3)).toBe(true);
    expect(collect(2)).toBe(false);
  });

  it('forgets markers that were truncated, wherever they are', () => {
    const disk = aDisk();
    const files = new FilePool(disk);
    const index = new AbortedIndex(files, NAME);
    for (const place of [0, 1, 2, 3]) index.add(aborted(10 * place, 10 * place + 5));
    index.persist(20);
    expect(index.truncateAt(100)).toBe(false);
    expect(index.truncateAt(25)).toBe(true);
    expect(firstOffsetsIn(index, 0, 100)).toEqual([0, 10]);
    expect(index.truncateAt(15)).toBe(true);
    index.cutFile();
    index.add(aborted(12, 40));
    expect(firstOffsetsIn(reopened(files, disk, index), 0, 100)).toEqual([0, 12]);
  });
});

function reopened(files: FilePool, disk: MemoryDisk, index: AbortedIndex): AbortedIndex {
  index.persist(Number.POSITIVE_INFINITY);
  return new AbortedIndex(files, NAME, disk.sizeOf(PATH));
}
