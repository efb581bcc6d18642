import {
  BatchView,
  Codec,
  RECORD_BATCH_HEADER_BYTES,
  RecordCursor,
  recordsOf,
} from '@weirhouse/kafka-protocol';
import { scanLog } from './log-scan.ts';
import type { LogContext, LogState } from './log-state.ts';
import type { Segment } from './segment/segment.ts';

/** Decompressed records of one batch at most, where a time is looked for. */
const DECOMPRESSED_BYTES_MAX = 67_108_864;

/** A record found by its time. */
export interface FoundOffset {
  readonly offset: number;
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

/**
 * The first record below `endOffset` with a time of `timestamp` or later, found inside compressed
 * batches too when there are codecs; without them the batch's first offset stands for it.
 */
export function findOffsetByTime(
  state: LogState,
  context: LogContext,
  timestamp: number,
  endOffset: number,
): FoundOffset | undefined {
  for (const segment of state.segments) {
    loadTimes(segment, state, context);
    if (segment.maxTimestamp < timestamp) continue;
    const below = segment.timeIndex.below(timestamp)?.offset ?? segment.baseOffset;
    const fromOffset = Math.max(below, state.startOffset);
    let found: FoundOffset | undefined;
    scanLog(state, context, fromOffset, (batch) => {
      if (batch.baseOffset >= endOffset) return false;
      if (batch.maxTimestamp >= timestamp) found = firstRecord(batch, state, context, timestamp);
      return found === undefined;
    });
    return found !== undefined && found.offset < endOffset ? found : undefined;
  }
  return undefined;
}

/**
 * The record with the largest time, ListOffsets' -3. As in Kafka nothing is found while that record is
 * not below `endOffset`: to find the next largest, the whole log would have to be read.
 */
export function findLatestTime(
  state: LogState,
  context: LogContext,
  endOffset: number,
): FoundOffset | undefined {
  let largest = -1;
  for (const segment of state.segments) {
    loadTimes(segment, state, context);
    largest = Math.max(largest, segment.maxTimestamp);
  }
  return largest < 0 ? undefined : findOffsetByTime(state, context, largest, endOffset);
}

/** A segment's largest time, from its time index or, when that is missing, from its batches. */
export function loadTimes(segment: Segment, state: LogState, context: LogContext): void {
  if (segment.maxTimestamp >= 0 || segment.size === 0 || state.isDeleted) return;
  const last = segment.timeIndex.last();
  if (last !== undefined && segment.isSealed) {
    segment.maxTimestamp = last.timestamp;
    segment.maxTimestampOffset = last.offset;
    return;
  }
  scanLog(state, context, segment.baseOffset, (batch, place) => {
    if (place.segment !== segment) return false;
    segment.takeTime(batch);
    return true;
  });
}

/** The time of a closed segment's first batch, from its header: `max.compaction.lag.ms` counts from it. */
export function loadFirstTime(segment: Segment, context: LogContext): void {
  if (segment.firstTimestamp >= 0 || segment.written === 0) return;
  const header = Buffer.alloc(RECORD_BATCH_HEADER_BYTES);
  if (context.files.use(segment.logPath).readSync(header, 0) === header.length)
    segment.firstTimestamp = new BatchView().reset(header).maxTimestamp;
}

function firstRecord(
  batch: BatchView,
  state: LogState,
  context: LogContext,
  timestamp: number,
): FoundOffset | undefined {
  const leaderEpoch = batch.partitionLeaderEpoch;
  const { codecs } = context;
  if (batch.codec !== Codec.NONE && codecs === undefined)
    return { offset: batch.baseOffset, timestamp: batch.maxTimestamp, leaderEpoch };
  const records =
    codecs === undefined
      ? batch.buffer.subarray(batch.recordsStart, batch.end)
      : recordsOf(batch, codecs, DECOMPRESSED_BYTES_MAX);
  const cursor = new RecordCursor().reset(batch, records);
  while (cursor.next())
    if (cursor.timestamp >= timestamp && cursor.offset >= state.startOffset)
      return { offset: cursor.offset, timestamp: cursor.timestamp, leaderEpoch };
  return undefined;
}
