import type { BatchView } from '@weirhouse/kafka-protocol';
import type { AppError } from '@weirhouse/shared-kernel';
import { findAbortedTransactions } from '../aborted-transactions.ts';
import { asAppError, isPassing } from '../disk.ts';
import type { LogContext, LogState, PartitionRef } from '../log-state.ts';
import { PLAIN_ONLY } from '../plain-codecs.ts';
import type { Segment } from '../segment/segment.ts';
import { CleanedTransactions } from './cleaned-transactions.ts';
import { type CleaningRound, noteKeys } from './clean-batch.ts';
import { type CompactionFigures, NO_COMPACTION_FIGURES } from './cleaner-figures.ts';
import { findDuePartition } from './due-partition.ts';
import { KeyOffsets } from './key-offsets.ts';
import { SegmentCleaning } from './segment-cleaning.ts';
import { groupSegments } from './segment-groups.ts';
import { SegmentWalk, type WalkEnd } from './segment-walk.ts';

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
  readonly segmentsBefore: number;
  /** Fewer than before when small ones were merged. */
  readonly segmentsAfter: number;
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
/** A round that has not moved for so long has got stuck; a second's bytes are always used in less. */
const STUCK_MS = 60_000;

/** A round over one partition. */
interface Job {
  readonly state: LogState;
  /** The segments that may be cleaned. */
  readonly segments: readonly Segment[];
  readonly aborted: ReturnType<typeof findAbortedTransactions>;
  readonly truncationCount: number;
  readonly startedMs: number;
  round: CleaningRound;
  pass: CleaningPass;
}

/** The copying of one group of a job's segments. */
interface GroupCopy {
  readonly place: number;
  /** All groups of the round, in order. */
  readonly groups: readonly (readonly Segment[])[];
  readonly cleaning: SegmentCleaning;
  /** Of the group's segments, as far as they were begun. */
  readonly walks: SegmentWalk[];
  readonly transactions: CleanedTransactions;
}

/**
 * Compacts the partitions of a volume, the one with the largest uncleaned share first, one at a time.
 *
 * | state    | means                                          | next |
 * |----------|------------------------------------------------|------|
 * | resting  | nothing was due a short while ago              | noting, when a partition is due |
 * | noting   | the keys of its uncleaned segments are read    | cleaning, at their end or when memory is used up |
 * | cleaning | its segments are written anew, oldest first, small ones as one | resting |
 *
 * Between the windows that are read the loop is free; all of it waits when the second's bytes are used up.
 */
export class Cleaner {
  #isHalted = false;
  readonly #context: LogContext;
  readonly #options: CleanerOptions;
  readonly #uncleanable = new Set<LogState>();
  #job: Job | undefined;
  #budget = 0;
  #nextMs = 0;
  #nowMs = 0;
  #movedMs = 0;
  #figures = NO_COMPACTION_FIGURES;
  #waiting: (() => void)[] = [];

  constructor(context: LogContext, options: CleanerOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** How compaction gets on. */
  get figures(): CompactionFigures {
    let uncleanableBytes = 0;
    for (const state of this.#uncleanable)
      if (state.isDeleted) this.#uncleanable.delete(state);
      else uncleanableBytes += state.sizeBytes;
    const isRunning = this.#job !== undefined;
    const isStuck = isRunning && this.#nowMs - this.#movedMs > STUCK_MS;
    return {
      ...this.#figures,
      isRunning,
      isAlive: !this.#isHalted && !this.#context.isOffline && !isStuck,
      uncleanablePartitions: this.#uncleanable.size,
      uncleanableBytes,
    };
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
    const { found, isWaiting, dirtyRatioMax } = findDuePartition(states, {
      context: this.#context,
      recoverFrom: this.#options.recoverFrom(),
      nowMs: this.#nowMs,
      isUncleanable: (state) => this.#uncleanable.has(state),
    });
    this.#figures = { ...this.#figures, maxDirtyPercent: 100 * dirtyRatioMax };
    if (isWaiting) this.#options.rollWal();
    return found === undefined ? undefined : this.#makeJob(found.state, found.count);
  }

  #makeJob(state: LogState, count: number): Job {
    const segments = state.segments.slice(0, count);
    this.#movedMs = this.#nowMs;
    return {
      state,
      segments,
      aborted: findAbortedTransactions(state, 0, Number.POSITIVE_INFINITY),
      pass: {
        ref: state.ref,
        bytesBefore: 0,
        bytesAfter: 0,
        segmentsBefore: 0,
        segmentsAfter: 0,
      },
      startedMs: this.#nowMs,
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
    if (segment === undefined) return this.#cleanAll(job);
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
          this.#cleanAll(job);
        }
      },
    });
    walk.goOn();
  }

  #cleanAll(job: Job): void {
    const { round, segments, state } = job;
    const dirty = segments.filter(({ baseOffset }) => baseOffset < round.endOffset);
    const counts = groupSegments(
      dirty.map((segment, place) => ({
        baseOffset: segment.baseOffset,
        endOffset: state.segmentEnd(place),
        sizeBytes: segment.size,
        indexBytes: segment.index.file.sizeBytes,
        timeIndexBytes: segment.timeIndex.file.sizeBytes,
      })),
      state.config,
    );
    let start = 0;
    const groups = counts.map((count) => dirty.slice(start, (start += count)));
    this.#clean(job, { place: 0, groups, transactions: new CleanedTransactions(job.aborted) });
  }

  #clean(job: Job, next: Pick<GroupCopy, 'groups' | 'place' | 'transactions'>): void {
    const { round, state } = job;
    const segments = next.groups[next.place];
    if (segments === undefined) {
      this.#noteCleaned(job);
      return;
    }
    try {
      const { transactions } = next;
      const context = this.#context;
      const cleaning = new SegmentCleaning({ state, context, segments, round, transactions });
      this.#copy(job, { ...next, cleaning, walks: [] });
    } catch (error) {
      this.#onError(job, asAppError(error));
    }
  }

  #copy(job: Job, copy: GroupCopy): void {
    const { cleaning, groups, place, walks } = copy;
    const segment = groups[place]?.[walks.length];
    if (segment === undefined) {
      this.#replace(job, copy);
      return;
    }
    const walk = this.#walk(job, segment, {
      visit: (batch, position) => {
        cleaning.take(batch, segment, position);
        return true;
      },
      onWindow: () => cleaning.write(),
      done: (end) => {
        if (end === 'whole') this.#copy(job, copy);
        else {
          cleaning.abandon();
          this.#end(job, end);
        }
      },
    });
    walks.push(walk);
    walk.goOn();
  }

  #replace(job: Job, copy: GroupCopy): void {
    const { cleaning, groups, place, transactions, walks } = copy;
    const done = (error?: AppError): void => {
      if (error !== undefined) {
        cleaning.abandon();
        this.#onError(job, error);
        return;
      }
      const { bytesAfter, bytesBefore, segmentsAfter, segmentsBefore } = job.pass;
      job.pass = {
        ref: job.state.ref,
        bytesBefore: bytesBefore + cleaning.sizeBefore,
        bytesAfter: bytesAfter + cleaning.sizeBytes,
        segmentsBefore: segmentsBefore + walks.length,
        segmentsAfter: segmentsAfter + 1,
      };
      this.#clean(job, { place: place + 1, groups, transactions });
    };
    try {
      cleaning.replace(() => walks.every((walk) => walk.isStillThere), done);
    } catch (error) {
      done(asAppError(error));
    }
  }

  /** The round is over: a start goes on from here. Truncated meanwhile, its end says nothing. */
  #noteCleaned(job: Job): void {
    const { round, state, truncationCount } = job;
    if (state.isDeleted || state.truncationCount !== truncationCount) {
      this.#end(job, 'gone');
      return;
    }
    state.cleanedOffset = round.endOffset;
    this.#context.cleaned.set(state.folder, round.endOffset);
    this.#context.cleaned.write((error) => {
      if (error === undefined) this.#end(job, 'whole');
      else this.#onError(job, error);
    });
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
      this.#movedMs = this.#nowMs;
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

  #end({ pass, startedMs, state }: Job, end: WalkEnd): void {
    this.#job = undefined;
    const { backoffMs } = this.#options.settings();
    if (end !== 'whole') this.#nextMs = this.#nowMs + backoffMs;
    if (end === 'damaged') {
      this.#uncleanable.add(state);
      this.#options.onUncleanable(state.ref);
    }
    if (end !== 'whole') return;
    const recopyPercent = (100 * pass.bytesAfter) / Math.max(1, pass.bytesBefore);
    const lastRoundMs = this.#nowMs - startedMs;
    this.#figures = { ...this.#figures, recopyPercent, lastRoundMs };
    this.#options.onPass(pass);
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
