import { expect, test } from 'vitest';
import { MemoryDisk } from '../testing/memory-disk.ts';
import { WAL_BLOCK_BYTES } from './format.ts';
import { Wal, WAL_FOLDER } from './wal.ts';

const SEGMENT_BYTES = 65_536;

function aWal(segmentCount: number) {
  const disk = new MemoryDisk();
  disk.mkdir(WAL_FOLDER);
  const wal = new Wal<object>(
    {
      disk,
      headerBlock: Buffer.alloc(WAL_BLOCK_BYTES),
      segmentBytes: SEGMENT_BYTES,
      segmentCount,
      fillAfterBytes: 2 * WAL_BLOCK_BYTES,
    },
    { segments: [], nextGeneration: 1, nextSequence: 1 },
  );
  const fills: unknown[] = [];
  const roll = (): string | undefined => {
    wal.roll((error) => expect(error).toBeUndefined());
    disk.completeAll();
    return wal.current?.path;
  };
  const use = (): void => {
    wal.take(WAL_BLOCK_BYTES, wal.nextSequence + 1);
    wal.fillAhead((error) => fills.push(error));
  };
  return { disk, wal, fills, roll, use };
}

test('a growing file is left for one that was filled ahead once that is there', () => {
  const { disk, fills, roll, use, wal } = aWal(4);
  expect(roll()).toBe('wal/00000000.wal');
  use();
  expect([wal.room > 0, fills.length]).toEqual([true, 0]);
  disk.completeAll();
  expect([disk.sizeOf('wal/00000001.wal'), wal.room, fills]).toEqual([
    SEGMENT_BYTES,
    0,
    [undefined],
  ]);
  expect(roll()).toBe('wal/00000001.wal');
  use();
  disk.completeAll();
  expect([disk.sizeOf('wal/00000002.wal'), wal.room > 0]).toEqual([SEGMENT_BYTES, true]);
});

test('a log that is full before the next file is filled makes the last one at once', () => {
  const { disk, fills, roll, use, wal } = aWal(3);
  roll();
  use();
  expect(wal.canRoll).toBe(true);
  wal.roll(() => undefined);
  disk.completeLast();
  disk.completeLast();
  expect([wal.current?.path, fills.length]).toEqual(['wal/00000002.wal', 0]);
});

test('the last file is never filled ahead', () => {
  const { disk, roll, use } = aWal(2);
  roll();
  use();
  disk.completeAll();
  expect(disk.exists('wal/00000001.wal')).toBe(false);
});
