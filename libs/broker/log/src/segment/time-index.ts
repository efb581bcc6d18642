import { FileSuffix } from './file-names.ts';
import type { FilePool } from './file-pool.ts';
import { IndexFile, type IndexKind } from './index-file.ts';
import type { SegmentName } from './segment-name.ts';

const ENTRY_BYTES = 12;
const KIND: IndexKind = { suffix: FileSuffix.TIME_INDEX, scratch: Buffer.alloc(ENTRY_BYTES) };
const TWO_POW_32 = 4_294_967_296;

/** A time and the offset of the batch that first reached it. */
export interface TimePosition {
  readonly timestamp: number;
  readonly offset: number;
}

/**
 * Kafka's `.timeindex`: per entry the largest timestamp so far (int64) and the last offset of the
 * batch that has it, relative to the segment's base (int32). Every batch after that offset may be
 * younger, none before it is.
 */
export class TimeIndex {
  readonly file: IndexFile;
  readonly #baseOffset: number;
  #lastTimestamp: number | undefined;

  constructor(files: FilePool, name: SegmentName, fileBytes = 0) {
    this.file = new IndexFile(files, name, KIND, fileBytes);
    this.#baseOffset = name.baseOffset;
  }

  /** Reads the last entry's time unless it is known; `add` needs no file then. */
  loadLast(): number {
    this.#lastTimestamp ??= this.last()?.timestamp ?? -1;
    return this.#lastTimestamp;
  }

  /** Adds an entry unless its time is not above the last one's. */
  add(timestamp: number, offset: number): void {
    if (timestamp <= this.loadLast()) return;
    const at = this.file.push();
    const high = Math.floor(timestamp / TWO_POW_32);
    this.file.view.writeInt32BE(high, at);
    this.file.view.writeUInt32BE(timestamp - high * TWO_POW_32, at + 4);
    this.file.view.writeUInt32BE(offset - this.#baseOffset, at + 8);
    this.#lastTimestamp = timestamp;
  }

  last(): TimePosition | undefined {
    return this.file.count === 0 ? undefined : this.at(this.file.count - 1);
  }

  at(index: number): TimePosition {
    const at = this.file.locate(index);
    const { view } = this.file;
    return {
      timestamp: view.readInt32BE(at) * TWO_POW_32 + view.readUInt32BE(at + 4),
      offset: view.readUInt32BE(at + 8) + this.#baseOffset,
    };
  }

  /** The last entry whose time is below `timestamp`: what is searched starts there. */
  below(timestamp: number): TimePosition | undefined {
    const count = this.#countWhile((entry) => entry.timestamp < timestamp);
    return count === 0 ? undefined : this.at(count - 1);
  }

  /** Drops entries of `offset` and after. */
  truncateAt(offset: number): void {
    this.file.truncate(this.countBefore(offset));
    this.#lastTimestamp = undefined;
  }

  countBefore(offset: number): number {
    return this.#countWhile((entry) => entry.offset < offset);
  }

  #countWhile(holds: (entry: TimePosition) => boolean): number {
    let low = 0;
    let high = this.file.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (holds(this.at(middle))) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
