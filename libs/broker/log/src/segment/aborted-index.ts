import { FileSuffix } from './file-names.ts';
import type { FilePool } from './file-pool.ts';
import { IndexFile, type IndexKind } from './index-file.ts';
import type { SegmentName } from './segment-name.ts';

/** Bytes of one entry on disk. */
export const ABORTED_ENTRY_BYTES = 34;
const KIND: IndexKind = {
  suffix: FileSuffix.TXN_INDEX,
  scratch: Buffer.alloc(ABORTED_ENTRY_BYTES),
};
const VERSION = 0;
/** Entries read from the file at once: 4 KiB. */
const READ_ENTRIES = 120;
const TWO_POW_32 = 4_294_967_296;

/** An aborted transaction: its producer's records from the first offset to its marker are void. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  /** The marker's offset. */
  readonly lastOffset: number;
  /** Before this offset every transaction was decided when the marker was appended. */
  readonly lastStableOffset: number;
}

/**
 * Kafka's `.txnindex`: the transactions whose abort marker is in a segment, in order of the markers.
 * Not a hint as the other indexes: nothing else says which records are void. An entry is in the WAL
 * with its marker until the file is durable.
 */
export class AbortedIndex {
  readonly file: IndexFile;
  /** True when the file has bytes that are not known to be durable. */
  isDirty = false;
  /** The last marker's offset; -1 when there is none. */
  #lastOffset: number;

  constructor(files: FilePool, name: SegmentName, fileBytes = 0) {
    this.file = new IndexFile(files, name, KIND, fileBytes);
    this.#lastOffset = this.#findLastOffset();
  }

  add(aborted: AbortedTransaction): void {
    const at = this.file.push();
    writeEntry(this.file.view, at, aborted);
    this.#lastOffset = aborted.lastOffset;
  }

  /**
   * Hands over the transactions that have records in `[fromOffset, toOffset)` or may have. False when
   * none that is aborted later can have any: then the segments behind need no look.
   */
  collect(
    range: { readonly fromOffset: number; readonly toOffset: number },
    take: (aborted: AbortedTransaction) => void,
  ): boolean {
    const { fromOffset, toOffset } = range;
    if (this.#lastOffset < fromOffset) return true;
    for (let place = this.#countBefore(fromOffset); place < this.file.count;) {
      const bytes = this.file.read(place, READ_ENTRIES);
      for (let at = 0; at < bytes.length; at += ABORTED_ENTRY_BYTES) {
        const aborted = readEntry(bytes, at);
        if (aborted.firstOffset < toOffset) take(aborted);
        if (aborted.lastStableOffset >= toOffset) return false;
      }
      place += bytes.length / ABORTED_ENTRY_BYTES;
    }
    return true;
  }

  /** Drops the entries whose marker is at `offset` or after; true when the file must be cut. */
  truncateAt(offset: number): boolean {
    if (this.#lastOffset < offset) return false;
    this.file.truncate(this.#countBefore(offset));
    this.#lastOffset = this.#findLastOffset();
    return true;
  }

  /** Writes the entries whose marker is before `offset` into the file. Not synced. */
  persist(offset: number): void {
    if (!this.file.hasTail) return;
    this.file.persist(this.#countBefore(offset));
    this.isDirty = true;
  }

  /** Makes the file end with its last entry. */
  cutFile(): void {
    this.file.cutFile();
    this.isDirty = true;
  }

  /** Entries whose marker is before `offset`. */
  #countBefore(offset: number): number {
    if (this.#lastOffset < offset) return this.file.count;
    let low = 0;
    let high = this.file.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (readEntry(this.file.read(middle, 1), 0).lastOffset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #findLastOffset(): number {
    const { count } = this.file;
    return count === 0 ? -1 : readEntry(this.file.read(count - 1, 1), 0).lastOffset;
  }
}

/** Writes an entry as Kafka's AbortedTxn, version 0. */
export function writeEntry(bytes: Buffer, at: number, aborted: AbortedTransaction): void {
  bytes.writeInt16BE(VERSION, at);
  writeUint64(bytes, at + 2, aborted.producerId);
  writeUint64(bytes, at + 10, aborted.firstOffset);
  writeUint64(bytes, at + 18, aborted.lastOffset);
  writeUint64(bytes, at + 26, aborted.lastStableOffset);
}

/** Reads what `writeEntry` writes. */
export function readEntry(bytes: Buffer, at: number): AbortedTransaction {
  return {
    producerId: readUint64(bytes, at + 2),
    firstOffset: readUint64(bytes, at + 10),
    lastOffset: readUint64(bytes, at + 18),
    lastStableOffset: readUint64(bytes, at + 26),
  };
}

function writeUint64(bytes: Buffer, at: number, value: number): void {
  bytes.writeUInt32BE(Math.floor(value / TWO_POW_32), at);
  bytes.writeUInt32BE(value % TWO_POW_32, at + 4);
}

function readUint64(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * TWO_POW_32 + bytes.readUInt32BE(at + 4);
}
