import type { BatchView } from '@weirhouse/kafka-protocol';
import { AbortedIndex, type AbortedTransaction } from './aborted-index.ts';
import { FileSuffix } from './file-names.ts';
import type { FilePool } from './file-pool.ts';
import { OffsetIndex } from './offset-index.ts';
import { scanBatches } from './scan.ts';
import { SegmentName } from './segment-name.ts';
import { TimeIndex } from './time-index.ts';

/** What a segment is opened with. */
export interface SegmentOptions {
  readonly files: FilePool;
  readonly folder: string;
  readonly baseOffset: number;
  /** Bytes of its files, when they exist already. */
  readonly logBytes?: number;
  readonly indexBytes?: number;
  readonly timeIndexBytes?: number;
  readonly abortedBytes?: number;
  /** What the names of its files end in besides, while they are not in their place. */
  readonly suffix?: string;
}

/**
 * One segment: `<base>.log` with its two indexes. `size` runs ahead of `written`: batches between
 * them are in the arena and the WAL, and reach the file behind.
 */
export class Segment {
  readonly baseOffset: number;
  readonly index: OffsetIndex;
  readonly timeIndex: TimeIndex;
  /** Transactions aborted here; undefined while there is none. */
  aborted: AbortedIndex | undefined;
  /** Bytes of the segment, those in the arena included. */
  size: number;
  /** Bytes of the file that count. */
  written: number;
  /** True when the file has bytes that are not known to be durable. */
  isDirty = false;
  /** True when no more batches come. */
  isSealed = false;
  /** True when the indexes of a sealed segment are complete in their files. */
  isFinished = false;
  /** True when a batch in the file was found damaged and new indexes did not help. */
  isDamaged = false;
  maxTimestamp = -1;
  /** The last offset of the batch that has `maxTimestamp`. */
  maxTimestampOffset: number;
  /** The largest time of the first batch: `segment.ms` counts from it. -1 when there is none. */
  firstTimestamp = -1;
  /** The newest WAL file that names this segment: until it is no more, a start may write to its files. */
  walGeneration = -1;
  /** True when a cleaned copy took its place: its paths are that one's now. */
  isReplaced = false;
  /** True while a power cut may bring back other files under its names. */
  hasUnsyncedName = false;
  /** When the segment was begun, in ms; counts where batches carry no time. */
  createdMs = 0;
  /** A batch's start that a read ended at: the next read of a sequence starts there. */
  hintOffset = -1;
  hintPosition = 0;
  readonly #files: FilePool;
  readonly #name: SegmentName;
  #indexedPosition = 0;

  constructor(options: SegmentOptions) {
    const { files, folder, baseOffset } = options;
    this.#files = files;
    this.baseOffset = baseOffset;
    this.maxTimestampOffset = baseOffset;
    this.#name = new SegmentName(folder, baseOffset, options.suffix);
    this.index = new OffsetIndex(files, this.#name, options.indexBytes);
    this.timeIndex = new TimeIndex(files, this.#name, options.timeIndexBytes);
    if (options.abortedBytes !== undefined)
      this.aborted = new AbortedIndex(files, this.#name, options.abortedBytes);
    this.size = options.logBytes ?? 0;
    this.written = this.size;
  }

  get logPath(): string {
    return this.#name.pathOf(FileSuffix.LOG);
  }

  /** Takes a batch that starts at `position` into the indexes and the times. */
  take(batch: BatchView, position: number, indexIntervalBytes: number): void {
    this.takeTime(batch);
    if (position === 0) this.firstTimestamp = batch.maxTimestamp;
    if (position - this.#indexedPosition > indexIntervalBytes) {
      this.index.add(batch.lastOffset, position);
      this.timeIndex.add(this.maxTimestamp, this.maxTimestampOffset);
      this.#indexedPosition = position;
    }
    this.size = position + batch.sizeInBytes;
  }

  /** Takes a batch's largest time into account. */
  takeTime(batch: BatchView): void {
    // The time of a batch that compaction has emptied is no record's.
    if (batch.recordsCount === 0 || batch.maxTimestamp <= this.maxTimestamp) return;
    this.maxTimestamp = batch.maxTimestamp;
    this.maxTimestampOffset = batch.lastOffset;
  }

  /** Takes over the times of a segment with the same batches. */
  adoptTimes({ firstTimestamp, maxTimestamp, maxTimestampOffset }: Segment): void {
    this.firstTimestamp = firstTimestamp;
    this.maxTimestamp = maxTimestamp;
    this.maxTimestampOffset = maxTimestampOffset;
  }

  /** Takes an aborted transaction whose marker comes next. */
  addAborted(aborted: AbortedTransaction): void {
    this.aborted ??= new AbortedIndex(this.#files, this.#name);
    this.aborted.add(aborted);
  }

  /** Takes up the last entries of the indexes, so that scanning can go on from there. */
  resumeIndex(): number {
    const last = this.index.at(this.index.file.count - 1);
    this.#indexedPosition = last.position;
    const time = this.timeIndex.last();
    if (time !== undefined) {
      this.maxTimestamp = time.timestamp;
      this.maxTimestampOffset = time.offset;
    }
    return last.position;
  }

  /** No batch comes any more; the indexes are finished when all is written. */
  seal(): void {
    this.isSealed = true;
  }

  /** Persists index entries of written batches when many wait; all of them when `isForced`. */
  persistIndexes(isForced: boolean): void {
    if (!isForced && !this.index.file.isTailLong) return;
    const count = this.written === this.size ? undefined : this.index.countBefore(this.written);
    this.index.file.persist(count);
    // The time index never has more entries than the offset index: its tail may wait for the end.
    if (count === undefined) this.timeIndex.file.persist();
    else if (count > 0)
      this.timeIndex.file.persist(
        this.timeIndex.countBefore((this.index.at(count - 1).lastOffset ?? 0) + 1),
      );
  }

  /** Completes the indexes of a sealed and written segment: the largest time becomes findable. */
  finish(): void {
    if (this.isFinished) return;
    // May fail half way for want of space and be called again: the time index drops what it has already.
    if (this.maxTimestamp >= 0) this.timeIndex.add(this.maxTimestamp, this.maxTimestampOffset);
    this.index.file.persist();
    this.timeIndex.file.persist();
    this.aborted?.persist(Number.POSITIVE_INFINITY);
    this.index.file.cutFile();
    this.timeIndex.file.cutFile();
    this.isFinished = true;
    this.isDirty = true;
  }

  /**
   * Forgets everything from `position`, where a batch of `offset` started. Files follow later; times
   * are those of the index: the caller takes up the batches after its last entry.
   */
  truncate(position: number, offset: number): void {
    this.size = Math.min(this.size, position);
    this.written = Math.min(this.written, position);
    this.index.truncateAt(position);
    this.timeIndex.truncateAt(offset);
    this.aborted?.truncateAt(offset);
    this.isSealed = false;
    this.isFinished = false;
    if (this.hintPosition > position) this.hintOffset = -1;
    if (position === 0) this.firstTimestamp = -1;
    this.maxTimestamp = -1;
    this.maxTimestampOffset = this.baseOffset;
    this.resumeIndex();
  }

  /** Builds both indexes anew from the file: the ones found were missing or wrong. */
  rebuildIndexes(indexIntervalBytes: number): void {
    this.index.file.truncate(0);
    this.timeIndex.truncateAt(this.baseOffset);
    this.completeIndexes(indexIntervalBytes);
  }

  /** Adds the index entries of the batches behind the last entry, from the file. */
  completeIndexes(indexIntervalBytes: number): void {
    const { size } = this;
    this.maxTimestamp = -1;
    this.#files.hold(this.logPath, (file) =>
      scanBatches({
        file,
        from: this.resumeIndex(),
        to: this.written,
        verify: false,
        visit: (batch, position) => {
          this.take(batch, position, indexIntervalBytes);
          return true;
        },
      }),
    );
    this.size = size;
    this.isFinished = false;
    if (this.isSealed && this.written === size) this.finish();
    else this.persistIndexes(true);
  }
}
