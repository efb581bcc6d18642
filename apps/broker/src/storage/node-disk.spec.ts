import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { storageFaultOf } from '@weirhouse/broker-log';
import type { AppError } from '@weirhouse/shared-kernel';
import { temporaryFolder } from '@weirhouse/testing-harness';
import { expect, onTestFinished, test } from 'vitest';
import { NodeDisk } from './node-disk.ts';
import { dropBytes } from './system-calls.ts';
import { alignedMemory, fillWalFile, openWalFile, probeWalMode } from './wal-file.ts';

function aFolder(): string {
  const folder = temporaryFolder('disk');
  onTestFinished(folder.remove);
  return folder.path;
}

function faultOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return storageFaultOf(error);
  }
}

function settled(start: (done: (error: AppError | undefined) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error === undefined ? resolve() : reject(error)));
  });
}

test('what is written is read back, at positions, also past the end', async () => {
  const disk = new NodeDisk(aFolder(), 'dsync');
  const file = disk.open('a', 'write');
  file.writevSync([Buffer.from('abc'), Buffer.alloc(0), Buffer.from('def')], 2);
  await settled((done) => file.writev([Buffer.from('XY')], 4, done));
  await settled((done) => file.datasync(done));
  const into = Buffer.alloc(20);
  expect(file.readSync(into, 2)).toBe(6);
  expect(into.subarray(0, 6).toString()).toBe('abXYef');
  const read = await new Promise<number>((resolve) => {
    file.read(into, 6, (_error, bytes) => resolve(bytes));
  });
  expect([read, into.subarray(0, 2).toString()]).toEqual([2, 'ef']);
  file.truncateSync(3);
  expect([file.sizeSync(), disk.sizeOf('a')]).toEqual([3, 3]);
  file.closeSync();
});

test('a missing file says so, and folders can be made, listed, synced and removed', async () => {
  const disk = new NodeDisk(aFolder(), 'dsync');
  expect(faultOf(() => disk.open('missing', 'read'))).toBe('not_found');
  disk.mkdir('d');
  disk.open('d/x', 'write').closeSync();
  disk.rename('d/x', 'd/y');
  await settled((done) => disk.syncDir('d', done));
  expect(disk.list('d')).toEqual(['y']);
  disk.unlink('d/y');
  disk.rmdir('d');
  expect([disk.exists('d'), disk.freeBytes() > 0]).toEqual([false, true]);
});

test.for(['direct', 'dsync', 'fdatasync'] as const)(
  'WAL writes in mode %s reach the file, aligned or not',
  async (mode, context) => {
    const folder = aFolder();
    if (mode === 'direct' && probeWalMode(folder) !== 'direct')
      context.skip('this file system has no direct I/O');
    const path = join(folder, 'wal');
    writeFileSync(path, '');
    const wal = openWalFile(path, { mode, sizeBytes: 1 << 20 });
    const memory = alignedMemory(8192).fill(1);
    await settled((done) => wal.write([memory.subarray(0, 4096)], 0, done));
    await settled((done) => wal.write([Buffer.alloc(4096, 2)], 4096, done));
    await settled((done) =>
      wal.write([memory.subarray(0, 4096), memory.subarray(4096)], 8192, done),
    );
    wal.closeSync();
    const bytes = readFileSync(path);
    expect([bytes.length, bytes[0], bytes[4096], bytes[16_383]]).toEqual([16_384, 1, 2, 1]);
  },
);

test.for(['direct', 'dsync', 'fdatasync'] as const)(
  'a file made ahead in mode %s is all zeros and takes writes in place',
  async (mode, context) => {
    const folder = aFolder();
    if (mode === 'direct' && probeWalMode(folder) !== 'direct')
      context.skip('this file system has no direct I/O');
    const path = join(folder, 'wal');
    const sizeBytes = 600 << 10;
    await settled((done) => fillWalFile(path, { mode, sizeBytes }, done));
    expect(readFileSync(path).equals(Buffer.alloc(sizeBytes))).toBe(true);
    const wal = openWalFile(path, { mode, sizeBytes });
    await settled((done) => wal.write([alignedMemory(4096).fill(1)], 8192, done));
    wal.closeSync();
    const bytes = readFileSync(path);
    expect([bytes.length, bytes[8191], bytes[8192], bytes[12_288]]).toEqual([sizeBytes, 0, 1, 0]);
  },
);

test('short writes go on with what remains', () => {
  const buffers = [Buffer.from('ab'), Buffer.from('cde'), Buffer.from('f')];
  const left = (count: number): string => Buffer.concat([...dropBytes(buffers, count)]).toString();
  expect([0, 1, 2, 4, 5, 6].map(left)).toEqual(['abcdef', 'bcdef', 'cdef', 'ef', 'f', '']);
});
