import { assert } from '@weirhouse/shared-kernel';
import { BatchView, buildEndTxnMarker, crc32c, KafkaError } from '@weirhouse/kafka-protocol';
import {
  type BatchRefusal,
  batchSizeAt,
  type RecordError,
  refuseClientBatch,
  refuseDamaged,
} from './batch-validation.ts';
import { asAppError } from './disk.ts';
import { RecordKind } from './extent.ts';
import { recompress } from './recompress.ts';
import type { LogContext, LogState } from './log-state.ts';
import { ABORTED_NOTE_BYTES, noteAborted } from './aborted-transactions.ts';
import { admitBatch } from './producers/admission.ts';
import { type MarkerOptions, refuseMarker } from './producers/marker.ts';
import type { VerificationGuard } from './producers/verifications.ts';
import type { Segment } from './segment/segment.ts';
import { takeSnapshot } from './snapshots.ts';
import { BATCH_PREFIX_BYTES, RECORD_HEADER_BYTES } from './wal/format.ts';

/** Relative offsets and positions are int32 in Kafka's indexes. */
const INT32_MAX = 2_147_483_647;
const NO_TIME = -1;
const FULL = refused(KafkaError.REQUEST_TIMED_OUT, 'the log is full of records not yet written');

/** Who appends: what is checked and what is stamped depends on it. */
export interface AppendOptions {
  /** Stamped on every batch of a leader; a replica's batches keep theirs. */
  readonly leaderEpoch: number;
  /** The wall clock. */
  readonly nowMs: number;
  /**
   * `client`: one batch of a producer, fully checked. `coordinator`: batches that the broker built.
   * `replica`: batches of the leader's log, which keep their offsets.
   */
  readonly origin: 'client' | 'coordinator' | 'replica';
  /** Lets a transactional batch begin its transaction here: see `PartitionLog.beginVerification`. */
  readonly verification?: VerificationGuard | undefined;
}

/** What became of an append. A duplicate gives the offsets and time of the first append. */
export type AppendOutcome =
  | {
      readonly ok: true;
      readonly baseOffset: number;
      readonly lastOffset: number;
      /** -1 unless the topic stamps append times. */
      readonly logAppendTimeMs: number;
      readonly duplicate: boolean;
    }
  | {
      readonly ok: false;
      readonly errorCode: number;
      readonly message: string;
      readonly recordErrors?: readonly RecordError[];
    };

const view = new BatchView();

/** Checks all batches, then appends all or none. The bytes are copied once, into the arena. */
export function appendToLog(
  state: LogState,
  context: LogContext,
  batches: Buffer,
  options: AppendOptions,
): AppendOutcome {
  const unavailable = refuseUnavailable(state, context, options.origin);
  if (unavailable !== undefined) return unavailable;
  let count = 0;
  let largest = 0;
  let nextOffset = state.endOffset;
  for (let at = 0; at < batches.length; count += 1) {
    const size = batchSizeAt(batches, at);
    if (size === 0)
      return refused(KafkaError.CORRUPT_MESSAGE, 'the records do not end with a whole batch');
    view.reset(batches, at);
    const refusal = refuseBatch(state, context, options, nextOffset);
    if (refusal !== undefined) return { ok: false, ...refusal };
    nextOffset = view.nextOffset;
    largest = Math.max(largest, size);
    at += size;
  }
  if (count === 0 || (count > 1 && options.origin === 'client'))
    return refused(KafkaError.INVALID_RECORD, `a produce request has one batch, not ${count}`);
  if (largest > context.batchBytesMax)
    return refused(KafkaError.MESSAGE_TOO_LARGE, `a batch of ${largest} bytes fits in no WAL file`);
  for (let at = 0; at < batches.length; at += view.sizeInBytes) {
    view.reset(batches, at);
    const answer = answerByProducer(state, options);
    if (answer !== undefined) return answer;
  }
  if (options.origin === 'client' && state.config.compression !== undefined)
    return appendRecompressed(state, context, batches, options);
  if (!makeRoom(state, context, { bytes: batches.length, count, largest })) return FULL;
  return appendAll(state, context, batches, options);
}

/** Appends the end of a transaction: see `PartitionLog.appendMarker`. */
export function appendMarker(
  state: LogState,
  context: LogContext,
  marker: MarkerOptions,
): AppendOutcome {
  const unavailable = refuseUnavailable(state, context, 'coordinator');
  if (unavailable !== undefined) return unavailable;
  const refusal = refuseMarker(state.producers.find(marker.producerId), marker);
  if (refusal !== undefined) return { ok: false, ...refusal };
  const batch = buildEndTxnMarker({ ...marker, baseOffset: 0, timestamp: marker.nowMs });
  return appendWithRoom(state, context, batch, { ...marker, origin: 'coordinator' });
}

/** Appends one batch of a client in the compression of its topic. */
function appendRecompressed(
  state: LogState,
  context: LogContext,
  sent: Buffer,
  options: AppendOptions,
): AppendOutcome {
  const recompressed = recompress(view.reset(sent, 0), state.config, context.codecs);
  if (!recompressed.ok) return { ok: false, ...recompressed.refusal };
  const { batch } = recompressed;
  if (batch.length <= context.batchBytesMax) return appendWithRoom(state, context, batch, options);
  return refused(
    KafkaError.MESSAGE_TOO_LARGE,
    `a batch of ${batch.length} bytes fits in no WAL file`,
  );
}

/** Appends one batch, if the arena has room for it. */
function appendWithRoom(
  state: LogState,
  context: LogContext,
  batch: Buffer,
  options: AppendOptions,
): AppendOutcome {
  const { length } = batch;
  if (!makeRoom(state, context, { bytes: length, count: 1, largest: length })) return FULL;
  return appendAll(state, context, batch, options);
}

function refuseUnavailable(
  state: LogState,
  context: LogContext,
  origin: AppendOptions['origin'],
): AppendOutcome | undefined {
  if (context.isOffline)
    return refused(KafkaError.KAFKA_STORAGE_ERROR, 'the volume of the partition is offline');
  if (state.isDeleted)
    return refused(KafkaError.UNKNOWN_TOPIC_OR_PARTITION, 'the partition was deleted');
  // The broker's own records are taken as long as the WAL has room for them: the reserve is theirs.
  if (context.commit.isStarved || (origin === 'client' && context.space.state !== 'open'))
    return refused(KafkaError.KAFKA_STORAGE_ERROR, 'the disk of the partition is full');
  try {
    // All that an append may have to read, before anything is changed.
    state.activeSegment.timeIndex.loadLast();
    return undefined;
  } catch (error) {
    context.onDiskError(asAppError(error));
    return refused(
      KafkaError.KAFKA_STORAGE_ERROR,
      'the time index of the partition cannot be read',
    );
  }
}

/** False when the arena has no room. Notes the partition's creation where that is still to be done. */
function makeRoom(
  state: LogState,
  context: LogContext,
  batches: { readonly bytes: number; readonly count: number; readonly largest: number },
): boolean {
  const noteBytes = state.isCreationNoted ? 0 : RECORD_HEADER_BYTES + state.ref.topicName.length;
  // Any batch of a replica may abort a transaction; a marker's own note is small against its reserve.
  const perBatchBytes = RECORD_HEADER_BYTES + ABORTED_NOTE_BYTES;
  const needed = batches.bytes + batches.count * perBatchBytes + noteBytes;
  if (!context.hasRoom(needed, batches.largest + perBatchBytes + noteBytes)) return false;
  noteCreation(state, context);
  return true;
}

function appendAll(
  state: LogState,
  context: LogContext,
  batches: Buffer,
  options: AppendOptions,
): AppendOutcome {
  let baseOffset = -1;
  for (let at = 0; at < batches.length;) {
    const size = view.reset(batches, at).sizeInBytes;
    const first = appendOne(state, context, batches.subarray(at, at + size), options);
    if (baseOffset < 0) baseOffset = first;
    at += size;
  }
  return {
    ok: true,
    baseOffset,
    lastOffset: state.endOffset - 1,
    logAppendTimeMs: stampsTime(state, options) ? options.nowMs : NO_TIME,
    duplicate: false,
  };
}

function refuseBatch(
  state: LogState,
  context: LogContext,
  options: AppendOptions,
  nextOffset: number,
): BatchRefusal | undefined {
  const damaged = refuseDamaged(view);
  if (damaged !== undefined || options.origin === 'coordinator') return damaged;
  if (options.origin === 'client')
    return refuseClientBatch(view, {
      config: state.config,
      nowMs: options.nowMs,
      codecs: context.codecs,
    });
  if (view.baseOffset >= nextOffset) return undefined;
  const message = `offset ${view.baseOffset} is below the log's end ${nextOffset}`;
  return { errorCode: KafkaError.OFFSET_OUT_OF_RANGE, message };
}

/** The answer for the batch in view when its producer's state does not let it in; else undefined. */
function answerByProducer(state: LogState, options: AppendOptions): AppendOutcome | undefined {
  const { origin, verification } = options;
  if (origin === 'replica') return undefined;
  const { producers, verifications } = state;
  const admission = admitBatch(view, {
    producers,
    verifications,
    origin,
    needsVerification: state.config.verifiesTransactions,
    guard: verification,
  });
  if (admission.kind === 'append') return undefined;
  if (admission.kind === 'refuse') return refused(admission.errorCode, admission.message);
  const { batch } = admission;
  return {
    ok: true,
    baseOffset: batch.lastOffset - batch.offsetDelta,
    lastOffset: batch.lastOffset,
    logAppendTimeMs: stampsTime(state, options) ? batch.timestamp : NO_TIME,
    duplicate: true,
  };
}

/** A replica keeps its leader's times. */
function stampsTime(state: LogState, { origin }: AppendOptions): boolean {
  return origin !== 'replica' && state.config.timestampType === 'LogAppendTime';
}

/** The WAL learns the partition's name before its first data: recovery can make the folder anew. */
function noteCreation(state: LogState, context: LogContext): void {
  if (state.isCreationNoted) return;
  const name = Buffer.from(state.ref.topicName);
  const note = context.commit.note(state, RecordKind.CREATE, name);
  assert(note !== undefined, 'room was asked for');
  // Above 0 the folder must be there already: found missing by recovery, it was deleted since.
  note.baseOffset = state.endOffset;
  state.isCreationNoted = true;
  state.isFolderUnsynced = true;
}

/** Appends one batch for which there is room; returns its base offset. */
function appendOne(
  state: LogState,
  context: LogContext,
  batch: Buffer,
  options: AppendOptions,
): number {
  const isReplica = options.origin === 'replica';
  view.reset(batch, 0);
  const baseOffset = isReplica ? view.baseOffset : state.endOffset;
  const lastOffset = baseOffset + view.lastOffsetDelta;
  const segment = segmentFor(state, context, { lastOffset, nowMs: options.nowMs });
  noteAborted(state, context, { batch: view, segment, offset: baseOffset });
  const extent = context.commit.extend(state, segment, batch.length);
  assert(extent !== undefined, 'room was asked for');
  const { buffer } = extent.chunk;
  const at = extent.recordEnd;
  if (at === extent.start) {
    extent.baseOffset = baseOffset;
    extent.position = segment.size;
    extent.leaderEpoch = isReplica ? view.partitionLeaderEpoch : options.leaderEpoch;
    state.tail.push(extent);
  }
  batch.copy(buffer, at);
  view.reset(buffer, at);
  if (!isReplica) {
    view.baseOffset = baseOffset;
    view.partitionLeaderEpoch = options.leaderEpoch;
    if (stampsTime(state, options)) view.setLogAppendTime(options.nowMs);
  }
  extent.prefixCrc = crc32c(buffer, at, at + BATCH_PREFIX_BYTES, extent.prefixCrc);
  extent.recordEnd = at + batch.length;
  extent.end = extent.recordEnd;
  extent.endOffset = lastOffset + 1;
  extent.chunk.used = extent.recordEnd;
  segment.take(view, segment.size, state.config.indexIntervalBytes);
  state.epochs.assign(view.partitionLeaderEpoch, baseOffset);
  state.producers.update(view);
  if (view.isControl) state.verifications.onMarker(view.producerId, view.producerEpoch);
  else if (view.isTransactional) state.verifications.onBegun(view.producerId);
  state.endOffset = lastOffset + 1;
  return baseOffset;
}

/** The active segment, or a new one when the batch in view may not go there. */
function segmentFor(
  state: LogState,
  context: LogContext,
  batch: { readonly lastOffset: number; readonly nowMs: number },
): Segment {
  const segment = state.activeSegment;
  const { config } = state;
  if (segment.size === 0) {
    if (segment.createdMs === 0) segment.createdMs = batch.nowMs;
    return segment;
  }
  const sizeAfter = segment.size + view.sizeInBytes;
  const isTimed = segment.firstTimestamp >= 0 && view.maxTimestamp >= 0;
  if (!isTimed && segment.createdMs === 0) segment.createdMs = batch.nowMs;
  const age = isTimed
    ? view.maxTimestamp - segment.firstTimestamp
    : batch.nowMs - segment.createdMs;
  const isDue =
    sizeAfter > config.segmentBytes ||
    sizeAfter > INT32_MAX ||
    age > config.segmentMs ||
    segment.index.file.sizeBytes >= config.segmentIndexBytes ||
    batch.lastOffset - segment.baseOffset > INT32_MAX;
  return isDue ? rollSegment(state, context, batch.nowMs) : segment;
}

/** Closes the active segment and begins the next at the log's end. */
export function rollSegment(state: LogState, context: LogContext, nowMs: number): Segment {
  takeSnapshot(state);
  state.activeSegment.isSealed = true;
  state.hasUnfinished = true;
  return state.addSegment(context.files, state.endOffset, nowMs);
}

function refused(errorCode: number, message: string): AppendOutcome {
  return { ok: false, errorCode, message };
}
