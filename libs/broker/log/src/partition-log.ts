import { type BatchView, recordsOf } from '@weirhouse/kafka-protocol';
import { assert, type Uuid } from '@weirhouse/shared-kernel';
import { appendMarker, appendToLog, type AppendOptions, type AppendOutcome } from './append-log.ts';
import { findAbortedTransactions } from './aborted-transactions.ts';
import { asAppError } from './disk.ts';
import type { EpochEnd } from './epoch-cache.ts';
import { findLatestTime, findOffsetByTime, type FoundOffset } from './find-offset.ts';
import type { LogConfig } from './log-config.ts';
import type { LogContext, LogState } from './log-state.ts';
import { DECOMPRESSED_BYTES_MAX, PLAIN_ONLY } from './plain-codecs.ts';
import { type ReadOutcome, type ReadRequest, readLog } from './read-log.ts';
import type { MarkerOptions } from './producers/marker.ts';
import type { VerificationGuard, VerificationRequest } from './producers/verifications.ts';
import type { AbortedTransaction } from './segment/aborted-index.ts';
import { truncateLog } from './truncate-log.ts';
import type { WriteBehind } from './write-behind.ts';

/** One producer of a partition as DescribeProducers shows it; -1 where there is none. */
export interface ActiveProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly lastSequence: number;
  readonly lastTimestamp: number;
  readonly coordinatorEpoch: number;
  /** The first offset of its open transaction. */
  readonly currentTxnStartOffset: number;
}

/** A transaction that is open for longer than its coordinator should have let it. */
export interface LateTransaction {
  readonly topicName: string;
  readonly index: number;
  readonly producerId: number;
  readonly firstOffset: number;
}

/** One partition's log. All offsets are numbers; times are milliseconds since the Unix epoch. */
export class PartitionLog {
  readonly #state: LogState;
  readonly #context: LogContext;
  /** For LogStore only. */
  readonly writeBehind: WriteBehind;

  constructor(state: LogState, context: LogContext, writeBehind: WriteBehind) {
    this.#state = state;
    this.#context = context;
    this.writeBehind = writeBehind;
  }

  get topicId(): Uuid {
    return this.#state.ref.topicId;
  }

  get topicName(): string {
    return this.#state.ref.topicName;
  }

  get index(): number {
    return this.#state.ref.index;
  }

  get config(): LogConfig {
    return this.#state.config;
  }

  /** A changed configuration counts from the next append or retention on. */
  set config(config: LogConfig) {
    this.#state.config = config;
  }

  /** The first offset that may be read. */
  get startOffset(): number {
    return this.#state.startOffset;
  }

  /** The offset that the next record gets; records before it may not be durable yet. */
  get endOffset(): number {
    return this.#state.endOffset;
  }

  /** Every record before this offset survives a power cut. */
  get durableEndOffset(): number {
    return this.#state.durableEndOffset;
  }

  /**
   * Records before this offset may be acknowledged: durable, or in the page cache where the log's
   * `acknowledge` asks for no more.
   */
  get safeEndOffset(): number {
    return this.#state.safeEndOffset;
  }

  /** The end of what consumers see: the owner moves it. It is the log's end when the log is opened. */
  get highWatermark(): number {
    return this.#state.highWatermark;
  }

  /** Moves the high watermark forward, at most to the log's end; a lower value changes nothing. */
  set highWatermark(offset: number) {
    assert(offset <= this.#state.endOffset, 'the high watermark is within the log');
    if (offset <= this.#state.highWatermark) return;
    this.#state.highWatermark = offset;
    this.#state.producers.transactions.commit(offset);
  }

  /**
   * The end of what read_committed sees: every transaction that begins before has its marker below
   * the high watermark.
   */
  get lastStableOffset(): number {
    const { highWatermark, producers, startOffset } = this.#state;
    const { firstUnstableOffset } = producers.transactions;
    return Math.min(highWatermark, Math.max(firstUnstableOffset, startOffset));
  }

  /** Bytes of all segments, those not yet in files included. */
  get sizeBytes(): number {
    return this.#state.sizeBytes;
  }

  /** The epoch of the newest record; undefined when the log never had one. */
  get latestEpoch(): number | undefined {
    return this.#state.epochs.latestEpoch;
  }

  /** False while nothing can be made durable: the disk is full or has failed. */
  get isWritable(): boolean {
    return !this.#context.isOffline && !this.#context.commit.isStarved;
  }

  /**
   * Appends whole v2 batches, all or none. `batches` is borrowed: it is copied and not changed. The
   * records are durable when `durableEndOffset` passes the returned last offset. Error code
   * REQUEST_TIMED_OUT when there is no room: ask `LogStore.isFull` before.
   */
  append(batches: Buffer, options: AppendOptions): AppendOutcome {
    return appendToLog(this.#state, this.#context, batches, options);
  }

  /**
   * Appends the batch that commits or aborts a producer's transaction, as `append` does: durable when
   * `durableEndOffset` passes. Written although nothing is open, as a repeated marker must end well.
   * Errors: INVALID_PRODUCER_EPOCH, TRANSACTION_COORDINATOR_FENCED and those of `append`.
   */
  appendMarker(marker: MarkerOptions): AppendOutcome {
    return appendMarker(this.#state, this.#context, marker);
  }

  /** True when the producer has a transaction open here in this epoch. */
  hasOpenTransaction(producerId: number, producerEpoch: number): boolean {
    return this.#state.producers.hasOpenTransaction(producerId, producerEpoch);
  }

  /**
   * Notes that the coordinator is asked whether the producer's transaction holds this partition. The
   * guard goes with the append once the answer is yes; a marker in between makes it void. Undefined
   * when nothing has to be asked: the transaction is open here already, the producer is fenced (the
   * append says so), or verification is off and its epoch does not rise with each transaction.
   */
  beginVerification(request: VerificationRequest): VerificationGuard | undefined {
    const { config, producers, verifications } = this.#state;
    if (!config.verifiesTransactions && !request.supportsEpochBump) return undefined;
    const { producerEpoch, producerId } = request;
    if (producers.isFenced(producerId, producerEpoch)) return undefined;
    if (producers.hasOpenTransaction(producerId, producerEpoch)) return undefined;
    return verifications.begin(request);
  }

  /**
   * Reads whole batches from the one that holds `offset`. Calls `done` once: at once when the arena or
   * a recent file serves it, later otherwise. Errors: OFFSET_OUT_OF_RANGE, KAFKA_STORAGE_ERROR.
   */
  read(request: ReadRequest, done: (outcome: ReadOutcome) => void): void {
    readLog(this.#state, this.#context, request, done);
  }

  /** The records of a batch that was read, decompressed where they are not. Throws KafkaProtocolError. */
  recordsOf(batch: BatchView): Buffer {
    return recordsOf(batch, this.#context.codecs ?? PLAIN_ONLY, DECOMPRESSED_BYTES_MAX);
  }

  /**
   * The aborted transactions with records in `[fromOffset, toOffset)`: a reader leaves out what their
   * producers wrote from the first offset to the marker. Undefined when the disk failed.
   */
  findAbortedTransactions(
    fromOffset: number,
    toOffset: number,
  ): readonly AbortedTransaction[] | undefined {
    try {
      return findAbortedTransactions(this.#state, fromOffset, toOffset);
    } catch (error) {
      this.#context.onDiskError(asAppError(error));
      return undefined;
    }
  }

  /** What is known of each producer, in no particular order. */
  listProducers(): readonly ActiveProducer[] {
    return Array.from(this.#state.producers.entries(), ([producerId, state]) => ({
      producerId,
      producerEpoch: state.producerEpoch,
      lastSequence: state.batches.at(-1)?.lastSequence ?? -1,
      lastTimestamp: state.lastTimestamp,
      coordinatorEpoch: state.coordinatorEpoch,
      currentTxnStartOffset: state.transactionStart,
    }));
  }

  /** The oldest open transaction, if its producer wrote nothing since before `beforeMs`. */
  findLateTransaction(beforeMs: number): LateTransaction | undefined {
    const { producers, ref } = this.#state;
    const oldest = producers.transactions.firstOpen;
    if (oldest === undefined) return undefined;
    const { firstOffset, producerId } = oldest;
    const lastTimestamp = producers.find(producerId)?.lastTimestamp ?? beforeMs;
    if (lastTimestamp >= beforeMs) return undefined;
    return { topicName: ref.topicName, index: ref.index, producerId, firstOffset };
  }

  /** The first record with this time or a later one, below `endOffset`. */
  findOffsetByTime(timestamp: number, endOffset: number): FoundOffset | undefined {
    return findOffsetByTime(this.#state, this.#context, timestamp, endOffset);
  }

  /** The record with the largest time, when it is below `endOffset`. */
  findLatestTime(endOffset: number): FoundOffset | undefined {
    return findLatestTime(this.#state, this.#context, endOffset);
  }

  /** Where the records of `epoch` end. */
  endOffsetOfEpoch(epoch: number): EpochEnd {
    return this.#state.epochs.endOffsetOf(epoch, this.#state.endOffset);
  }

  /** The leader epoch of the record at `offset`; undefined when none is known. */
  epochAt(offset: number): number | undefined {
    return this.#state.epochs.epochAt(offset);
  }

  /**
   * Moves the start offset up to `offset`, at most to the high watermark; segments go with the next
   * retention. Returns the start offset. It is durable when that retention has run.
   */
  deleteRecordsBefore(offset: number): number {
    const state = this.#state;
    const target = Math.min(offset, state.highWatermark);
    state.startOffset = Math.max(state.startOffset, target);
    return state.startOffset;
  }

  /**
   * Ends the log before the batch that holds `offset`: a follower that left its leader's line. False
   * when the arena has no room for it now.
   */
  truncateTo(offset: number): boolean {
    return truncateLog(this.#state, this.#context, offset);
  }

  /**
   * Forgets producers that were silent since before `beforeMs` (producer.id.expiration.ms), and
   * verifications begun before; returns how many producers. Open transactions stay.
   */
  expireProducers(beforeMs: number): number {
    this.#state.verifications.expire(beforeMs);
    return this.#state.producers.expire(beforeMs);
  }
}
