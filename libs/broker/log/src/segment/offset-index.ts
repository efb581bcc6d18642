import { FileSuffix } from './file-names.ts';
import type { FilePool } from './file-pool.ts';
import { IndexFile, type IndexKind } from './index-file.ts';
import type { SegmentName } from './segment-name.ts';

const ENTRY_BYTES = 8;
const KIND: IndexKind = { suffix: FileSuffix.INDEX, scratch: Buffer.alloc(ENTRY_BYTES) };

/** Where a search in the log may start. */
export interface IndexPosition {
  /** Byte of a batch's start. */
  readonly position: number;
  /** The last offset of that batch; undefined when no entry applies and the position is 0. */
  readonly lastOffset: number | undefined;
}

/**
 * Kafka's `.index`: per entry the last offset of a batch, relative to the segment's base, and the
 * byte where that batch starts; both int32, rising.
 */
export class OffsetIndex {
  readonly file: IndexFile;
  readonly #baseOffset: number;

  constructor(files: FilePool, name: SegmentName, fileBytes = 0) {
    this.file = new IndexFile(files, name, KIND, fileBytes);
    this.#baseOffset = name.baseOffset;
  }

  add(lastOffset: number, position: number): void {
    const at = this.file.push();
    this.file.view.writeUInt32BE(lastOffset - this.#baseOffset, at);
    this.file.view.writeUInt32BE(position, at + 4);
  }

  /** The last entry at or before `offset`. */
  floor(offset: number): IndexPosition {
    return this.at(this.#upperBound(offset - this.#baseOffset, 0) - 1);
  }

  /** Entry `index`; the segment's start below 0. */
  at(index: number): IndexPosition {
    if (index < 0) return { position: 0, lastOffset: undefined };
    const at = this.file.locate(index);
    return {
      lastOffset: this.file.view.readUInt32BE(at) + this.#baseOffset,
      position: this.file.view.readUInt32BE(at + 4),
    };
  }

  /** Drops entries of batches that start at `position` or after. */
  truncateAt(position: number): void {
    this.file.truncate(this.countBefore(position));
  }

  /** Entries of batches that start before `position`. */
  countBefore(position: number): number {
    return position === 0 ? 0 : this.#upperBound(position - 1, 4);
  }

  /** Entries whose int32 at `field` is at most `value`. */
  #upperBound(value: number, field: number): number {
    let low = 0;
    let high = this.file.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = this.file.locate(middle);
      if (this.file.view.readUInt32BE(at + field) <= value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
