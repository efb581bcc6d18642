import { type IoCallback, isPassing } from './disk.ts';
import { rollSegment } from './append-log.ts';
import { loadTimes } from './find-offset.ts';
import type { LogContext, LogState } from './log-state.ts';
import { planRetention } from './retention.ts';
import { FileSuffix, offsetPath, SEGMENT_SUFFIXES } from './segment/file-names.ts';
import type { Segment } from './segment/segment.ts';
import { inSequence } from './sequence.ts';
import { ensureSnapshot, removeSnapshots, syncSnapshot } from './snapshots.ts';
import type { OffsetCheckpoint } from './offset-checkpoint.ts';

interface DroppedSegment {
  readonly state: LogState;
  readonly baseOffset: number;
}

interface DoomedFile {
  readonly path: string;
  readonly dueMs: number;
}

/**
 * Carries out retention: the start offset moves in memory, then durably, then files are renamed, and
 * after a delay they are removed. In this order a power cut brings back at most segments that the
 * start offset says are void.
 */
export class RetentionRunner {
  readonly #context: LogContext;
  readonly #starts: OffsetCheckpoint;
  #isRunning = false;
  #doomed: DoomedFile[] = [];
  /** Segments that left memory; their files follow when the start offsets are durable. */
  #dropped: DroppedSegment[] = [];
  #isChanged = false;
  /** Truncated logs whose start offset moved. */
  readonly #truncated = new Set<LogState>();

  constructor(context: LogContext, starts: OffsetCheckpoint) {
    this.#context = context;
    this.#starts = starts;
  }

  /** One pass over all partitions. While a pass is under way another one does nothing. */
  run(states: readonly LogState[], nowMs: number, done: IoCallback): void {
    if (this.#isRunning || this.#context.isOffline) {
      done(undefined);
      return;
    }
    this.#isRunning = true;
    inSequence(
      [
        (next) => {
          this.unlinkDue(nowMs);
          for (const state of states) {
            this.#dropWithSpace(state, nowMs);
            this.#noteStart(state);
          }
          next(undefined);
        },
        (next) => this.#syncSnapshots(this.#dropped, next),
        (next) => this.#syncTruncated(next),
        (next) => (this.#isChanged ? this.#starts.write(next) : next(undefined)),
        (next) => {
          this.#isChanged = false;
          // Only now: with the old start offset the old epochs would have to come back too.
          for (const state of states) state.epochs.truncateBefore(this.#starts.get(state.key));
          for (const segment of this.#dropped.splice(0)) {
            segment.state.hasUnsyncedStart = false;
            this.#rename(segment, nowMs);
          }
          next(undefined);
        },
      ],
      (error) => {
        this.#isRunning = false;
        if (error !== undefined) this.#context.onDiskError(error);
        done(error);
      },
    );
  }

  #noteStart(state: LogState): void {
    if (!this.#starts.set(state.key, state.startOffset)) return;
    this.#isChanged = true;
    if (state.truncationCount > 0) this.#truncated.add(state);
  }

  /** A start trusts snapshots when the start offset is past a truncation: those from before it must be gone. */
  #syncTruncated(done: IoCallback): void {
    const states = [...this.#truncated].filter(({ isDeleted }) => !isDeleted);
    this.#truncated.clear();
    const steps = states.map(
      (state) => (next: IoCallback) =>
        state.isDeleted ? next(undefined) : this.#context.disk.syncDir(state.folder, next),
    );
    inSequence(steps, done);
  }

  /** A full disk must not keep one partition's segments from going because another needs a snapshot. */
  #dropWithSpace(state: LogState, nowMs: number): void {
    try {
      this.#drop(state, nowMs);
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
  }

  #drop(state: LogState, nowMs: number): void {
    for (const segment of state.segments) {
      loadTimes(segment, state, this.#context);
      if (segment.createdMs === 0) segment.createdMs = nowMs;
    }
    const plan = planRetention({
      segments: state.segments.map((segment, place) => ({
        baseOffset: segment.baseOffset,
        endOffset: state.segmentEnd(place),
        size: segment.size,
        maxTimestamp: segment.maxTimestamp,
        createdMs: segment.createdMs,
      })),
      startOffset: state.startOffset,
      highWatermark: state.highWatermark,
      nowMs,
      config: state.config,
    });
    const count = countDroppable(state, plan.dropCount);
    if (count < plan.dropCount) state.log?.writeBehind.run();
    if (count === 0) return;
    // Of the producers in the dropped segments only a snapshot will tell.
    if (!ensureSnapshot(state, this.#context, state.segmentEnd(count - 1))) return;
    if (plan.rollsActive && count === plan.dropCount) rollSegment(state, this.#context, nowMs);
    const removed = state.segments.splice(0, count);
    state.hasUnsyncedStart = true;
    const start = (state.segments[0] as Segment).baseOffset;
    state.startOffset = Math.max(state.startOffset, start);
    for (const { baseOffset } of removed) this.#dropped.push({ state, baseOffset });
  }

  #syncSnapshots(dropped: readonly DroppedSegment[], done: IoCallback): void {
    const states = new Set(dropped.map(({ state }) => state));
    const steps = [...states].map(
      (state) => (next: IoCallback) => syncSnapshot(state, this.#context, next),
    );
    inSequence(steps, done);
  }

  #rename({ state, baseOffset }: DroppedSegment, nowMs: number): void {
    const { disk, files } = this.#context;
    if (state.isDeleted) return;
    for (const suffix of SEGMENT_SUFFIXES) {
      const path = offsetPath(state.folder, baseOffset, suffix);
      files.forget(path);
      if (!disk.exists(path)) continue;
      const doomed = `${path}${FileSuffix.DELETED}`;
      disk.rename(path, doomed);
      this.#doomed.push({ path: doomed, dueMs: nowMs + state.config.fileDeleteDelayMs });
    }
    state.hasNewNames = true;
    const newest = state.snapshotOffsets.at(-1);
    removeSnapshots(
      state,
      this.#context,
      (offset) => offset < state.startOffset && offset !== newest,
    );
  }

  /** Removes the files whose `file.delete.delay.ms` is over. */
  unlinkDue(nowMs: number): void {
    if (this.#context.isOffline) return;
    const { disk } = this.#context;
    for (const { path, dueMs } of this.#doomed)
      if (dueMs <= nowMs && disk.exists(path)) disk.unlink(path);
    this.#doomed = this.#doomed.filter((file) => file.dueMs > nowMs);
  }
}

/** Segments from the front whose files are complete: others are written first and go next time. */
function countDroppable(state: LogState, dropCount: number): number {
  const runSegment = state.tail.run?.segment;
  let count = 0;
  for (const segment of state.segments.slice(0, dropCount)) {
    if (segment.written !== segment.size || segment === runSegment) break;
    count += 1;
  }
  return count;
}
