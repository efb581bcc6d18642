import type { AbortedTransaction, ReadOutcome, ReadSlices } from '@weirhouse/broker-log';
import { KafkaError } from '@weirhouse/kafka-protocol';

import type { RequestContext } from '../handler.ts';
import { FETCH_WAIT_MS_MAX } from '../limits.ts';
import type { Partition, PartitionWatcher } from '../partitions.ts';
import type { Deadline, Expirable } from '../timing-wheel.ts';
import { examine, Isolation, type FetchEntry } from './fetch-entry.ts';
import type { FetchTarget } from './session.ts';

/** The limits of one fetch. */
export interface FetchLimits {
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly isolationLevel: number;
}

/** What was found for one partition; `slices` stay valid until `release`. */
export interface FetchedPartition {
  readonly entry: FetchEntry;
  readonly errorCode: number;
  readonly slices: readonly Buffer[];
  readonly bytes: number;
  /** What a read_committed client must leave out of the slices. */
  readonly aborted: readonly AbortedTransaction[];
}

/** Takes the result of a fetch, once. */
export type FetchDone = (fetched: readonly FetchedPartition[], release: () => void) => void;

const NOTHING = { slices: [], bytes: 0, aborted: [] } as const;

/*
 * | state   | event                                             | next    |
 * |---------|---------------------------------------------------|---------|
 * | new     | start: error, enough bytes, or no wait wanted     | reading |
 * | new     | start: otherwise                                  | parked  |
 * | parked  | a watched partition has enough, or is gone        | reading |
 * | parked  | deadline                                          | reading |
 * | parked  | abandon                                           | ended   |
 * | reading | the last partition was read: `done`               | ended   |
 * | reading | abandon: what is read is released when it arrives | ended   |
 */

/** One fetch from first look to last read: waits for bytes without cost, then reads in order. */
export class FetchOperation implements PartitionWatcher, Expirable {
  readonly #context: RequestContext;
  readonly #targets: readonly FetchTarget[];
  readonly #limits: FetchLimits;
  readonly #done: FetchDone;
  readonly #fetched: FetchedPartition[] = [];
  readonly #read: { release(): void }[] = [];
  #entries: FetchEntry[] = [];
  #state: 'new' | 'parked' | 'reading' | 'ended' = 'new';
  #deadline: Deadline | undefined;
  #bytesLeft: number;

  constructor(options: {
    context: RequestContext;
    targets: readonly FetchTarget[];
    limits: FetchLimits;
    done: FetchDone;
  }) {
    this.#context = options.context;
    this.#targets = options.targets;
    this.#limits = options.limits;
    this.#done = options.done;
    this.#bytesLeft = options.limits.maxBytes;
  }

  start(): void {
    this.#examine();
    if (this.#mustAnswer()) return this.#readAll();
    this.#park();
  }

  /** The connection is gone: nothing is answered any more. */
  abandon(): void {
    if (this.#state === 'ended') return;
    if (this.#state === 'parked') this.#unpark();
    this.#state = 'ended';
    this.#release();
  }

  onAdvanced(partition: Partition): void {
    if (this.#state !== 'parked') return;
    if (!partition.isGone && !this.#hasRecordsIn(partition)) return;
    if (
      !partition.isGone &&
      this.#limits.minBytes > 1 &&
      this.#availableBytes() < this.#limits.minBytes
    )
      return;
    this.#answer();
  }

  /** False when the advance is not for this reader, such as of records of an open transaction. */
  #hasRecordsIn(partition: Partition): boolean {
    const endOffset = readableEnd(partition, this.#limits.isolationLevel);
    return this.#entries.some(
      (entry) => entry.partition === partition && entry.target.fetchOffset < endOffset,
    );
  }

  onExpired(): void {
    if (this.#state === 'parked') this.#answer();
  }

  #answer(): void {
    this.#unpark();
    this.#examine();
    this.#readAll();
  }

  #examine(): void {
    const { isolationLevel } = this.#limits;
    this.#entries = this.#targets.map((target) => examine(this.#context, target, isolationLevel));
  }

  #mustAnswer(): boolean {
    const { maxWaitMs, minBytes } = this.#limits;
    if (maxWaitMs <= 0 || minBytes <= 0 || this.#entries.length === 0) return true;
    let hasRecords = false;
    for (const entry of this.#entries) {
      if (entry.errorCode !== 0 || entry.diverging !== undefined) return true;
      hasRecords ||= entry.target.fetchOffset < entry.endOffset;
    }
    return hasRecords && (minBytes <= 1 || this.#availableBytes() >= minBytes);
  }

  /** Bytes that a read would find now, counted up to `minBytes`. */
  #availableBytes(): number {
    const { isolationLevel, minBytes } = this.#limits;
    let bytes = 0;
    for (const { errorCode, partition, target } of this.#entries) {
      if (bytes >= minBytes) break;
      if (partition === undefined || errorCode !== 0) continue;
      const endOffset = readableEnd(partition, isolationLevel);
      if (target.fetchOffset < endOffset)
        bytes += countBytes(partition, target, { endOffset, enough: minBytes - bytes });
    }
    return bytes;
  }

  #park(): void {
    this.#state = 'parked';
    for (const { partition } of this.#entries) partition?.watch(this);
    const waitMs = Math.min(this.#limits.maxWaitMs, FETCH_WAIT_MS_MAX);
    this.#deadline = this.#context.services.wheel.schedule(waitMs, this);
  }

  #unpark(): void {
    for (const { partition } of this.#entries) partition?.unwatch(this);
    this.#context.services.wheel.cancel(this.#deadline);
  }

  /** Reads partition after partition; reads that complete at once are looped over, not nested. */
  #readAll(): void {
    this.#state = 'reading';
    let next = 0;
    let isLooping = false;
    const run = (): void => {
      if (isLooping) return;
      isLooping = true;
      while (this.#state === 'reading' && next === this.#fetched.length) {
        const entry = this.#entries[next];
        if (entry === undefined) {
          this.#state = 'ended';
          this.#done(this.#fetched, () => this.#release());
          break;
        }
        next++;
        this.#readOne(entry, run);
      }
      isLooping = false;
    };
    run();
  }

  #readOne(entry: FetchEntry, then: () => void): void {
    const { partition, target } = entry;
    const isReadable =
      partition !== undefined && entry.errorCode === 0 && entry.diverging === undefined;
    const isFirst = this.#bytesLeft === this.#limits.maxBytes;
    const maxBytes = Math.min(target.maxBytes, this.#bytesLeft);
    if (!isReadable || target.fetchOffset >= entry.endOffset || (maxBytes <= 0 && !isFirst)) {
      this.#fetched.push({ entry, errorCode: entry.errorCode, ...NOTHING });
      return then();
    }
    const request = {
      offset: target.fetchOffset,
      maxBytes: Math.max(0, maxBytes),
      endOffset: entry.endOffset,
      atLeastOneBatch: isFirst,
    };
    partition.log.read(request, (outcome) => this.#onRead(entry, outcome, then));
  }

  #onRead(entry: FetchEntry, outcome: ReadOutcome, then: () => void): void {
    if (!outcome.ok) {
      const { errorCode } = outcome;
      this.#fetched.push({ entry, errorCode, ...NOTHING });
      return then();
    }
    if (this.#state !== 'reading') return outcome.release();
    const aborted = this.#findAborted(entry, outcome);
    if (typeof aborted === 'number') {
      outcome.release();
      this.#fetched.push({ entry, errorCode: aborted, ...NOTHING });
      return then();
    }
    const { bytes, slices } = outcome;
    this.#read.push(outcome);
    this.#bytesLeft -= bytes;
    this.#fetched.push({ entry, errorCode: KafkaError.NONE, slices, bytes, aborted });
    then();
  }

  /** What was aborted of what was read, or an error code. Nothing for those who read everything. */
  #findAborted(
    { partition, target }: FetchEntry,
    { nextOffset }: ReadSlices,
  ): readonly AbortedTransaction[] | number {
    if (this.#limits.isolationLevel !== Isolation.READ_COMMITTED || partition === undefined)
      return NOTHING.aborted;
    const { log } = partition;
    // The segments went during the read, and with them what is known of aborted transactions.
    if (target.fetchOffset < log.startOffset) return KafkaError.OFFSET_OUT_OF_RANGE;
    const aborted = log.findAbortedTransactions(target.fetchOffset, nextOffset);
    return aborted ?? KafkaError.KAFKA_STORAGE_ERROR;
  }

  #release(): void {
    for (const outcome of this.#read.splice(0)) outcome.release();
  }
}

/** Where readers of an isolation level stop. */
function readableEnd({ log }: Partition, isolationLevel: number): number {
  return isolationLevel === Isolation.READ_COMMITTED ? log.lastStableOffset : log.highWatermark;
}

/**
 * Bytes from an offset on, at least `enough` if there are so many. What lies only on disk counts as
 * enough: it is old, so there is a segment of it, and reading it to count it would cost more.
 */
function countBytes(
  { log }: Partition,
  target: FetchTarget,
  limits: { endOffset: number; enough: number },
): number {
  let bytes = limits.enough;
  const request = {
    offset: target.fetchOffset,
    maxBytes: Math.min(target.maxBytes, limits.enough),
    endOffset: limits.endOffset,
    atLeastOneBatch: true,
  };
  log.read(request, (outcome) => {
    bytes = outcome.ok ? outcome.bytes : limits.enough;
    if (outcome.ok) outcome.release();
  });
  return bytes;
}
