import { AppError } from '@weirhouse/shared-kernel';

/** How a file is opened: an existing one for reads, or one for reads and writes, made if missing. */
export type OpenMode = 'read' | 'write';

/** Called exactly once, never from inside the call that took it. */
export type IoCallback = (error: AppError | undefined) => void;

/** Called exactly once with the bytes that were read; fewer than asked only at the file's end. */
export type ReadCallback = (error: AppError | undefined, bytes: number) => void;

/**
 * One open file. Positions are bytes from the file's start. Every method throws, or calls back with,
 * an AppError of code `storage` (see `storageError`). A write that fails may have written a part.
 */
export interface DiskFile {
  /** Fills `buffer` from `position`; returns the bytes read, fewer only at the file's end. */
  readSync(buffer: Buffer, position: number): number;
  /** As `readSync`, off the loop. */
  read(buffer: Buffer, position: number, done: ReadCallback): void;
  /** Writes all bytes of all buffers one after another: into the page cache, not yet durable. */
  writevSync(buffers: readonly Buffer[], position: number): void;
  /** As `writevSync`, off the loop. The buffers must not change until `done`. */
  writev(buffers: readonly Buffer[], position: number, done: IoCallback): void;
  truncateSync(size: number): void;
  sizeSync(): number;
  /**
   * Makes everything written so far durable, the size included. An error is `io` whatever its cause, and
   * it is never called again after one: what was not synced may be gone, and the next sync succeed.
   */
  datasync(done: IoCallback): void;
  /** No operation may be under way. */
  closeSync(): void;
}

/**
 * A file for durable writes; writes that are under way at once do not overlap. After `no_space` the same bytes may be
 * written again; any other error ends it.
 */
export interface WalFile {
  /**
   * Writes all buffers one after another at `position`. When `done` has no error the bytes are
   * durable, the file's size included. Position and lengths are multiples of 4 KiB. Buffers from the
   * arena's memory are aligned as that memory is; others may lie anywhere, the adapter copes
   * (`O_DIRECT|O_DSYNC`, `O_DSYNC` or a write and a fdatasync are its choice).
   */
  write(buffers: readonly Buffer[], position: number, done: IoCallback): void;
  /** As `write`, into the page cache only: it survives the end of the process, not of the machine. */
  writeCached(buffers: readonly Buffer[], position: number, done: IoCallback): void;
  /** Makes what `writeCached` has written durable, the size included. Errors as those of `datasync`. */
  sync(done: IoCallback): void;
  closeSync(): void;
}

/**
 * One volume as a port. Paths are relative to its root, `/` between names, `''` for the root itself.
 * Names (made, renamed, removed) are durable only after `syncDir` of the folder that holds them.
 */
export interface Disk {
  /** Throws `storage` with the fault `not_found` when mode is `read` and there is no such file. */
  open(path: string, mode: OpenMode): DiskFile;
  /** Opens a WAL file, made if missing; it will grow up to `sizeBytes` and be rewritten in place. */
  openWal(path: string, sizeBytes: number): WalFile;
  /**
   * Makes a file of zeros for `openWal`, slowly, so that durable writes to it allocate nothing. Its bytes are
   * durable when `done` has no error; after an error it is shorter and can be used all the same.
   */
  fillWal(path: string, sizeBytes: number, done: IoCallback): void;
  /** Names in a folder, in no particular order. */
  list(path: string): readonly string[];
  exists(path: string): boolean;
  /** Bytes of a file, without opening it. */
  sizeOf(path: string): number;
  /** Makes one folder; its parent exists and it does not. */
  mkdir(path: string): void;
  /** Replaces a file at `to`. */
  rename(from: string, to: string): void;
  unlink(path: string): void;
  rmdir(path: string): void;
  /** Its errors are `io`, as those of `datasync`. */
  syncDir(path: string, done: IoCallback): void;
  /** Bytes that can still be written to the volume. */
  freeBytes(): number;
}

/**
 * What went wrong on a disk. `no_space` may pass by itself, and so may `no_files`: the process has too
 * many files and connections open, and nothing was done. `io` takes the volume offline.
 */
export type StorageFault = 'no_space' | 'no_files' | 'not_found' | 'io';

/** An AppError of code `storage`; its detail starts with the fault, so that callers can tell. */
export function storageError(
  fault: StorageFault,
  message: string,
  cause?: unknown,
): AppError<'storage'> {
  return new AppError('storage', message, { detail: `${fault}: ${message}`, cause });
}

/** The fault of an error that `storageError` made; `io` for every other error. */
export function storageFaultOf(error: unknown): StorageFault {
  if (!(error instanceof AppError) || error.code !== 'storage') return 'io';
  const fault = error.detail?.slice(0, error.detail.indexOf(':'));
  return fault === 'no_space' || fault === 'no_files' || fault === 'not_found' ? fault : 'io';
}

/** True for a fault that may pass by itself: what it hit is tried again. */
export function isPassing(error: unknown): boolean {
  const fault = storageFaultOf(error);
  return fault === 'no_space' || fault === 'no_files';
}

/** Any thrown value as an AppError, for callbacks that hand errors on. */
export function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return storageError('io', error instanceof Error ? error.message : String(error), error);
}

/** A small file with these bytes and no others, left open for a sync; not durable yet. */
export function openWith(disk: Disk, path: string, bytes: Buffer): DiskFile {
  const file = disk.open(path, 'write');
  try {
    // A truncation costs a place in the file system's journal, and most of these files are new.
    if (file.sizeSync() > 0) file.truncateSync(0);
    file.writevSync([bytes], 0);
  } catch (error) {
    file.closeSync();
    throw error;
  }
  return file;
}
