import { describe, expect, it } from 'vitest';
import { MemoryDisk, seededRandom } from './memory-disk.ts';

const BLOCK = 4096;

function contentOf(disk: MemoryDisk, path: string): Buffer {
  const bytes = Buffer.alloc(disk.sizeOf(path));
  disk.open(path, 'read').readSync(bytes, 0);
  return bytes;
}

/** Runs a scenario with many seeds and gives what was seen. */
function outcomes(scenario: (seed: number) => string): Set<string> {
  const seen = new Set<string>();
  for (let seed = 0; seed < 60; seed += 1) seen.add(scenario(seed));
  return seen;
}

describe('a kill', () => {
  it('keeps what was written and not synced', () => {
    const disk = new MemoryDisk();
    disk.open('a', 'write').writevSync([Buffer.from('xy')], 0);
    disk.kill(seededRandom(1));
    expect(contentOf(disk, 'a').toString()).toBe('xy');
  });

  it('leaves a write under way done in part, and never calls back', () => {
    const seen = outcomes((seed) => {
      const disk = new MemoryDisk();
      let calls = 0;
      const wal = disk.openWal('wal', 1e6);
      wal.write([Buffer.alloc(2 * BLOCK, 1)], 0, () => {
        calls += 1;
      });
      disk.kill(seededRandom(seed));
      disk.completeAll();
      const bytes = contentOf(disk, 'wal');
      return `${calls} ${bytes[0] ?? 0}${bytes[2 * BLOCK - 1] ?? 0}`;
    });
    for (const outcome of ['0 00', '0 01', '0 10', '0 11']) expect(seen).toContain(outcome);
  });

  it('makes files that were open unusable', () => {
    const disk = new MemoryDisk();
    const file = disk.open('a', 'write');
    disk.kill(seededRandom(1));
    expect(() => file.sizeSync()).toThrow(/before the crash/);
  });
});

describe('a power cut', () => {
  it('keeps synced bytes and any part of the others, by sector', () => {
    const seen = outcomes((seed) => {
      const disk = new MemoryDisk();
      const file = disk.open('a', 'write');
      file.writevSync([Buffer.alloc(BLOCK, 1)], 0);
      file.datasync(() => undefined);
      disk.syncDir('', () => undefined);
      disk.completeAll();
      file.writevSync([Buffer.alloc(2 * BLOCK, 2)], BLOCK);
      disk.cutPower(seededRandom(seed));
      const bytes = contentOf(disk, 'a');
      return `${bytes[0]}${bytes[BLOCK] ?? 0}${bytes[2 * BLOCK] ?? 0}`;
    });
    for (const outcome of ['100', '120', '102', '122']) expect(seen).toContain(outcome);
    for (const outcome of seen) expect(outcome.startsWith('1')).toBe(true);
  });

  it('keeps names only when their folder was synced', () => {
    const seen = outcomes((seed) => {
      const disk = new MemoryDisk();
      disk.mkdir('d');
      disk.open('d/a', 'write');
      disk.syncDir('', () => undefined);
      disk.syncDir('d', () => undefined);
      disk.completeAll();
      disk.rename('d/a', 'd/b');
      disk.cutPower(seededRandom(seed));
      return disk.list('d').join();
    });
    expect([...seen].toSorted()).toEqual(['a', 'b']);
  });

  it('keeps what a WAL write reported', () => {
    const disk = new MemoryDisk();
    const wal = disk.openWal('wal', 1e6);
    disk.syncDir('', () => undefined);
    wal.write([Buffer.alloc(BLOCK, 7)], 0, () => undefined);
    disk.completeAll();
    disk.cutPower(seededRandom(1));
    expect(contentOf(disk, 'wal')[BLOCK - 1]).toBe(7);
  });
});
