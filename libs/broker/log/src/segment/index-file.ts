import { assert } from '@weirhouse/shared-kernel';
import { storageError } from '../disk.ts';
import type { FilePool } from './file-pool.ts';
import type { SegmentName } from './segment-name.ts';

/** What the index files of one kind have in common. */
export interface IndexKind {
  readonly suffix: string;
  /**
   * One entry as it was read last: its length is that of every entry. One for all files, as nothing
   * looks at it after the next `locate` of any.
   */
  readonly scratch: Buffer;
}

/** Entries a tail has room for at first; it doubles up to what is not yet persisted. */
const TAIL_ENTRIES_MIN = 32;
/** Entries that are worth a write of their own. */
const PERSIST_ENTRIES = 512;

/**
 * A sorted file of fixed-size entries: the persisted ones are read by position, the newest are in
 * memory in the file's own format. It is a hint, never synced before its segment is closed: what is
 * found in it must be checked against the log.
 */
export class IndexFile {
  /** The bytes that the last `locate` found the entry in: look at them before any file's next. */
  view: Buffer;
  readonly #files: FilePool;
  readonly #name: SegmentName;
  readonly #kind: IndexKind;
  #persisted: number;
  #tail: Buffer | undefined;
  #tailCount = 0;

  /** `fileBytes` are those of the file when it exists; a part of an entry at its end does not count. */
  constructor(files: FilePool, name: SegmentName, kind: IndexKind, fileBytes: number) {
    this.#files = files;
    this.#name = name;
    this.#kind = kind;
    this.#persisted = Math.floor(fileBytes / kind.scratch.length);
    this.view = kind.scratch;
  }

  get path(): string {
    return this.#name.pathOf(this.#kind.suffix);
  }

  get entryBytes(): number {
    return this.#kind.scratch.length;
  }

  get count(): number {
    return this.#persisted + this.#tailCount;
  }

  get sizeBytes(): number {
    return this.count * this.entryBytes;
  }

  /** True when entries are in memory only. */
  get hasTail(): boolean {
    return this.#tailCount > 0;
  }

  /** True when enough entries wait that they should be persisted. */
  get isTailLong(): boolean {
    return this.#tailCount >= PERSIST_ENTRIES;
  }

  /** Room for one more entry: the caller fills `view` from the returned byte. */
  push(): number {
    const at = this.#tailCount * this.entryBytes;
    if (this.#tail === undefined || at === this.#tail.length) {
      const grown = Buffer.alloc(Math.max(TAIL_ENTRIES_MIN * this.entryBytes, at * 2));
      this.#tail?.copy(grown);
      this.#tail = grown;
    }
    this.#tailCount += 1;
    this.view = this.#tail;
    return at;
  }

  /** The byte in `view` where entry `index` starts. */
  locate(index: number): number {
    assert(index >= 0 && index < this.count, 'an index entry exists');
    if (index >= this.#persisted && this.#tail !== undefined) {
      this.view = this.#tail;
      return (index - this.#persisted) * this.entryBytes;
    }
    const { scratch } = this.#kind;
    this.#files.use(this.path).readSync(scratch, index * scratch.length);
    this.view = scratch;
    return 0;
  }

  /** The bytes of entries from `index` on, at most `countMax` and at least one. Borrowed. */
  read(index: number, countMax: number): Buffer {
    assert(index >= 0 && index < this.count, 'an index entry exists');
    const { entryBytes } = this;
    if (index >= this.#persisted && this.#tail !== undefined) {
      const first = index - this.#persisted;
      const end = Math.min(this.#tailCount, first + countMax);
      return this.#tail.subarray(first * entryBytes, end * entryBytes);
    }
    const bytes = Buffer.alloc(Math.min(countMax, this.#persisted - index) * entryBytes);
    const read = this.#files.use(this.path).readSync(bytes, index * entryBytes);
    if (read < bytes.length) throw storageError('io', `${this.path} is shorter than it was`);
    return bytes;
  }

  /** Keeps the first `count` entries. The file itself is cut by `persist` or `cutFile`. */
  truncate(count: number): void {
    this.#tailCount = Math.max(0, Math.min(this.#tailCount, count - this.#persisted));
    this.#persisted = Math.min(this.#persisted, count);
  }

  /** Writes the entries up to `count` into the file and gives their memory back. Not synced. */
  persist(count = this.count): void {
    const entries = Math.min(count - this.#persisted, this.#tailCount);
    if (entries <= 0 || this.#tail === undefined) return;
    const bytes = entries * this.entryBytes;
    const position = this.#persisted * this.entryBytes;
    this.#files.use(this.path).writevSync([this.#tail.subarray(0, bytes)], position);
    this.#persisted += entries;
    this.#tailCount -= entries;
    if (this.#tailCount === 0) this.#tail = undefined;
    else this.#tail.copyWithin(0, bytes, bytes + this.#tailCount * this.entryBytes);
  }

  /** Makes the file exactly as long as its persisted entries. */
  cutFile(): void {
    const bytes = this.#persisted * this.entryBytes;
    const file = this.#files.use(this.path);
    if (file.sizeSync() !== bytes) file.truncateSync(bytes);
  }
}
