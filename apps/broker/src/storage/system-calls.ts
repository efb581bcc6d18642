import { writev } from 'node:fs';
import { storageError, type IoCallback, type StorageFault } from '@weirhouse/broker-log';
import type { AppError } from '@weirhouse/shared-kernel';

/** Buffers of one writev call; the kernel takes 1,024. */
export const IOVECS_MAX = 1024;

export interface WriteAll {
  readonly file: number;
  readonly path: string;
  readonly buffers: readonly Buffer[];
  readonly position: number;
}

/** Writes all bytes off the loop, going on after short writes. */
export function writeAll(request: WriteAll, done: IoCallback): void {
  const { file, path } = request;
  const step = (buffers: readonly Buffer[], position: number): void => {
    const some = buffers.length > IOVECS_MAX ? buffers.slice(0, IOVECS_MAX) : buffers;
    writev(file, some, position, (cause, written) => {
      if (cause !== null) {
        done(asStorageError(`write ${path}`, cause));
        return;
      }
      const rest = dropBytes(buffers, written);
      if (rest.length === 0) done(undefined);
      else step(rest, position + written);
    });
  };
  step(request.buffers, request.position);
}

/** What remains of a list of buffers after its first `count` bytes. */
export function dropBytes(buffers: readonly Buffer[], count: number): readonly Buffer[] {
  let at = 0;
  let left = count;
  while (at < buffers.length && left >= (buffers[at] as Buffer).length) {
    left -= (buffers[at] as Buffer).length;
    at++;
  }
  if (left === 0) return at === 0 ? buffers : buffers.slice(at);
  return [(buffers[at] as Buffer).subarray(left), ...buffers.slice(at + 1)];
}

/** A failed sync: never an error that passes by itself, because what was not synced may be gone. */
export function asSyncError(what: string, cause: NodeJS.ErrnoException): AppError<'storage'> {
  return storageError('io', `Cannot sync ${what}: ${cause.message}.`, cause);
}

const REASONS: Readonly<Partial<Record<StorageFault, string>>> = {
  no_space: 'the disk is full',
  no_files: 'too many files are open; raise the limit of the process (ulimit -n)',
};

/** A failed system call as the storage error that the log knows. */
export function asStorageError(what: string, cause: NodeJS.ErrnoException): AppError<'storage'> {
  const fault: StorageFault =
    cause.code === 'ENOSPC' || cause.code === 'EDQUOT'
      ? 'no_space'
      : cause.code === 'EMFILE' || cause.code === 'ENFILE'
        ? 'no_files'
        : cause.code === 'ENOENT'
          ? 'not_found'
          : 'io';
  const why = REASONS[fault] ?? cause.message;
  return storageError(fault, `Cannot ${what}: ${why}.`, cause);
}

/** Runs a system call; what it throws becomes a storage error that names what was tried. */
export function attempt<T>(what: string, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    throw asStorageError(what, cause as NodeJS.ErrnoException);
  }
}
