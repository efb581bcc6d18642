import { assert } from '@weirhouse/shared-kernel';
import type { Chunk } from './arena.ts';
import { type Extent, RecordKind } from './extent.ts';
import type { Segment } from './segment/segment.ts';

/** Dropped places at the front of the queue before it is compacted. */
const COMPACT_MIN = 64;

/** A write of extents into one segment's file, as it goes on while the tail changes. */
export interface TailRun {
  readonly segment: Segment;
  readonly buffers: Buffer[];
  readonly chunks: Chunk[];
  readonly position: number;
  readonly bytes: number;
  /** Extents of the run that still count when it is over; a truncation lowers it. */
  count: number;
  /** Byte of the file up to which the run counts; a truncation lowers it. */
  end: number;
}

/** Buffers of one writev: the kernel takes 1,024 at most. */
const RUN_BUFFERS_MAX = 512;
/** Bytes of one segment write: bounds how long it holds its chunks. */
const RUN_BYTES_MAX = 2_097_152;

/**
 * The extents of one partition that are in the arena, in order of offset. Three marks divide them:
 * the front is in the segment files already (kept for reads), then durable ones that wait to be
 * written, then those that the WAL does not have yet.
 */
export class LogTail {
  #queue: Extent[] = [];
  #head = 0;
  /** Extents before this place are in their segment's file. */
  #written = 0;
  /** Extents before this place are durable in the WAL. */
  #durable = 0;
  #pendingBytes = 0;
  /** Records before this offset were compacted: their file is right, not the memory they came in. */
  #staleBefore = 0;
  #run: TailRun | undefined;

  /** Durable bytes that wait to be written into segment files. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  get isEmpty(): boolean {
    return this.#head === this.#queue.length;
  }

  /** True when a durable record waits to be written. */
  get hasPending(): boolean {
    return this.#written < this.#durable;
  }

  /** True when everything in the tail is durable and written. */
  get isWritten(): boolean {
    return this.#written === this.#queue.length;
  }

  /** The run under way, if any. */
  get run(): TailRun | undefined {
    return this.#run;
  }

  /** The place of the oldest extent that may be read. */
  get firstPlace(): number {
    let place = this.#head;
    while ((this.#queue[place]?.baseOffset ?? this.#staleBefore) < this.#staleBefore) place += 1;
    return place;
  }

  /** Extents before an offset, at a segment's start, are read no more. */
  hideBefore(offset: number): void {
    this.#staleBefore = Math.max(this.#staleBefore, offset);
  }

  /** The place of the oldest extent that is in no file yet. */
  get firstUnwrittenPlace(): number {
    return this.#written;
  }

  push(extent: Extent): void {
    this.#queue.push(extent);
  }

  /** The oldest extent that was not durable now is. */
  markDurable(extent: Extent): void {
    assert(this.#queue[this.#durable] === extent, 'a partition becomes durable in order');
    this.#durable += 1;
    this.#pendingBytes += extent.bytes;
  }

  /** The oldest extent's memory goes. */
  evict(extent: Extent): void {
    assert(this.#queue[this.#head] === extent, 'the oldest extent is evicted first');
    assert(this.#head < this.#written, 'only what is written is evicted');
    this.#head += 1;
    if (this.#head < COMPACT_MIN || this.#head * 2 < this.#queue.length) return;
    this.#queue.splice(0, this.#head);
    this.#written -= this.#head;
    this.#durable -= this.#head;
    this.#head = 0;
  }

  /** The place of the extent where a read from `offset` starts; -1 when that is in a file. */
  find(offset: number): number {
    if (offset < this.#staleBefore) return -1;
    let low = this.#head;
    let high = this.#queue.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#queue[middle] as Extent).endOffset <= offset) low = middle + 1;
      else high = middle;
    }
    const found = this.#queue[low];
    if (found === undefined) return -1;
    // After compaction or a truncation the next batch may simply begin later.
    return found.baseOffset <= offset || low > this.#head ? low : -1;
  }

  at(place: number): Extent | undefined {
    return this.#queue[place];
  }

  /** The next record to be written when it is a truncation. */
  nextTruncation(): Extent | undefined {
    const next = this.#written < this.#durable ? this.#queue[this.#written] : undefined;
    return next?.kind === RecordKind.TRUNCATE ? next : undefined;
  }

  /** The next truncation was carried out on the files. */
  finishTruncation(): void {
    this.#queue[this.#written]?.markWritten();
    this.#written += 1;
  }

  /** Takes the durable extents that are next in one file. Undefined when there are none. */
  startRun(): TailRun | undefined {
    const first = this.#queue[this.#written];
    if (this.#written >= this.#durable || first?.segment === undefined) return undefined;
    const run = {
      segment: first.segment,
      buffers: [] as Buffer[],
      chunks: [] as Chunk[],
      position: first.position,
    };
    let bytes = 0;
    for (let place = this.#written; place < this.#durable; place += 1) {
      const extent = this.#queue[place] as Extent;
      if (extent.segment !== run.segment || extent.kind !== RecordKind.DATA) break;
      if (run.buffers.length === RUN_BUFFERS_MAX || bytes >= RUN_BYTES_MAX) break;
      run.buffers.push(extent.chunk.buffer.subarray(extent.start, extent.end));
      run.chunks.push(extent.chunk);
      bytes += extent.bytes;
    }
    this.#run = { ...run, bytes, count: run.chunks.length, end: run.position + bytes };
    return this.#run;
  }

  /** The run's bytes are in the file: its extents may be evicted. */
  finishRun(run: TailRun): void {
    for (let done = 0; done < run.count; done += 1) {
      const extent = this.#queue[this.#written] as Extent;
      extent.markWritten();
      this.#pendingBytes -= extent.bytes;
      this.#written += 1;
    }
    this.#run = undefined;
  }

  /** The run failed: its extents wait for another. */
  abortRun(): void {
    this.#run = undefined;
  }

  /**
   * Cuts the tail at `offset`, which is byte `position` of `segment`: what lies behind does not
   * count any more. The extent that reaches over the cut ends there.
   */
  truncate(offset: number, segment: Segment | undefined, position: number): void {
    this.#staleBefore = Math.min(this.#staleBefore, Math.max(0, offset));
    for (let last = this.#queue.at(-1); last !== undefined; last = this.#queue.at(-1)) {
      if (this.#queue.length === this.#head || last.baseOffset < offset) break;
      // A truncation that waits is still to be carried out, whatever follows it.
      if (last.kind === RecordKind.TRUNCATE && last.baseOffset === offset) break;
      this.#pop(last);
    }
    this.#cutLast(offset, segment, position);
    const { length } = this.#queue;
    const run = this.#run;
    if (run !== undefined) {
      run.count = Math.min(run.count, length - this.#written);
      if (run.segment === segment) run.end = Math.min(run.end, position);
    }
    this.#durable = Math.min(this.#durable, length);
    this.#written = Math.min(this.#written, length);
  }

  #pop(last: Extent): void {
    const place = this.#queue.length - 1;
    if (place >= this.#written && place < this.#durable) this.#pendingBytes -= last.bytes;
    last.drop();
    this.#queue.pop();
  }

  #cutLast(offset: number, segment: Segment | undefined, position: number): void {
    const last = this.#queue.at(-1);
    if (last === undefined || last.endOffset <= offset || last.segment !== segment) return;
    const place = this.#queue.length - 1;
    const end = last.start + position - last.position;
    if (place >= this.#written && place < this.#durable) this.#pendingBytes -= last.end - end;
    last.end = end;
    last.endOffset = offset;
  }
}
