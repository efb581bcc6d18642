import { AppError } from '@weirhouse/shared-kernel';
import {
  BatchView,
  KafkaProtocolError,
  RECORD_BATCH_HEADER_BYTES,
} from '@weirhouse/kafka-protocol';
import { isPassing } from '../disk.ts';
import type { LogContext, LogState } from '../log-state.ts';
import { isPlausible } from '../segment/scan.ts';
import type { Segment } from '../segment/segment.ts';

/** What is read and worked on at once, between turns of the loop; a longer batch is read whole. */
const WINDOW_BYTES = 131_072;

/** How a walk ended: `gone` when the segment or its volume is not there any more, `full` for want of space. */
export type WalkEnd = 'whole' | 'stopped' | 'damaged' | 'gone' | 'full';

/** A closed segment to be walked through. */
export interface Walk {
  readonly state: LogState;
  readonly context: LogContext;
  readonly segment: Segment;
  /** The log's when the round began: after another one what the round knows is void. */
  readonly truncationCount: number;
  /** Called for each batch in order with its byte in the file; false ends the walk. */
  readonly visit: (batch: BatchView, position: number) => boolean;
  /** Called when a window was visited: borrowed batches may be overwritten afterwards. */
  readonly onWindow: () => void;
  /** Calls `next` when so many bytes may be read. */
  readonly pace: (bytes: number, next: () => void) => void;
  readonly done: (end: WalkEnd) => void;
}

/** Walks through the batches of a closed segment in windows that are read off the loop. */
export class SegmentWalk {
  readonly #walk: Walk;
  readonly #view = new BatchView();
  readonly #walGeneration: number;
  readonly #truncationCount: number;
  #position = 0;

  constructor(walk: Walk) {
    this.#walk = walk;
    this.#walGeneration = walk.segment.walGeneration;
    this.#truncationCount = walk.truncationCount;
  }

  /** True while the segment is what it was when the walk began. */
  get isStillThere(): boolean {
    const { context, segment, state } = this.#walk;
    if (state.isDeleted || context.isOffline) return false;
    if (state.truncationCount !== this.#truncationCount) return false;
    return (
      isClosed(segment) &&
      segment.walGeneration === this.#walGeneration &&
      state.segments.includes(segment)
    );
  }

  /** Goes on with the next window. */
  goOn(wanted = WINDOW_BYTES): void {
    const { done, pace, segment } = this.#walk;
    const bytes = Math.min(wanted, segment.written - this.#position);
    if (!this.isStillThere) done('gone');
    else if (bytes <= 0) done('whole');
    else pace(bytes, () => this.#guard(() => this.#read(bytes)));
  }

  #read(bytes: number): void {
    const { context, done, segment } = this.#walk;
    if (!this.isStillThere) return done('gone');
    const buffer = Buffer.allocUnsafe(bytes);
    const { file, unpin } = context.files.pin(segment.logPath);
    file.read(buffer, this.#position, (error, read) => {
      unpin();
      if (!this.isStillThere) done('gone');
      else if (error === undefined) this.#guard(() => this.#visit(buffer.subarray(0, read)));
      else this.#fail(error);
    });
  }

  #visit(bytes: Buffer): void {
    const { done, onWindow, segment, state, visit } = this.#walk;
    const view = this.#view;
    const end = state.segmentEnd(state.segments.indexOf(segment));
    let at = 0;
    while (bytes.length - at >= RECORD_BATCH_HEADER_BYTES) {
      view.reset(bytes, at);
      if (!isPlausible(view, segment.baseOffset, end)) return done('damaged');
      if (at + view.sizeInBytes > bytes.length) break;
      if (!view.isCrcValid()) return done('damaged');
      if (!visit(view, this.#position + at)) return done('stopped');
      at += view.sizeInBytes;
    }
    if (at > 0) {
      this.#position += at;
      onWindow();
      this.goOn();
      return;
    }
    const isHeader = bytes.length >= RECORD_BATCH_HEADER_BYTES;
    const needed = isHeader ? view.reset(bytes, 0).sizeInBytes : RECORD_BATCH_HEADER_BYTES;
    if (this.#position + needed > segment.written) done('damaged');
    else this.goOn(needed);
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (error instanceof KafkaProtocolError) this.#walk.done('damaged');
      else if (error instanceof AppError && error.code === 'storage') this.#fail(error);
      else throw error;
    }
  }

  #fail(error: AppError): void {
    const { context, done } = this.#walk;
    const isFull = isPassing(error);
    context.onDiskError(error);
    done(isFull ? 'full' : 'gone');
  }
}

/** True when a segment takes no more batches and its files are complete. */
export function isClosed(segment: Segment): boolean {
  return segment.isSealed && segment.isFinished && segment.written === segment.size;
}
