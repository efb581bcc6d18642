import { describe, expect, it } from 'vitest';
import { storageFaultOf } from './disk.ts';
import { MemoryDisk } from './testing/memory-disk.ts';
import { aBatch, appendClient, readBytes, TestVolume } from './testing/test-volume.ts';

describe('a process that may open few files', () => {
  it('goes on with fewer of them open, and nothing is lost', () => {
    const disk = new MemoryDisk();
    const volume = new TestVolume(disk);
    const partitions = [0, 1, 2, 3, 4, 5, 6, 7];
    for (const index of partitions) appendClient(volume.log({}, index), aBatch([`first ${index}`]));
    volume.flush();
    disk.openFilesMax = 3;
    for (const round of [1, 2, 3])
      for (const index of partitions) {
        appendClient(volume.log({}, index), aBatch([`${round} of ${index}`]));
        volume.flush();
      }
    for (const index of [8, 9]) appendClient(volume.log({}, index), aBatch(['new']));
    volume.flush();
    volume.store.close(() => undefined);
    disk.completeAll();
    expect(volume.store.isOffline).toBe(false);
    disk.openFilesMax = 1e9;
    const next = new TestVolume(disk);
    expect(partitions.map((index) => next.log({}, index).endOffset)).toEqual(
      partitions.map(() => 4),
    );
    expect(readBytes(next.log({}, 7), 3).includes('3 of 7')).toBe(true);
    expect(next.log({}, 9).endOffset).toBe(1);
  });

  it('is told which fault it was when nothing can be closed', () => {
    const disk = new MemoryDisk();
    disk.openFilesMax = 0;
    let fault: unknown;
    try {
      disk.open('file', 'write');
    } catch (error) {
      fault = storageFaultOf(error);
    }
    expect(fault).toBe('no_files');
  });
});
