import {
  BatchAttribute,
  BatchField,
  BatchView,
  Codec,
  type Codecs,
  crc32c,
  LOG_OVERHEAD_BYTES,
  RecordCursor,
  recordsOf,
  TimestampType,
} from '@weirhouse/kafka-protocol';
import { DECOMPRESSED_BYTES_MAX } from '../plain-codecs.ts';
import { moveBaseTimestamp } from './move-base-timestamp.ts';
import type { CleanedTransactions } from './cleaned-transactions.ts';
import type { KeyOffsets } from './key-offsets.ts';

const NO_TIME = -1;
/** A horizon that never comes, so far off that time deltas against it are still exact numbers. */
const HORIZON_MAX_MS = 2 ** 52;

/** What one round of compaction knows. */
export interface CleaningRound {
  /** The last offsets of the keys of all records from the first uncleaned one to `endOffset`. */
  readonly keys: KeyOffsets;
  /** Records from here on stay as they are. */
  readonly endOffset: number;
  /** The wall clock. */
  readonly nowMs: number;
  /** `delete.retention.ms`. */
  readonly deleteRetentionMs: number;
  readonly codecs: Codecs;
  /** True when the batch must stay, empty if need be: the newest of a producer that may go on. */
  readonly isNeeded: (batch: BatchView) => boolean;
}

/** What is left of a batch's records. */
interface Kept {
  readonly pieces: readonly Buffer[];
  readonly count: number;
  readonly maxTimestamp: number;
  readonly hasTombstones: boolean;
}

const cursor = new RecordCursor();

/**
 * What compaction leaves of a batch: its bytes as they are, fewer records in the same offsets, an empty
 * batch, or undefined for nothing. Batches come in order from the log's start. Tombstones, and
 * markers that decide nothing any more, get a delete horizon first and go when it has passed (KIP-534).
 * Throws KafkaProtocolError when the records cannot be read.
 */
export function cleanBatch(
  batch: BatchView,
  round: CleaningRound,
  transactions: CleanedTransactions,
): Buffer | undefined {
  const isVoid = batch.isControl ? false : transactions.takeData(batch);
  const isIdleMarker = batch.isControl && transactions.takeMarker(batch);
  if (isVoid || (isIdleMarker && hasPassed(batch, round))) return emptied(batch, round);
  if (batch.isControl)
    return isIdleMarker && !batch.hasDeleteHorizon && batch.recordsCount > 0
      ? withHorizon(batch, recordsOf(batch, round.codecs, DECOMPRESSED_BYTES_MAX), round)
      : wholeOf(batch);
  if (batch.baseOffset >= round.endOffset) return wholeOf(batch);
  if (batch.recordsCount === 0) return emptied(batch, round);
  const records = recordsOf(batch, round.codecs, DECOMPRESSED_BYTES_MAX);
  const kept = keep(batch, records, round);
  if (kept.count === 0) return emptied(batch, round);
  const isMarked = kept.hasTombstones && !batch.hasDeleteHorizon;
  if (kept.count === batch.recordsCount)
    return isMarked ? withHorizon(batch, records, round) : wholeOf(batch);
  const left = rebuilt(batch, round, { ...kept, records: Buffer.concat(kept.pieces) });
  if (!isMarked) return left;
  const view = new BatchView().reset(left);
  return withHorizon(view, recordsOf(view, round.codecs, DECOMPRESSED_BYTES_MAX), round);
}

/**
 * Takes the keys of a batch into the round's map: before any batch is cleaned, in order, with
 * transactions of its own. False when the map has no room: the round must end before this batch.
 */
export function noteKeys(
  batch: BatchView,
  round: Pick<CleaningRound, 'codecs' | 'keys'>,
  transactions: CleanedTransactions,
): boolean {
  if (batch.isControl) transactions.takeMarker(batch);
  else if (!transactions.takeData(batch) && batch.recordsCount > 0) {
    cursor.reset(batch, recordsOf(batch, round.codecs, DECOMPRESSED_BYTES_MAX));
    while (cursor.next()) {
      const { key } = cursor;
      if (key !== null && !round.keys.note(key, cursor.offset)) return false;
    }
  }
  return true;
}

function keep(batch: BatchView, records: Buffer, round: CleaningRound): Kept {
  const showsTombstones = !batch.hasDeleteHorizon || !hasPassed(batch, round);
  const pieces: Buffer[] = [];
  let count = 0;
  let maxTimestamp = NO_TIME;
  let hasTombstones = false;
  let start = 0;
  for (cursor.reset(batch, records); cursor.next(); start = cursor.recordEnd) {
    const isTombstone = cursor.valueLength < 0;
    if (cursor.offset < round.endOffset) {
      const { key } = cursor;
      if (key === null || cursor.offset < round.keys.lastOffset(key)) continue;
      if (isTombstone && !showsTombstones) continue;
    }
    pieces.push(records.subarray(start, cursor.recordEnd));
    count += 1;
    maxTimestamp = Math.max(maxTimestamp, cursor.timestamp);
    hasTombstones ||= isTombstone;
  }
  return { pieces, count, maxTimestamp, hasTombstones };
}

/** The delete horizon stands where other batches have their base time. */
function hasPassed(batch: BatchView, { nowMs }: CleaningRound): boolean {
  return batch.hasDeleteHorizon && batch.baseTimestamp <= nowMs;
}

function wholeOf(batch: BatchView): Buffer {
  return batch.buffer.subarray(batch.start, batch.end);
}

/**
 * The batch without records, where something still needs it: its producer's sequence, or the end of the
 * round, which the log would otherwise forget.
 */
function emptied(batch: BatchView, round: CleaningRound): Buffer | undefined {
  if (batch.nextOffset !== round.endOffset && !round.isNeeded(batch)) return undefined;
  const empty = Buffer.from(batch.buffer.subarray(batch.start, batch.recordsStart));
  const dropped = BatchAttribute.CODEC_MASK | BatchAttribute.DELETE_HORIZON;
  empty.writeInt16BE(batch.attributes & ~dropped, BatchField.ATTRIBUTES);
  empty.writeBigInt64BE(BigInt(NO_TIME), BatchField.BASE_TIMESTAMP);
  return finished(empty, 0);
}

function withHorizon(batch: BatchView, records: Buffer, round: CleaningRound): Buffer {
  const horizonMs = Math.min(round.nowMs + round.deleteRetentionMs, HORIZON_MAX_MS);
  const moved = moveBaseTimestamp(cursor.reset(batch, records), batch.baseTimestamp - horizonMs);
  const { maxTimestamp, recordsCount: count } = batch;
  const marked = rebuilt(batch, round, { records: moved, count, maxTimestamp });
  const attributes = marked.readInt16BE(BatchField.ATTRIBUTES) | BatchAttribute.DELETE_HORIZON;
  marked.writeInt16BE(attributes, BatchField.ATTRIBUTES);
  marked.writeBigInt64BE(BigInt(horizonMs), BatchField.BASE_TIMESTAMP);
  return finished(marked, count);
}

/** The batch with other records in its own compression; offsets, ids and sequence stay. */
function rebuilt(
  batch: BatchView,
  { codecs }: CleaningRound,
  content: {
    readonly records: Buffer;
    readonly count: number;
    readonly maxTimestamp: number;
  },
): Buffer {
  const { count, maxTimestamp, records } = content;
  const header = batch.buffer.subarray(batch.start, batch.recordsStart);
  const stored =
    batch.codec === Codec.NONE ? records : codecs.compress(batch.codec as Codec, records);
  const result = Buffer.concat([header, stored]);
  if (batch.timestampType === TimestampType.CREATE_TIME)
    result.writeBigInt64BE(BigInt(maxTimestamp), BatchField.MAX_TIMESTAMP);
  return finished(result, count);
}

function finished(batch: Buffer, count: number): Buffer {
  batch.writeInt32BE(batch.length - LOG_OVERHEAD_BYTES, BatchField.BATCH_LENGTH);
  batch.writeInt32BE(count, BatchField.RECORDS_COUNT);
  batch.writeUInt32BE(crc32c(batch, BatchField.ATTRIBUTES), BatchField.CRC);
  return batch;
}
