import type { BatchView } from '@weirhouse/kafka-protocol';
import type { AppError } from '@weirhouse/shared-kernel';
import { findAbortedTransactions } from '../aborted-transactions.ts';
import { asAppError, isPassing } from '../disk.ts';
import { loadTimes } from '../find-offset.ts';
import { isCompacted } from '../log-config.ts';
import type { LogContext, LogState, PartitionRef } from '../log-state.ts';
import { PLAIN_ONLY } from '../plain-codecs.ts';
import type { Segment } from '../segment/segment.ts';
import { CleanedTransactions } from './cleaned-transactions.ts';
import { type CleaningRound, noteKeys } from './clean-batch.ts';
import { planCleaning } from './cleaning-plan.ts';
import { KeyOffsets } from './key-offsets.ts';
import { SegmentCleaning } from './segment-cleaning.ts';
import { isClosed, SegmentWalk, type WalkEnd } from './segment-walk.ts';

/** The settings of compaction as they are now. */
export interface CompactionSettings {
  /** `log.cleaner.enable`, and `log.cleaner.threads` above 0. */
  readonly isEnabled: boolean;
  /** `log.cleaner.io.max.bytes.per.second`. */
  readonly bytesPerSecond: number;
  /** `log.cleaner.dedupe.buffer.size`. */
  readonly keyBytesMax: number;
  /** `log.cleaner.backoff.ms`. */
  readonly backoffMs: number;
}

/** Nothing is compacted. */
export const NO_COMPACTION: CompactionSettings = {
  isEnabled: false,
  bytesPerSecond: 0,
  keyBytesMax: 0,
  backoffMs: 0,
};

/** What a round of compaction did. */
export interface CleaningPass {
  readonly ref: PartitionRef;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/** What the cleaner needs besides the volume. */
export interface CleanerOptions {
  readonly settings: () => CompactionSettings;
  /** WAL files from this generation on are replayed by a start: what they name must stay as it is. */
  readonly recoverFrom: () => number;
  /** Asks for a newer `recoverFrom`, as segments wait for it. */
  readonly rollWal: () => void;
  readonly onPass: (pass: CleaningPass) => void;
  readonly onUncleanable: (ref: PartitionRef) => void;
}

/** Read at most per second whatever the settings allow: the loop has other work. */
const BYTES_PER_SECOND_MAX = 67_108_864;
const LAG_ENDLESS_MS = 2 ** 62;

/** A round over one partition. */
interface Job {
  readonly state: LogState;
  /** The segments that may be cleaned. */
  readonly segments: readonly Segment[];
  readonly aborted: ReturnType<typeof findAbortedTransactions>;
  readonly bytesBefore: number;
  readonly truncationCount: number;
  round: CleaningRound;
}

/**
 * Compacts the partitions of a volume, the one with the largest uncleaned share first, one at a time.
 *
 * | state    | means                                          | next |
 * |----------|------------------------------------------------|------|
 * | resting  | nothing was due a short while ago              | noting, when a partition is due |
 * | noting   | the keys of its uncleaned segments are read    | cleaning, at their end or when memory is used up |
 * | cleaning | its segments are written anew, oldest first    | resting |
 *
 * Between the windows that are read the loop is free; all of it waits when the second's bytes are used up.
 */
export class Cleaner {
  #isHalted = false;
  readonly #context: LogContext;
  readonly #options: CleanerOptions;
  readonly #uncleanable = new WeakSet<LogState>();
  #job: Job | undefined;
  #budget = 0;
  #nextMs = 0;
  #nowMs = 0;
  #waiting: (() => void)[] = [];

  constructor(context: LogContext, options: CleanerOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** Takes no new work; what is under way goes no further. */
  halt(): void {
    this.#isHalted = true;
  }

  /** One second's worth of work. */
  run(nowMs: number, states: Iterable<LogState>): void {
    if (this.#isHalted) return;
    const { backoffMs, bytesPerSecond, isEnabled } = this.#options.settings();
    this.#nowMs = nowMs;
    this.#budget = Math.min(bytesPerSecond, BYTES_PER_SECOND_MAX) + Math.min(0, this.#budget);
    for (const next of this.#waiting.splice(0)) next();
    if (!isEnabled || this.#job !== undefined || nowMs < this.#nextMs) return;
    this.#job = this.#findJob(states);
    if (this.#job === undefined) this.#nextMs = nowMs + backoffMs;
    else this.#note(this.#job, this.#firstDirtyPlace(this.#job));
  }

  #findJob(states: Iterable<LogState>): Job | undefined {
    let found: { readonly state: LogState; readonly count: number } | undefined;
    let ratio = -1;
    let isWaiting = false;
    for (const state of states) {
      if (!isCompacted(state.config) || state.isDeleted || this.#uncleanable.has(state)) continue;
      const plan = planCleaning(this.#inputOf(state));
      if (!plan.isDue || plan.dirtyRatio <= ratio) continue;
      const count = this.#countSettled(state, plan.segmentCount);
      isWaiting ||= count < plan.segmentCount;
      if (count === 0 || state.segmentEnd(count - 1) <= state.cleanedOffset) continue;
      found = { state, count };
      ratio = plan.dirtyRatio;
    }
    if (isWaiting) this.#options.rollWal();
    return found === undefined ? undefined : this.#makeJob(found.state, found.count);
  }

  #inputOf(state: LogState): Parameters<typeof planCleaning>[0] {
    const { config, log } = state;
    const needsTimes = config.minCompactionLagMs > 0 || config.maxCompactionLagMs < LAG_ENDLESS_MS;
    return {
      ...config,
      segments: state.segments.map((segment, place) => {
        if (needsTimes) loadTimes(segment, state, this.#context);
        return {
          baseOffset: segment.baseOffset,
          endOffset: state.segmentEnd(place),
          size: segment.size,
          maxTimestamp: segment.maxTimestamp,
          // After a restart the largest time stands for the first: only later, never too early.
          firstTimestamp:
            segment.firstTimestamp < 0 ? segment.maxTimestamp : segment.firstTimestamp,
        };
      }),
      firstDirtyOffset: state.cleanedOffset,
      lastStableOffset: log?.lastStableOffset ?? 0,
      nowMs: this.#nowMs,
    };
  }

  /** Segments from the front that no start would write to again. */
  #countSettled(state: LogState, countMax: number): number {
    const recoverFrom = this.#options.recoverFrom();
    let count = 0;
    for (const segment of state.segments.slice(0, countMax)) {
      if (!isClosed(segment) || segment.walGeneration >= recoverFrom || segment.size === 0) break;
      count += 1;
    }
    return count;
  }

  #makeJob(state: LogState, count: number): Job {
    const segments = state.segments.slice(0, count);
    let bytesBefore = 0;
    for (const segment of segments) bytesBefore += segment.size;
    return {
      state,
      segments,
      aborted: findAbortedTransactions(state, 0, Number.POSITIVE_INFINITY),
      bytesBefore,
      truncationCount: state.truncationCount,
      round: {
        keys: new KeyOffsets(this.#options.settings().keyBytesMax),
        endOffset: state.segmentEnd(count - 1),
        nowMs: this.#nowMs,
        deleteRetentionMs: state.config.deleteRetentionMs,
        codecs: this.#context.codecs ?? PLAIN_ONLY,
        isNeeded: (batch) => isLastOfProducer(state, batch),
      },
    };
  }

  #firstDirtyPlace({ segments, state }: Job): number {
    const place = segments.findIndex((_, at) => state.segmentEnd(at) > state.cleanedOffset);
    return Math.max(0, place);
  }

  #note(job: Job, place: number, transactions = abortedFrom(job, place)): void {
    const segment = job.segments[place];
    if (segment === undefined) return this.#clean(job, 0, new CleanedTransactions(job.aborted));
    let endOffset = job.round.endOffset;
    const walk = this.#walk(job, segment, {
      visit: (batch) => {
        endOffset = batch.baseOffset;
        // Seen by an earlier round that ended within this segment.
        if (batch.nextOffset <= job.state.cleanedOffset) return transactions.skip(batch);
        return noteKeys(batch, job.round, transactions);
      },
      onWindow: () => undefined,
      done: (end) => {
        if (end === 'whole') this.#note(job, place + 1, transactions);
        else if (end !== 'stopped') this.#end(job, end);
        else if (endOffset <= job.state.cleanedOffset) this.#end(job, 'damaged');
        else {
          // No more memory for keys: the rest is for the next round.
          job.round = { ...job.round, endOffset };
          this.#clean(job, 0, new CleanedTransactions(job.aborted));
        }
      },
    });
    walk.goOn();
  }

  #clean(job: Job, place: number, transactions: CleanedTransactions): void {
    const { round, state } = job;
    const segment = job.segments[place];
    if (segment === undefined || segment.baseOffset >= round.endOffset) {
      state.cleanedOffset = round.endOffset;
      this.#end(job, 'whole');
      return;
    }
    try {
      const context = this.#context;
      const cleaning = new SegmentCleaning({ state, context, segment, round, transactions });
      const walk = this.#walk(job, segment, {
        visit: (batch, position) => {
          cleaning.take(batch, position);
          return true;
        },
        onWindow: () => cleaning.write(),
        done: (end) => {
          if (end === 'whole') this.#replace(job, { place, cleaning, walk, transactions });
          else {
            cleaning.abandon();
            this.#end(job, end);
          }
        },
      });
      walk.goOn();
    } catch (error) {
      this.#onError(job, asAppError(error));
    }
  }

  #replace(
    job: Job,
    part: {
      readonly place: number;
      readonly cleaning: SegmentCleaning;
      readonly walk: SegmentWalk;
      readonly transactions: CleanedTransactions;
    },
  ): void {
    const { cleaning, place, transactions, walk } = part;
    const done = (error?: AppError): void => {
      if (error !== undefined) {
        cleaning.abandon();
        this.#onError(job, error);
      } else this.#clean(job, place + 1, transactions);
    };
    try {
      cleaning.replace(() => walk.isStillThere, done);
    } catch (error) {
      done(asAppError(error));
    }
  }

  #walk(
    { state, truncationCount }: Job,
    segment: Segment,
    more: {
      readonly visit: (batch: BatchView, position: number) => boolean;
      readonly onWindow: () => void;
      readonly done: (end: WalkEnd) => void;
    },
  ): SegmentWalk {
    const pace = (bytes: number, next: () => void): void => {
      this.#budget -= bytes;
      if (this.#budget > 0 && !this.#isHalted) next();
      else this.#waiting.push(next);
    };
    const context = this.#context;
    return new SegmentWalk({ state, context, segment, truncationCount, pace, ...more });
  }

  #onError(job: Job, error: AppError): void {
    if (!job.state.isDeleted) this.#context.onDiskError(error);
    this.#end(job, isPassing(error) ? 'full' : 'gone');
  }

  #end({ bytesBefore, segments, state }: Job, end: WalkEnd): void {
    this.#job = undefined;
    const { backoffMs } = this.#options.settings();
    if (end !== 'whole') this.#nextMs = this.#nowMs + backoffMs;
    if (end === 'damaged') {
      this.#uncleanable.add(state);
      this.#options.onUncleanable(state.ref);
    }
    if (end !== 'whole') return;
    let bytesAfter = 0;
    for (const segment of state.segments.slice(0, segments.length)) bytesAfter += segment.size;
    this.#options.onPass({ ref: state.ref, bytesBefore, bytesAfter });
  }
}

/** Of transactions that ended before the segment their markers will not be met: they must not begin. */
function abortedFrom({ aborted, segments }: Job, place: number): CleanedTransactions {
  const start = segments[place]?.baseOffset ?? 0;
  return new CleanedTransactions(aborted.filter(({ lastOffset }) => lastOffset >= start));
}

/** A producer's newest batch says which sequence it goes on with, its newest marker which epoch. */
function isLastOfProducer({ producers }: LogState, batch: BatchView): boolean {
  const producer = producers.find(batch.producerId);
  if (producer === undefined) return false;
  const last = producer.batches.at(-1);
  if (last !== undefined) return !batch.isControl && last.lastOffset === batch.lastOffset;
  return batch.isControl && batch.producerEpoch === producer.producerEpoch;
}
