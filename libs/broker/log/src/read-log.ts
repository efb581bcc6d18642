import { AppError, assert } from '@weirhouse/shared-kernel';
import { BatchView, KafkaError, RECORD_BATCH_HEADER_BYTES } from '@weirhouse/kafka-protocol';
import type { Chunk } from './arena.ts';
import { isPassing } from './disk.ts';
import { type Extent, RecordKind } from './extent.ts';
import type { LogContext, LogState } from './log-state.ts';
import { type Cut, cutBatches } from './segment/cut-batches.ts';
import type { Segment } from './segment/segment.ts';

/**
 * Up to this a read of cached bytes stays on the loop: 1 MiB takes about 0.15 ms, while a hop through the
 * thread pool halved what one consumer gets on two busy cores (docs/performance.md).
 */
const SYNC_READ_BYTES_MAX = 1_048_576;
/** Bytes of one file read, whatever the fetch allows: bounds the memory of one request. */
const FILE_READ_BYTES_MAX = 4_194_304;
/** Read beyond the limit, as the index may point this far before the offset. */
const INDEX_SLACK_BYTES = 4096;

/** From so many slices on, of less than this each, slices are copied into one. */
const MANY_SLICES = 8;
const SMALL_SLICE_BYTES = 4096;

/** What is to be read. */
export interface ReadRequest {
  readonly offset: number;
  /** Bytes at most; only the first batch may exceed it, if `atLeastOneBatch`. */
  readonly maxBytes: number;
  /** Nothing at or after this offset is read: the high watermark, the last stable offset or the end. */
  readonly endOffset: number;
  readonly atLeastOneBatch: boolean;
}

/** Whole batches as stored, the first one holding the offset. Call `release` when they were used. */
export interface ReadSlices {
  readonly ok: true;
  readonly slices: readonly Buffer[];
  readonly bytes: number;
  /** Every record in the slices is before this offset; the asked one when there are none. */
  readonly nextOffset: number;
  readonly release: () => void;
}

/** What a read gives: slices (none when there is nothing yet) or an error code of the protocol. */
export type ReadOutcome = ReadSlices | { readonly ok: false; readonly errorCode: number };

const noRelease = (): void => undefined;
const STORAGE_FAILED: ReadOutcome = { ok: false, errorCode: KafkaError.KAFKA_STORAGE_ERROR };

/** Reads from the arena at once, from files that are cached at once too, from others off the loop. */
export function readLog(
  state: LogState,
  context: LogContext,
  request: ReadRequest,
  done: (outcome: ReadOutcome) => void,
): void {
  const { offset } = request;
  if (context.isOffline) done(STORAGE_FAILED);
  else if (state.isDeleted) done({ ok: false, errorCode: KafkaError.UNKNOWN_TOPIC_OR_PARTITION });
  else if (offset < state.startOffset || offset > state.endOffset)
    done({ ok: false, errorCode: KafkaError.OFFSET_OUT_OF_RANGE });
  else if (offset >= Math.min(request.endOffset, state.endOffset)) done(nothing(request));
  else {
    const place = state.tail.find(offset);
    if (place >= 0) done(readArena(state, context, place, request));
    else new FileRead(state, context, request, done).start(state.segmentPlace(offset));
  }
}

const view = new BatchView();

/**
 * Slices of the arena; a copy when slow readers hold a large part of it: a client that takes its answers
 * by the byte must not keep producers waiting for memory.
 */
function readArena(
  state: LogState,
  context: LogContext,
  firstPlace: number,
  request: ReadRequest,
): ReadOutcome {
  const { readBuffers } = context;
  if (!context.isMuchPinned()) return sliceArena(state, firstPlace, request);
  const maxBytes = readBuffers.allowed(request.maxBytes);
  const outcome = sliceArena(state, firstPlace, { ...request, maxBytes });
  if (!outcome.ok || outcome.bytes === 0) return outcome;
  const copy = readBuffers.take(outcome.bytes);
  let at = 0;
  for (const slice of outcome.slices) at += slice.copy(copy, at);
  outcome.release();
  return { ...outcome, slices: [copy], release: () => readBuffers.giveBack(copy) };
}

function sliceArena(state: LogState, firstPlace: number, request: ReadRequest): ReadOutcome {
  const slices: Buffer[] = [];
  const chunks: Chunk[] = [];
  let bytes = 0;
  let nextOffset = request.offset;
  for (let place = firstPlace; bytes < request.maxBytes || bytes === 0; place += 1) {
    const extent = state.tail.at(place);
    if (extent === undefined || extent.baseOffset >= request.endOffset) break;
    if (extent.kind !== RecordKind.DATA) continue;
    const start = place === firstPlace ? skipBefore(extent, request.offset) : extent.start;
    const room = request.maxBytes - bytes;
    const isFirst = bytes === 0 && request.atLeastOneBatch;
    const end = cutExtent(extent, start, { room, isFirst, endOffset: request.endOffset });
    if (end > start) {
      slices.push(extent.chunk.buffer.subarray(start, end));
      extent.chunk.retain();
      chunks.push(extent.chunk);
      bytes += end - start;
      // A cut leaves the view at the first batch that is not taken.
      nextOffset = end < extent.end ? view.baseOffset : extent.endOffset;
    }
    if (end < extent.end) break;
  }
  if (bytes === 0) return nothing(request);
  if (slices.length >= MANY_SLICES && bytes < slices.length * SMALL_SLICE_BYTES) {
    // Handing many small buffers to a socket costs more than copying them into one.
    const slice = Buffer.concat(slices, bytes);
    releaseAll(chunks);
    return { ok: true, slices: [slice], bytes, nextOffset, release: noRelease };
  }
  return { ok: true, slices, bytes, nextOffset, release: () => releaseAll(chunks) };
}

function nothing({ offset }: ReadRequest): ReadSlices {
  return { ok: true, slices: [], bytes: 0, nextOffset: offset, release: noRelease };
}

function releaseAll(chunks: Chunk[]): void {
  for (const chunk of chunks) chunk.release();
  chunks.length = 0;
}

/** The start of the batch that holds `offset`, or of the next. */
function skipBefore(extent: Extent, offset: number): number {
  let at = extent.start;
  while (at < extent.end) {
    view.reset(extent.chunk.buffer, at);
    if (view.lastOffset >= offset) break;
    at += view.sizeInBytes;
  }
  return at;
}

interface CutLimits {
  readonly room: number;
  readonly isFirst: boolean;
  readonly endOffset: number;
}

/** The end of the last whole batch from `start` that the limits allow. */
function cutExtent(extent: Extent, start: number, limits: CutLimits): number {
  if (extent.end - start <= limits.room && extent.endOffset <= limits.endOffset) return extent.end;
  let end = start;
  while (end < extent.end) {
    view.reset(extent.chunk.buffer, end);
    const next = end + view.sizeInBytes;
    if (view.lastOffset >= limits.endOffset) break;
    if (next - start > limits.room && !(limits.isFirst && end === start)) break;
    end = next;
  }
  return end;
}

interface FilePosition {
  readonly segment: Segment;
  readonly place: number;
  readonly position: number;
  /** The last offset of the batch that an index entry promised there. */
  readonly entryOffset: number | undefined;
}

/** One read from segment files: over the index to a batch, and on until the offset is found. */
class FileRead {
  readonly #state: LogState;
  readonly #context: LogContext;
  readonly #request: ReadRequest;
  readonly #done: (outcome: ReadOutcome) => void;
  #hasRebuilt = false;

  constructor(
    state: LogState,
    context: LogContext,
    request: ReadRequest,
    done: (outcome: ReadOutcome) => void,
  ) {
    this.#state = state;
    this.#context = context;
    this.#request = request;
    this.#done = done;
  }

  /** Reads from the segment at `place`, or from the arena when no file has anything there. */
  start(place: number): void {
    const segment = this.#state.segments[place];
    if (segment === undefined || segment.written === 0) {
      const { tail } = this.#state;
      this.#done(
        tail.isEmpty
          ? nothing(this.#request)
          : readArena(this.#state, this.#context, tail.firstPlace, this.#request),
      );
      return;
    }
    if (this.#request.offset === segment.hintOffset && segment.hintPosition < segment.written) {
      this.#read({ segment, place, position: segment.hintPosition, entryOffset: undefined });
      return;
    }
    this.#guard(() => {
      const entry = segment.index.floor(this.#request.offset);
      const isWritten = entry.position < segment.written;
      const position = isWritten ? entry.position : 0;
      this.#read({
        segment,
        place,
        position,
        entryOffset: isWritten ? entry.lastOffset : undefined,
      });
    });
  }

  #read(from: FilePosition, bytesMin = RECORD_BATCH_HEADER_BYTES): void {
    const { segment, position } = from;
    if (segment.isReplaced) {
      this.start(this.#state.segmentPlace(this.#request.offset));
      return;
    }
    const { readBuffers } = this.#context;
    const wanted = readBuffers.allowed(
      Math.min(this.#request.maxBytes + INDEX_SLACK_BYTES, FILE_READ_BYTES_MAX),
    );
    const bytes = Math.min(Math.max(wanted, bytesMin), segment.written - position);
    const buffer = readBuffers.take(bytes);
    this.#context.traffic.readBytes += bytes;
    if (bytes <= SYNC_READ_BYTES_MAX + INDEX_SLACK_BYTES && this.#isCached(from)) {
      this.#guard(() => {
        const read = this.#context.files.use(segment.logPath).readSync(buffer, position);
        this.#take(from, buffer.subarray(0, read));
      });
      return;
    }
    this.#guard(() => {
      const { file, unpin } = this.#context.files.pin(segment.logPath);
      file.read(buffer, position, (error, read) => {
        unpin();
        // Truncated meanwhile: what was read may not count any more.
        const isUseful = error === undefined && segment.written >= position + read;
        if (!isUseful) readBuffers.giveBack(buffer);
        if (error !== undefined) this.#fail(error);
        else if (isUseful) this.#guard(() => this.#take(from, buffer.subarray(0, read)));
        else this.#done(nothing(this.#request));
      });
    });
  }

  #take(from: FilePosition, bytes: Buffer): void {
    const { segment, entryOffset } = from;
    const isPromised = entryOffset === undefined || lastOffsetOf(bytes) === entryOffset;
    const cut: Cut = isPromised ? this.#cut(from, bytes) : { kind: 'damaged' };
    if (cut.kind !== 'found') this.#context.readBuffers.giveBack(bytes);
    if (cut.kind === 'damaged' && !segment.isReplaced && !this.#hasRebuilt && !segment.isDamaged) {
      // The index (or the hint) may have pointed at no batch: it is rebuilt from the log, once.
      this.#hasRebuilt = true;
      segment.hintOffset = -1;
      this.#rebuildIndexes(segment);
      this.start(this.#state.segmentPlace(this.#request.offset));
    } else this.#finish(from, bytes, cut);
  }

  /** Without space on the disk the new entries stay in memory until there is some. */
  #rebuildIndexes(segment: Segment): void {
    try {
      segment.rebuildIndexes(this.#state.config.indexIntervalBytes);
    } catch (error) {
      if (!isPassing(error)) throw error;
      this.#state.hasUnfinished = true;
    }
  }

  #cut(from: FilePosition, bytes: Buffer): Cut {
    return cutBatches(bytes, {
      ...this.#request,
      endOffset: Math.min(this.#request.endOffset, this.#state.endOffset),
      verify: this.#context.verifyReads,
      segmentBase: from.segment.baseOffset,
      segmentEnd: this.#state.segmentEnd(from.place),
    });
  }

  #finish(from: FilePosition, bytes: Buffer, cut: Cut): void {
    const { segment, position } = from;
    if (cut.kind === 'found') {
      segment.hintOffset = cut.nextOffset;
      segment.hintPosition = position + cut.end;
      const slice = bytes.subarray(cut.start, cut.end);
      const { readBuffers } = this.#context;
      let isReleased = false;
      const release = (): void => {
        assert(!isReleased, 'what was read is released once');
        isReleased = true;
        readBuffers.giveBack(bytes);
      };
      const { nextOffset } = cut;
      this.#done({ ok: true, slices: [slice], bytes: slice.length, nextOffset, release });
    } else if (cut.kind === 'nothing') this.#done(nothing(this.#request));
    else if (cut.kind === 'damaged') {
      this.#context.onDamage(this.#state, segment, position);
      this.#done(STORAGE_FAILED);
    } else if (cut.kind === 'needs') {
      const start = position + cut.at;
      if (start + cut.bytes > segment.written) this.#done(STORAGE_FAILED);
      else this.#read({ ...from, position: start, entryOffset: undefined }, cut.bytes);
    } else if (position + cut.end < segment.written)
      this.#read({ ...from, position: position + cut.end, entryOffset: undefined });
    else this.start(this.#placeAfter(segment));
  }

  /**
   * Retention may have dropped segments while the read was under way, compaction may have merged some into
   * one: places are counted anew.
   */
  #placeAfter({ baseOffset, isReplaced }: Segment): number {
    if (isReplaced) return this.#state.segmentPlace(this.#request.offset);
    const place = this.#state.segments.findIndex((segment) => segment.baseOffset > baseOffset);
    return place < 0 ? this.#state.segments.length : place;
  }

  #isCached(from: FilePosition): boolean {
    let behind = from.segment.written - from.position;
    for (let place = from.place + 1; place < this.#state.segments.length; place += 1)
      behind += (this.#state.segments[place] as Segment).size;
    return behind <= this.#context.cachedBytes;
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      // What the caller's own code throws is not the disk's fault.
      if (!(error instanceof AppError) || error.code !== 'storage') throw error;
      this.#fail(error);
    }
  }

  #fail(error: AppError): void {
    this.#context.onDiskError(error);
    this.#done(STORAGE_FAILED);
  }
}

function lastOffsetOf(bytes: Buffer): number {
  return bytes.length < RECORD_BATCH_HEADER_BYTES ? -1 : view.reset(bytes, 0).lastOffset;
}
