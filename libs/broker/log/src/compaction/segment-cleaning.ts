import { BatchView } from '@weirhouse/kafka-protocol';
import type { IoCallback } from '../disk.ts';
import type { LogContext, LogState } from '../log-state.ts';
import { FileSuffix, offsetPath, SEGMENT_SUFFIXES } from '../segment/file-names.ts';
import { Segment } from '../segment/segment.ts';
import { inSequence, type Step } from '../sequence.ts';
import { cleanBatch, type CleaningRound } from './clean-batch.ts';
import type { CleanedTransactions } from './cleaned-transactions.ts';

/** One segment and what its round of cleaning knows. */
export interface SegmentCleaningOptions {
  readonly state: LogState;
  readonly context: LogContext;
  readonly segment: Segment;
  readonly round: CleaningRound;
  readonly transactions: CleanedTransactions;
}

/**
 * Writes the cleaned copy of one segment beside it, as files that end in `.cleaned`, and puts it in the
 * segment's place. The copy is durable before the first name changes, and every prefix of the changes
 * is a whole log: first go entries of `.txnindex` that no batch needs, then the old indexes, which are
 * hints, then comes the log, then its new indexes. A folder's names survive a power cut in order, so a
 * start has nothing to complete: it removes what ends in `.cleaned`.
 */
export class SegmentCleaning {
  readonly #options: SegmentCleaningOptions;
  readonly #round: CleaningRound;
  readonly #draft: Segment;
  readonly #view = new BatchView();
  readonly #keptBefore: number;
  #pieces: Buffer[] = [];
  #isChanged = false;
  #isLast = false;

  constructor(options: SegmentCleaningOptions) {
    const { context, round, segment, state, transactions } = options;
    this.#options = options;
    this.#keptBefore = transactions.kept.length;
    this.#draft = new Segment({
      files: context.files,
      folder: state.folder,
      baseOffset: segment.baseOffset,
      suffix: FileSuffix.CLEANED,
    });
    this.#removeCopy();
    this.#round = {
      ...round,
      // Each segment keeps its last batch: an empty file would not say how far it goes.
      isNeeded: (batch) => this.#isLast || round.isNeeded(batch),
    };
  }

  /** Takes the next batch of the segment; what is left of it may be borrowed until `write`. */
  take(batch: BatchView, position: number): void {
    const { segment, state, transactions } = this.#options;
    this.#isLast = position + batch.sizeInBytes === segment.size;
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

  /** Makes the copy durable and replaces the segment, if that changes anything and `isStillThere` says so. */
  replace(isStillThere: () => boolean, done: IoCallback): void {
    const draft = this.#draft;
    const { context, segment, transactions } = this.#options;
    const kept = transactions.kept.slice(this.#keptBefore);
    if (kept.length !== (segment.aborted?.file.count ?? 0)) this.#isChanged = true;
    if (!this.#isChanged) {
      this.#removeCopy();
      done(undefined);
      return;
    }
    for (const aborted of kept) draft.addAborted(aborted);
    draft.seal();
    draft.finish();
    const paths = [draft.logPath, draft.index.file.path, draft.timeIndex.file.path];
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
          if (isStillThere()) this.#swap();
          else this.#removeCopy();
          next(undefined);
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
  #swap(): void {
    const { context, segment, state } = this.#options;
    const { disk, files } = context;
    const { baseOffset } = segment;
    const pathOf = (suffix: string): string => offsetPath(state.folder, baseOffset, suffix);
    const drop = (suffix: string): void => {
      if (disk.exists(pathOf(suffix))) disk.unlink(pathOf(suffix));
    };
    const adopt = (suffix: string): number => {
      const path = pathOf(suffix);
      disk.rename(`${path}${FileSuffix.CLEANED}`, path);
      return disk.sizeOf(path);
    };
    for (const suffix of SEGMENT_SUFFIXES) {
      files.forget(pathOf(suffix));
      files.forget(`${pathOf(suffix)}${FileSuffix.CLEANED}`);
    }
    let abortedBytes = 0;
    if (this.#draft.aborted === undefined) drop(FileSuffix.TXN_INDEX);
    else abortedBytes = adopt(FileSuffix.TXN_INDEX);
    drop(FileSuffix.INDEX);
    drop(FileSuffix.TIME_INDEX);
    const cleaned = new Segment({
      files,
      folder: state.folder,
      baseOffset,
      logBytes: adopt(FileSuffix.LOG),
      indexBytes: adopt(FileSuffix.INDEX),
      timeIndexBytes: adopt(FileSuffix.TIME_INDEX),
      ...(abortedBytes > 0 ? { abortedBytes } : {}),
    });
    cleaned.adoptTimes(this.#draft);
    cleaned.createdMs = segment.createdMs;
    cleaned.isSealed = true;
    cleaned.isFinished = true;
    segment.isReplaced = true;
    const place = state.segments.indexOf(segment);
    state.segments[place] = cleaned;
    state.tail.hideBefore(state.segmentEnd(place));
    state.hasNewNames = true;
  }

  #removeCopy(): void {
    const { context, segment, state } = this.#options;
    if (state.isDeleted || context.isOffline) return;
    for (const suffix of SEGMENT_SUFFIXES) {
      const path = `${offsetPath(state.folder, segment.baseOffset, suffix)}${FileSuffix.CLEANED}`;
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
