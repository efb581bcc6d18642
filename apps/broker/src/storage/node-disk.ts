import {
  closeSync,
  existsSync,
  fdatasync,
  fstatSync,
  fsync,
  ftruncateSync,
  mkdirSync,
  openSync,
  read,
  readdirSync,
  readSync,
  renameSync,
  rmdirSync,
  statfsSync,
  statSync,
  unlinkSync,
  writevSync,
  constants,
} from 'node:fs';
import { join } from 'node:path';
import type {
  Disk,
  DiskFile,
  IoCallback,
  OpenMode,
  ReadCallback,
  WalFile,
} from '@weirhouse/broker-log';
import {
  asStorageError,
  asSyncError,
  attempt,
  dropBytes,
  IOVECS_MAX,
  writeAll,
} from './system-calls.ts';
import { fillWalFile, openWalFile, type WalMode } from './wal-file.ts';

/** The disk port on one folder, through `node:fs`. */
export class NodeDisk implements Disk {
  readonly #root: string;
  readonly #walMode: WalMode;

  constructor(root: string, walMode: WalMode) {
    this.#root = root;
    this.#walMode = walMode;
  }

  open(path: string, mode: OpenMode): DiskFile {
    const flags = mode === 'read' ? constants.O_RDONLY : constants.O_RDWR | constants.O_CREAT;
    return new NodeFile(
      attempt(`open ${path}`, () => openSync(join(this.#root, path), flags, 0o600)),
      path,
    );
  }

  openWal(path: string, sizeBytes: number): WalFile {
    return attempt(`open ${path}`, () =>
      openWalFile(join(this.#root, path), { mode: this.#walMode, sizeBytes }),
    );
  }

  fillWal(path: string, sizeBytes: number, done: IoCallback): void {
    attempt(`make ${path}`, () =>
      fillWalFile(join(this.#root, path), { mode: this.#walMode, sizeBytes }, done),
    );
  }

  list(path: string): readonly string[] {
    return attempt(`list ${path}`, () => readdirSync(join(this.#root, path)));
  }

  exists(path: string): boolean {
    return existsSync(join(this.#root, path));
  }

  sizeOf(path: string): number {
    return attempt(`stat ${path}`, () => statSync(join(this.#root, path)).size);
  }

  mkdir(path: string): void {
    attempt(`make folder ${path}`, () => mkdirSync(join(this.#root, path), 0o700));
  }

  rename(from: string, to: string): void {
    attempt(`rename ${from}`, () => renameSync(join(this.#root, from), join(this.#root, to)));
  }

  unlink(path: string): void {
    attempt(`delete ${path}`, () => unlinkSync(join(this.#root, path)));
  }

  rmdir(path: string): void {
    attempt(`delete folder ${path}`, () => rmdirSync(join(this.#root, path)));
  }

  syncDir(path: string, done: IoCallback): void {
    const folder = attempt(`open folder ${path}`, () => openSync(join(this.#root, path), 'r'));
    fsync(folder, (cause) => {
      closeSync(folder);
      done(cause === null ? undefined : asSyncError(`folder ${path}`, cause));
    });
  }

  freeBytes(): number {
    const { bavail, bsize } = attempt('stat volume', () => statfsSync(this.#root));
    return bavail * bsize;
  }
}

class NodeFile implements DiskFile {
  readonly #file: number;
  readonly #path: string;

  constructor(file: number, path: string) {
    this.#file = file;
    this.#path = path;
  }

  readSync(buffer: Buffer, position: number): number {
    return attempt(`read ${this.#path}`, () => {
      let filled = 0;
      while (filled < buffer.length) {
        const count = readSync(
          this.#file,
          buffer,
          filled,
          buffer.length - filled,
          position + filled,
        );
        if (count === 0) break;
        filled += count;
      }
      return filled;
    });
  }

  read(buffer: Buffer, position: number, done: ReadCallback): void {
    const step = (filled: number): void => {
      read(
        this.#file,
        buffer,
        filled,
        buffer.length - filled,
        position + filled,
        (cause, count) => {
          if (cause !== null) done(asStorageError(`read ${this.#path}`, cause), filled);
          else if (count === 0 || filled + count === buffer.length) done(undefined, filled + count);
          else step(filled + count);
        },
      );
    };
    step(0);
  }

  writevSync(buffers: readonly Buffer[], position: number): void {
    attempt(`write ${this.#path}`, () => {
      let rest = buffers;
      let at = position;
      while (rest.length > 0) {
        const written = writevSync(this.#file, rest.slice(0, IOVECS_MAX), at);
        at += written;
        rest = dropBytes(rest, written);
      }
    });
  }

  writev(buffers: readonly Buffer[], position: number, done: IoCallback): void {
    writeAll({ file: this.#file, path: this.#path, buffers, position }, done);
  }

  truncateSync(size: number): void {
    attempt(`truncate ${this.#path}`, () => ftruncateSync(this.#file, size));
  }

  sizeSync(): number {
    return attempt(`stat ${this.#path}`, () => fstatSync(this.#file).size);
  }

  datasync(done: IoCallback): void {
    fdatasync(this.#file, (cause) =>
      done(cause === null ? undefined : asSyncError(this.#path, cause)),
    );
  }

  closeSync(): void {
    attempt(`close ${this.#path}`, () => closeSync(this.#file));
  }
}
