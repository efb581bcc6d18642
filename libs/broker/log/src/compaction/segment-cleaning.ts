import { BatchView } from '@weirhouse/kafka-protocol';
import { type IoCallback, openWith } from '../disk.ts';
import type { LogContext, LogState } from '../log-state.ts';
import { FileSuffix, offsetPath, SEGMENT_SUFFIXES } from '../segment/file-names.ts';
import { Segment } from '../segment/segment.ts';
import { inSequence, type Step } from '../sequence.ts';
import { cleanBatch, type CleaningRound } from './clean-batch.ts';
import type { CleanedTransactions } from './cleaned-transactions.ts';
import { swapSegments } from './segment-swap.ts';

const NOTHING = Buffer.alloc(0);

/** Adjacent segments that become one, and what their round of cleaning knows. */
export interface SegmentCleaningOptions {
  readonly state: LogState;
  readonly context: LogContext;
  /** Not empty. */
  readonly segments: readonly Segment[];
  readonly round: CleaningRound;
  readonly transactions: CleanedTransactions;
}

/**
 * Writes one cleaned copy of a group of segments beside them, as files that end in `.cleaned`, and puts it
 * in their place (see `swapSegments`). The copy is durable before the first name changes.
 */
export class SegmentCleaning {
  readonly #options: SegmentCleaningOptions;
  readonly #round: CleaningRound;
  readonly #draft: Segment;
  readonly #last: Segment;
  readonly #view = new BatchView();
  readonly #keptBefore: number;
  #pieces: Buffer[] = [];
  #isChanged = false;
  #isLast = false;

  constructor(options: SegmentCleaningOptions) {
    const { context, round, segments, state, transactions } = options;
    this.#options = options;
    this.#last = segments.at(-1) as Segment;
    this.#isChanged = segments.length > 1;
    this.#keptBefore = transactions.kept.length;
    this.#draft = new Segment({
      files: context.files,
      folder: state.folder,
      baseOffset: this.#baseOffset,
      suffix: FileSuffix.CLEANED,
    });
    this.#removeCopy();
    this.#round = {
      ...round,
      // Each copy keeps its last batch: an empty file would not say how far it goes.
      isNeeded: (batch) => this.#isLast || round.isNeeded(batch),
    };
  }

  get #baseOffset(): number {
    return (this.#options.segments[0] as Segment).baseOffset;
  }

  /** Bytes of the segments that it comes from. */
  get sizeBefore(): number {
    return this.#options.segments.reduce((sum, { size }) => sum + size, 0);
  }

  /** Bytes of the copy so far. */
  get sizeBytes(): number {
    return this.#draft.size;
  }

  /** Takes the next batch of a segment; what is left of it may be borrowed until `write`. */
  take(batch: BatchView, segment: Segment, position: number): void {
    const { state, transactions } = this.#options;
    this.#isLast = segment === this.#last && position + batch.sizeInBytes === segment.size;
    const left = cleanBatch(batch, this.#round, transactions);
    if (left === undefined || !isSame(left, batch)) this.#isChanged = true;
    if (left === undefined) return;
    this.#draft.take(this.#view.reset(left), this.#draft.size, state.config.indexIntervalBytes);
    this.#pieces.push(left);
  }

  /** Writes what was taken. */
  write(): void {
    const pieces = this.#pieces;
    this.#pieces = [];
    if (pieces.length === 0) return;
    const draft = this.#draft;
    this.#options.context.files.use(draft.logPath).writevSync(pieces, draft.written);
    draft.written = draft.size;
  }

  /** Makes the copy durable and replaces the segments, if that changes anything and `isStillThere` says so. */
  replace(isStillThere: () => boolean, done: IoCallback): void {
    const draft = this.#draft;
    const { context, segments, state, transactions } = this.#options;
    const kept = transactions.kept.slice(this.#keptBefore);
    let abortedBefore = 0;
    for (const { aborted } of segments) abortedBefore += aborted?.file.count ?? 0;
    if (kept.length !== abortedBefore) this.#isChanged = true;
    if (!this.#isChanged) {
      this.#removeCopy();
      done(undefined);
      return;
    }
    for (const aborted of kept) draft.addAborted(aborted);
    draft.seal();
    draft.finish();
    const paths = [draft.logPath, draft.index.file.path, draft.timeIndex.file.path];
    const abortedPath = offsetPath(state.folder, this.#baseOffset, FileSuffix.TXN_INDEX);
    // An empty one replaces the entries of transactions of which nothing is left.
    if (draft.aborted === undefined && abortedBefore > 0)
      openWith(context.disk, `${abortedPath}${FileSuffix.CLEANED}`, NOTHING).closeSync();
    if (draft.aborted !== undefined) paths.push(draft.aborted.file.path);
    const syncs = paths.map((path): Step => (next) => {
      const { file, unpin } = context.files.pin(path);
      file.datasync((error) => {
        unpin();
        next(error);
      });
    });
    inSequence(
      [
        ...syncs,
        (next) => {
          if (!isStillThere()) {
            this.#removeCopy();
            next(undefined);
            return;
          }
          const cleaned = this.#swap();
          context.disk.syncDir(state.folder, (error) => {
            cleaned.hasUnsyncedName = error !== undefined;
            next(error);
          });
        },
      ],
      done,
    );
  }

  /** Forgets the copy. */
  abandon(): void {
    this.#removeCopy();
  }

  /** In one turn of the loop: nobody sees a part of it. */
  #swap(): Segment {
    const { context, segments, state } = this.#options;
    const { disk, files } = context;
    const { folder } = state;
    const baseOffset = this.#baseOffset;
    const bases = segments.map((segment) => segment.baseOffset);
    for (const base of bases)
      for (const suffix of SEGMENT_SUFFIXES) files.forget(offsetPath(folder, base, suffix));
    for (const suffix of SEGMENT_SUFFIXES)
      files.forget(`${offsetPath(folder, baseOffset, suffix)}${FileSuffix.CLEANED}`);
    swapSegments(disk, { folder, baseOffset, covered: bases.slice(1) });
    const sizeOf = (suffix: string): number => disk.sizeOf(offsetPath(folder, baseOffset, suffix));
    const cleaned = new Segment({
      files,
      folder,
      baseOffset,
      logBytes: sizeOf(FileSuffix.LOG),
      indexBytes: sizeOf(FileSuffix.INDEX),
      timeIndexBytes: sizeOf(FileSuffix.TIME_INDEX),
      ...(this.#draft.aborted === undefined ? {} : { abortedBytes: sizeOf(FileSuffix.TXN_INDEX) }),
    });
    cleaned.adoptTimes(this.#draft);
    cleaned.createdMs = this.#last.createdMs;
    cleaned.isSealed = true;
    cleaned.isFinished = true;
    cleaned.hasUnsyncedName = true;
    for (const segment of segments) segment.isReplaced = true;
    const place = state.segments.indexOf(segments[0] as Segment);
    state.segments.splice(place, segments.length, cleaned);
    state.tail.hideBefore(state.segmentEnd(place));
    state.hasNewNames = true;
    return cleaned;
  }

  #removeCopy(): void {
    const { context, state } = this.#options;
    if (state.isDeleted || context.isOffline) return;
    for (const suffix of SEGMENT_SUFFIXES) {
      const path = `${offsetPath(state.folder, this.#baseOffset, suffix)}${FileSuffix.CLEANED}`;
      context.files.forget(path);
      if (context.disk.exists(path)) context.disk.unlink(path);
    }
  }
}

/** True when the bytes are the batch's own. Small buffers share one memory: where they start counts too. */
function isSame(bytes: Buffer, batch: BatchView): boolean {
  const { buffer, sizeInBytes, start } = batch;
  const isHere = bytes.buffer === buffer.buffer && bytes.byteOffset === buffer.byteOffset + start;
  return isHere && bytes.length === sizeInBytes;
}
