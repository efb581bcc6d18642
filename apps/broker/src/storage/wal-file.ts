import { closeSync, constants, fdatasync, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { IoCallback, WalFile } from '@weirhouse/broker-log';
import { asSyncError, writeAll } from './system-calls.ts';

/** How durable writes are made; each works where the ones before it do not. */
export type WalMode = 'direct' | 'dsync' | 'fdatasync';

/** Alignment that direct I/O wants of memory, position and length. */
const DIRECT_ALIGNMENT_BYTES = 4096;

/** What is written of a new file at once: it holds up a client's write by a millisecond or two. */
const FILL_PIECE_BYTES = 262_144;
/** Pause between two pieces. */
const FILL_PAUSE_MS = 5;

const { O_CREAT, O_WRONLY } = constants;
const DSYNC = (constants as { O_DSYNC?: number }).O_DSYNC ?? 0;
const DIRECT = (constants as { O_DIRECT?: number }).O_DIRECT ?? 0;

/** The part of WebAssembly that is used here; the types for Node do not declare it. */
const { Memory } = (
  globalThis as unknown as {
    WebAssembly: {
      Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
    };
  }
).WebAssembly;

const alignedMemories = new WeakSet<ArrayBufferLike>();

/**
 * Page-aligned memory: the buffer of a WebAssembly memory starts at a page, which plain buffers do not,
 * and direct I/O needs it. Memory is taken from the system only as it is touched.
 */
export function alignedMemory(bytes: number): Buffer {
  const pages = Math.ceil(bytes / 65_536);
  const memory = new Memory({ initial: pages, maximum: pages }).buffer;
  alignedMemories.add(memory);
  return Buffer.from(memory, 0, bytes);
}

/** Finds the fastest way of durable writing that the folder's file system has, by trying. */
export function probeWalMode(folder: string): WalMode {
  const path = join(folder, '.wal-probe');
  const page = alignedMemory(DIRECT_ALIGNMENT_BYTES);
  const works = (flags: number): boolean => {
    let file: number | undefined;
    try {
      file = openSync(path, O_CREAT | O_WRONLY | flags, 0o600);
      return writeSync(file, page, 0, page.length, 0) === page.length;
    } catch {
      return false;
    } finally {
      if (file !== undefined) closeSync(file);
    }
  };
  try {
    if (DIRECT !== 0 && DSYNC !== 0 && works(DIRECT | DSYNC)) return 'direct';
    return DSYNC !== 0 && works(DSYNC) ? 'dsync' : 'fdatasync';
  } finally {
    try {
      unlinkSync(path);
    } catch {
      // Never made: the folder cannot be written, which the caller finds at its first real write.
    }
  }
}

/** Opens a file whose writes are durable when they complete. */
export function openWalFile(
  path: string,
  options: { readonly mode: WalMode; readonly sizeBytes: number },
): WalFile {
  const { mode } = options;
  const cached = openSync(path, O_CREAT | O_WRONLY, 0o600);
  const buffered = mode === 'fdatasync' ? cached : openSync(path, O_WRONLY | DSYNC);
  const direct = mode === 'direct' ? openSync(path, O_WRONLY | DIRECT | DSYNC) : undefined;
  return {
    write(buffers, position, done) {
      const file = direct !== undefined && buffers.every(isAligned) ? direct : buffered;
      const afterWrite: IoCallback =
        mode === 'fdatasync'
          ? (error) => (error === undefined ? syncThen(buffered, path, done) : done(error))
          : done;
      writeAll({ file, path, buffers, position }, afterWrite);
    },
    writeCached(buffers, position, done) {
      writeAll({ file: cached, path, buffers, position }, done);
    },
    sync: (done) => syncThen(cached, path, done),
    closeSync() {
      if (direct !== undefined) closeSync(direct);
      if (buffered !== cached) closeSync(buffered);
      closeSync(cached);
    },
  };
}

/**
 * Makes a file of zeros, durably: writes to it change neither its size nor where its blocks are, which the file
 * system would have to note each time. Piece by piece with pauses, because clients wait for the disk meanwhile.
 */
export function fillWalFile(
  path: string,
  { mode, sizeBytes }: { readonly mode: WalMode; readonly sizeBytes: number },
  done: IoCallback,
): void {
  const durable = mode === 'fdatasync' ? 0 : DSYNC;
  const flags = O_CREAT | O_WRONLY | durable | (mode === 'direct' ? DIRECT : 0);
  const file = openSync(path, flags, 0o600);
  const zeros = alignedMemory(Math.min(FILL_PIECE_BYTES, sizeBytes));
  const finish: IoCallback = (error) => {
    closeSync(file);
    done(error);
  };
  const fill = (position: number): void => {
    const piece = zeros.subarray(0, Math.min(zeros.length, sizeBytes - position));
    writeAll({ file, path, buffers: [piece], position }, (error) => {
      const end = position + piece.length;
      if (error !== undefined) finish(error);
      else if (end < sizeBytes) setTimeout(fill, FILL_PAUSE_MS, end);
      else if (durable === 0) syncThen(file, path, finish);
      else finish(undefined);
    });
  };
  fill(0);
}

function syncThen(file: number, path: string, done: IoCallback): void {
  fdatasync(file, (cause) => done(cause === null ? undefined : asSyncError(path, cause)));
}

/** Memory of a WebAssembly memory starts at a page, so an offset in it tells the alignment. */
function isAligned(buffer: Buffer): boolean {
  return (
    buffer.byteOffset % DIRECT_ALIGNMENT_BYTES === 0 &&
    buffer.length % DIRECT_ALIGNMENT_BYTES === 0 &&
    alignedMemories.has(buffer.buffer)
  );
}
