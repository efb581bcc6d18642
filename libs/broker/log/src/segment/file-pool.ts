import type { Disk, DiskFile } from '../disk.ts';

/** Open files at most; a process may have 1,024 descriptors and needs some for sockets. */
export const OPEN_FILES_MAX = 512;

/** Files that are closed at once when the process may open no more. */
const SPARED_FILES = 16;

interface PooledFile {
  readonly file: DiskFile;
  pins: number;
  /** True when it must be closed as soon as nothing is under way. */
  isStale: boolean;
}

/**
 * The open segment and index files of a volume. The least recently used one without an operation
 * under way is closed when there are too many.
 */
export class FilePool {
  readonly #disk: Disk;
  readonly #max: number;
  readonly #files = new Map<string, PooledFile>();

  constructor(disk: Disk, max = OPEN_FILES_MAX) {
    this.#disk = disk;
    this.#max = max;
  }

  get openCount(): number {
    return this.#files.size;
  }

  /** The file at `path`, made if missing. Use it at once: the next call may close it. */
  use(path: string): DiskFile {
    return this.#entry(path).file;
  }

  /** As `use`, and keeps the file open until the returned function is called. */
  pin(path: string): { readonly file: DiskFile; readonly unpin: () => void } {
    const entry = this.#entry(path);
    entry.pins += 1;
    return {
      file: entry.file,
      unpin: () => {
        entry.pins -= 1;
        if (entry.isStale && entry.pins === 0) entry.file.closeSync();
      },
    };
  }

  /** Keeps the file at `path` open while `action` runs: for longer work that uses other files too. */
  hold<Result>(path: string, action: (file: DiskFile) => Result): Result {
    const { file, unpin } = this.pin(path);
    try {
      return action(file);
    } finally {
      unpin();
    }
  }

  /** The file at `path` is renamed or removed: the next use opens anew. */
  forget(path: string): void {
    const entry = this.#files.get(path);
    if (entry === undefined) return;
    this.#files.delete(path);
    if (entry.pins === 0) entry.file.closeSync();
    else entry.isStale = true;
  }

  /** Closes some files that nothing uses, for others to be opened. Returns how many. */
  spare(): number {
    let count = 0;
    for (const [path, { pins }] of this.#files) {
      if (pins > 0) continue;
      this.forget(path);
      count += 1;
      if (count === SPARED_FILES) break;
    }
    return count;
  }

  closeAll(): void {
    // A Map's iterator goes on past entries that are deleted on the way.
    for (const path of this.#files.keys()) this.forget(path);
  }

  #entry(path: string): PooledFile {
    let entry = this.#files.get(path);
    if (entry !== undefined) {
      // Re-inserted: a Map keeps the order of insertion, so its first key is the oldest use.
      this.#files.delete(path);
      this.#files.set(path, entry);
      return entry;
    }
    if (this.#files.size >= this.#max) this.#closeOldest();
    entry = { file: this.#disk.open(path, 'write'), pins: 0, isStale: false };
    this.#files.set(path, entry);
    return entry;
  }

  #closeOldest(): void {
    for (const [path, entry] of this.#files) {
      if (entry.pins > 0) continue;
      this.forget(path);
      return;
    }
  }
}
