import { type AppError, assert } from '@weirhouse/shared-kernel';
import { asAppError, type IoCallback, openWith, isPassing } from './disk.ts';
import type { Extent } from './extent.ts';
import type { LogContext, LogState } from './log-state.ts';
import type { TailRun } from './log-tail.ts';
import {
  EPOCH_CHECKPOINT_FILE,
  FileSuffix,
  offsetOfName,
  PARTITION_METADATA_FILE,
  segmentBaseOfName,
} from './segment/file-names.ts';
import type { Segment } from './segment/segment.ts';
import { inSequence, type Step } from './sequence.ts';
import { takeSnapshot, writeDueSnapshots } from './snapshots.ts';

/** Below this a write on the loop is cheaper than a thread pool's hop. */
const SYNC_WRITE_BYTES_MAX = 131_072;

/**
 * Brings one partition's durable records from the arena into its segment files, in order, and makes
 * those files durable when the WAL wants to forget the records. Only what the WAL has durably is
 * written: recovery may then cut every file at the first record that the WAL still holds.
 *
 * | state   | means                                | next |
 * |---------|--------------------------------------|------|
 * | idle    | nothing under way                    | idle after small writes, writing for large ones |
 * | writing | one large write is under way         | idle |
 *
 * What finds no space waits in `LogContext.starved` for `retry`.
 */
export class WriteBehind {
  readonly #state: LogState;
  readonly #context: LogContext;
  #isWriting = false;
  #isCheckpointing = false;
  #waiting: (() => void)[] = [];
  /** A checkpoint that found no space. */
  #starvedSync: (() => void) | undefined;

  constructor(state: LogState, context: LogContext) {
    this.#state = state;
    this.#context = context;
  }

  get isIdle(): boolean {
    return !this.#isWriting && !this.#isCheckpointing;
  }

  /** Writes everything that is durable and not in a file yet. */
  run(): void {
    if (this.#isWriting || this.#state.isDeleted || this.#context.isOffline) return;
    const { tail } = this.#state;
    try {
      while (tail.hasPending) {
        const truncation = tail.nextTruncation();
        if (truncation === undefined) {
          if (!this.#writeNext()) return;
        } else {
          this.#truncateFiles(truncation);
          tail.finishTruncation();
        }
      }
      this.#finishSealed();
      writeDueSnapshots(this.#state, this.#context);
    } catch (error) {
      tail.abortRun();
      this.#onError(asAppError(error));
      return;
    }
    if (this.#starvedSync === undefined) this.#context.starved.delete(this.#state);
    this.#context.onWritten();
    this.#callWaiting();
  }

  /** Tries again what found no space. */
  retry(): void {
    const sync = this.#starvedSync;
    this.#starvedSync = undefined;
    this.#context.starved.delete(this.#state);
    if (!this.#state.isDeleted) {
      if (sync !== undefined) this.#sync(sync);
      this.run();
    } else if (!this.#isWriting) {
      sync?.();
      this.#callWaiting();
    }
  }

  /**
   * Makes everything that is durable in the WAL now durable in the segment files too. Waits for space
   * when there is none, and gives up without calling `done` when the volume goes offline.
   */
  checkpoint(done: () => void): void {
    assert(!this.#isCheckpointing, 'one checkpoint of a partition at a time');
    this.#isCheckpointing = true;
    const finish = (): void => {
      this.#isCheckpointing = false;
      done();
    };
    this.#waiting.push(() => {
      if (this.#state.isDeleted) finish();
      else this.#sync(finish);
    });
    if (this.#state.isDeleted) this.#callWaiting();
    else this.run();
  }

  #callWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const callback of waiting) callback();
  }

  /** Writes the next run; false when it goes on off the loop. */
  #writeNext(): boolean {
    const run = this.#state.tail.startRun();
    assert(run !== undefined, 'something is pending');
    const { segment } = run;
    if (segment.written === 0) this.#state.hasNewNames = true;
    if (run.bytes < SYNC_WRITE_BYTES_MAX) {
      this.#context.files.use(segment.logPath).writevSync(run.buffers, run.position);
      this.#finishRun(run);
      return true;
    }
    this.#isWriting = true;
    const { file, unpin } = this.#context.files.pin(segment.logPath);
    for (const chunk of run.chunks) chunk.retain();
    file.writev(run.buffers, run.position, (error) => {
      this.#isWriting = false;
      unpin();
      for (const chunk of run.chunks) chunk.release();
      if (error === undefined) {
        this.#finishRun(run);
        this.run();
        if (this.#state.isDeleted) this.#callWaiting();
        return;
      }
      this.#state.tail.abortRun();
      this.#onError(error);
      if (this.#state.isDeleted) this.#callWaiting();
    });
    return false;
  }

  #onError(error: AppError): void {
    if (isPassing(error) && !this.#state.isDeleted) this.#context.starved.add(this.#state);
    this.#context.onDiskError(error);
  }

  #finishRun(run: TailRun): void {
    const { segment } = run;
    segment.written = Math.max(segment.written, run.end);
    segment.isDirty = true;
    this.#state.tail.finishRun(run);
    segment.persistIndexes(false);
    const { aborted } = segment;
    if (aborted?.file.isTailLong === true) aborted.persist(this.#state.durableEndOffset);
  }

  #finishSealed(): void {
    const state = this.#state;
    if (!state.hasUnfinished) return;
    let isUnfinished = false;
    for (const segment of state.segments) {
      if (!segment.isSealed || segment.isFinished) continue;
      if (segment.written === segment.size) segment.finish();
      else isUnfinished = true;
    }
    state.hasUnfinished = isUnfinished;
  }

  /** Carries out a truncation that is durable: whatever lies behind it leaves the files. */
  #truncateFiles(truncation: Extent): void {
    const { folder } = this.#state;
    const { disk, files } = this.#context;
    const segment = truncation.segment as Segment;
    for (const name of disk.list(folder)) {
      const snapshot = offsetOfName(name, FileSuffix.SNAPSHOT);
      if (snapshot !== undefined && snapshot > truncation.baseOffset)
        disk.unlink(`${folder}/${name}`);
      const base = segmentBaseOfName(name);
      if (base === undefined || base <= segment.baseOffset) continue;
      files.forget(`${folder}/${name}`);
      disk.unlink(`${folder}/${name}`);
    }
    files.use(segment.logPath).truncateSync(truncation.position);
    segment.index.file.cutFile();
    segment.timeIndex.file.cutFile();
    segment.aborted?.cutFile();
    segment.isDirty = true;
    this.#state.hasNewNames = true;
  }

  #sync(done: () => void): void {
    const state = this.#state;
    const steps: Step[] = [];
    try {
      takeSnapshot(state);
      writeDueSnapshots(state, this.#context);
      for (const segment of state.segments) if (segment.isDirty) this.#addSync(segment, steps);
    } catch (error) {
      this.#onSyncError(asAppError(error), done);
      return;
    }
    if (state.epochs.isDirty) steps.push((next) => this.#writeEpochs(next));
    if (state.isFolderUnsynced)
      steps.push((next) => this.#datasync(`${state.folder}/${PARTITION_METADATA_FILE}`, next));
    steps.push((next) => this.#syncFolder(next));
    inSequence(steps, (error) => {
      if (error !== undefined && !state.isDeleted) this.#onSyncError(error, done);
      else done();
    });
  }

  /** A failed sync never passes: what failed before it, for want of space or files, is still dirty. */
  #onSyncError(error: AppError, done: () => void): void {
    if (isPassing(error)) this.#starvedSync = done;
    this.#onError(error);
  }

  #addSync(segment: Segment, steps: Step[]): void {
    segment.persistIndexes(true);
    segment.aborted?.persist(this.#state.durableEndOffset);
    steps.push((next) => {
      if (!this.#state.segments.includes(segment)) {
        next(undefined);
        return;
      }
      const paths = this.#pathsToSync(segment);
      // Cleared first: what is written during the sync makes it dirty again.
      segment.isDirty = false;
      if (segment.aborted !== undefined) segment.aborted.isDirty = false;
      inSequence(
        paths.map((path) => (done) => this.#datasync(path, done)),
        (error) => {
          if (error !== undefined) segment.isDirty = true;
          if (error !== undefined && segment.aborted !== undefined) segment.aborted.isDirty = true;
          next(error);
        },
      );
    });
  }

  /** As the files are when their turn comes: a segment may have been closed since the checkpoint began. */
  #pathsToSync(segment: Segment): readonly string[] {
    const { aborted, index, isFinished, logPath, timeIndex } = segment;
    // Indexes of a closed segment never change again: synced once, they need no check at a start.
    const indexes = isFinished ? [index.file.path, timeIndex.file.path] : [];
    if (aborted?.isDirty !== true) return [logPath, ...indexes];
    this.#state.hasNewNames = true;
    return [logPath, ...indexes, aborted.file.path];
  }

  #datasync(path: string, done: IoCallback): void {
    if (this.#state.isDeleted) {
      done(undefined);
      return;
    }
    const { file, unpin } = this.#context.files.pin(path);
    file.datasync((error) => {
      unpin();
      done(error);
    });
  }

  #writeEpochs(done: IoCallback): void {
    const state = this.#state;
    const { disk } = this.#context;
    const epochs = state.durableEpochs ?? state.epochs;
    const path = `${state.folder}/${EPOCH_CHECKPOINT_FILE}`;
    const file = openWith(disk, `${path}.tmp`, Buffer.from(epochs.toText()));
    if (epochs === state.epochs) epochs.isDirty = false;
    const steps: Step[] = [
      (next) =>
        file.datasync((error) => {
          file.closeSync();
          next(error);
        }),
      (next) => {
        if (!state.isDeleted) disk.rename(`${path}.tmp`, path);
        state.hasNewNames = true;
        next(undefined);
      },
    ];
    inSequence(steps, done);
  }

  #syncFolder(done: IoCallback): void {
    const state = this.#state;
    if (state.isDeleted || (!state.hasNewNames && !state.isFolderUnsynced)) {
      done(undefined);
      return;
    }
    const { disk } = this.#context;
    const steps: Step[] = [
      (next) => {
        // Names that come during the sync count as new again.
        state.hasNewNames = false;
        disk.syncDir(state.folder, next);
      },
    ];
    if (state.isFolderUnsynced)
      steps.push((next) => {
        if (state.isDeleted) next(undefined);
        else disk.syncDir('', next);
      });
    inSequence(steps, (error) => {
      if (error === undefined) state.isFolderUnsynced = false;
      if (error === undefined && !state.hasNewNames)
        for (const segment of state.segments) segment.hasUnsyncedName = false;
      else state.hasNewNames = true;
      done(error);
    });
  }
}
