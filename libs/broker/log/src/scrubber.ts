import { BatchView, RECORD_BATCH_HEADER_BYTES } from '@weirhouse/kafka-protocol';
import { asAppError, isPassing } from './disk.ts';
import type { LogContext, LogState, PartitionRef } from './log-state.ts';
import { IndexCheck } from './segment/index-check.ts';
import { isPlausible } from './segment/scan.ts';
import type { Segment } from './segment/segment.ts';

/** What is read at once; a longer batch is read whole. */
const WINDOW_BYTES = 262_144;
/** Reads and writes of others since the last call above which the disk is left to them. */
const BUSY_BYTES = 16_777_216;

/** Damage that was found in a segment's file. */
export interface Damage {
  readonly ref: PartitionRef;
  readonly path: string;
  /** Byte of the first damaged batch. */
  readonly position: number;
}

/** One pass over all closed segments. */
export interface ScrubPass {
  readonly segmentCount: number;
  readonly bytes: number;
  /** Segments whose indexes were wrong and were built anew. */
  readonly rebuiltCount: number;
}

/** How fast and how often is read. */
export interface ScrubberOptions {
  readonly bytesPerSecond: number;
  readonly intervalMs: number;
  /** Bytes that others have read and written since the start. */
  readonly trafficBytes: () => number;
  readonly onPass: (pass: ScrubPass) => void;
}

/** A closed segment that is being read. */
interface Reading {
  readonly state: LogState;
  readonly segment: Segment;
  readonly check: IndexCheck;
  position: number;
}

/**
 * Reads closed segments slowly and checks every batch and index entry, so that damage is known before a
 * reader needs the records and while another copy may still exist.
 *
 * | state   | means                                 | next |
 * |---------|---------------------------------------|------|
 * | resting | the last pass began a short while ago | passing, when `intervalMs` is over |
 * | passing | a segment or the next one is read     | resting, after the last one |
 */
export class Scrubber {
  readonly #context: LogContext;
  readonly #options: ScrubberOptions;
  readonly #view = new BatchView();
  /** Partitions that are still to be read in this pass; undefined while resting. */
  #states: LogState[] | undefined;
  #nextPassMs = 0;
  #reading: Reading | undefined;
  #isReading = false;
  #budget = 0;
  #traffic = 0;
  #pass = { segmentCount: 0, bytes: 0, rebuiltCount: 0 };
  /** Segments of the present partition up to this base offset are done. */
  #doneBase = -1;
  scrubbedBytes = 0;

  constructor(context: LogContext, options: ScrubberOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** One second's worth of reading, unless the disk is busy with others. */
  run(nowMs: number, states: Iterable<LogState>): void {
    const traffic = this.#options.trafficBytes();
    const isBusy = traffic - this.#traffic > BUSY_BYTES;
    this.#traffic = traffic;
    if (this.#options.bytesPerSecond === 0 || isBusy) return;
    if (this.#states === undefined) {
      if (nowMs < this.#nextPassMs) return;
      this.#nextPassMs = nowMs + this.#options.intervalMs;
      this.#states = Array.from(states);
      this.#pass = { segmentCount: 0, bytes: 0, rebuiltCount: 0 };
    }
    // A batch longer than the budget is paid for by the next seconds.
    this.#budget = this.#options.bytesPerSecond + Math.min(0, this.#budget);
    this.#goOn();
  }

  #goOn(): void {
    while (!this.#isReading && this.#budget > 0 && !this.#context.isOffline) {
      this.#reading ??= this.#findNext();
      if (this.#reading === undefined) return;
      const wanted = Math.max(RECORD_BATCH_HEADER_BYTES, this.#budget);
      this.#readWindow(this.#reading, Math.min(WINDOW_BYTES, wanted));
    }
  }

  /** The next closed segment; undefined when the pass is over. */
  #findNext(): Reading | undefined {
    const states = this.#states ?? [];
    for (let state = states.at(-1); state !== undefined; state = states.at(-1)) {
      for (const segment of state.isDeleted ? [] : state.segments) {
        if (segment.baseOffset <= this.#doneBase || !isClosed(segment)) continue;
        const check = new IndexCheck(segment);
        return { state, segment, check, position: 0 };
      }
      states.pop();
      this.#doneBase = -1;
    }
    this.#states = undefined;
    this.#options.onPass(this.#pass);
    return undefined;
  }

  #readWindow(reading: Reading, wanted: number): void {
    const { position, segment, state } = reading;
    if (!isStillThere(reading)) return this.#finish(reading);
    const bytes = Math.min(wanted, segment.written - position);
    if (bytes <= 0) return this.#finishWhole(reading);
    const buffer = this.#context.readBuffers.take(bytes);
    this.#isReading = true;
    try {
      const { file, unpin } = this.#context.files.pin(segment.logPath);
      file.read(buffer, position, (error, read) => {
        unpin();
        this.#isReading = false;
        if (error !== undefined && isStillThere(reading)) this.#context.onDiskError(error);
        else if (isStillThere(reading)) this.#check(reading, buffer.subarray(0, read));
        else this.#finish(reading);
        this.#context.readBuffers.giveBack(buffer);
        this.#goOn();
      });
    } catch (error) {
      this.#isReading = false;
      this.#context.readBuffers.giveBack(buffer);
      this.#finish(reading);
      if (!state.isDeleted) this.#context.onDiskError(asAppError(error));
    }
  }

  /** Checks the whole batches of a window; what is left of it is read again with more behind it. */
  #check(reading: Reading, bytes: Buffer): void {
    const { check, segment, state } = reading;
    const view = this.#view;
    const end = state.segmentEnd(state.segments.indexOf(segment));
    let at = 0;
    while (bytes.length - at >= RECORD_BATCH_HEADER_BYTES) {
      view.reset(bytes, at);
      if (!isPlausible(view, segment.baseOffset, end)) return this.#onDamage(reading, at);
      if (at + view.sizeInBytes > bytes.length) break;
      if (!view.isCrcValid()) return this.#onDamage(reading, at);
      check.take(view, reading.position + at);
      at += view.sizeInBytes;
    }
    this.#budget -= at;
    this.#pass.bytes += at;
    this.scrubbedBytes += at;
    reading.position += at;
    if (at > 0) return;
    const isWhole = bytes.length >= RECORD_BATCH_HEADER_BYTES;
    const needed = isWhole ? view.reset(bytes, 0).sizeInBytes : RECORD_BATCH_HEADER_BYTES;
    if (reading.position + needed > segment.written) this.#onDamage(reading, 0);
    else this.#readWindow(reading, needed);
  }

  #onDamage(reading: Reading, at: number): void {
    this.#context.onDamage(reading.state, reading.segment, reading.position + at);
    this.#finish(reading);
  }

  #finishWhole(reading: Reading): void {
    const { check, segment, state } = reading;
    try {
      if (!check.isRight()) {
        segment.rebuildIndexes(state.config.indexIntervalBytes);
        this.#pass.rebuiltCount += 1;
      }
    } catch (error) {
      if (!isPassing(error)) this.#context.onDiskError(asAppError(error));
      state.hasUnfinished = true;
    }
    this.#finish(reading);
  }

  #finish({ segment }: Reading): void {
    this.#reading = undefined;
    this.#doneBase = segment.baseOffset;
    this.#pass.segmentCount += 1;
  }
}

function isClosed(segment: Segment): boolean {
  return segment.isSealed && segment.isFinished && segment.written === segment.size;
}

/** False when the segment was removed or truncated meanwhile. */
function isStillThere({ segment, state }: Reading): boolean {
  return !state.isDeleted && isClosed(segment) && state.segments.includes(segment);
}
