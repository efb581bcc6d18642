import {
  type BatchView,
  Codec,
  type Codecs,
  KafkaError,
  LOG_OVERHEAD_BYTES,
  MAGIC_V2,
  RECORD_BATCH_HEADER_BYTES,
  RecordCursor,
  recordsOf,
  TimestampType,
} from '@weirhouse/kafka-protocol';
import { isCompacted, type LogConfig } from './log-config.ts';

/** Decompressed records of one batch at most, where keys must be looked at. */
const DECOMPRESSED_BYTES_MAX = 67_108_864;
const NO_TIMESTAMP = -1;

/** A record at fault, by its index in the batch. */
export interface RecordError {
  readonly batchIndex: number;
  readonly message: string;
}

/** Why a batch may not be appended: an error code of the protocol and a sentence. */
export interface BatchRefusal {
  readonly errorCode: number;
  readonly message: string;
  readonly recordErrors?: readonly RecordError[];
}

/** What a client's batch is measured by. */
export interface ValidationContext {
  readonly config: LogConfig;
  readonly nowMs: number;
  /** Without codecs compressed batches of compacted topics are taken unseen. */
  readonly codecs: Codecs | undefined;
}

/** The size of the batch at `start`, or 0 when its header is not whole or its length is impossible. */
export function batchSizeAt(buffer: Buffer, start: number): number {
  if (start + RECORD_BATCH_HEADER_BYTES > buffer.length) return 0;
  const size = buffer.readInt32BE(start + 8) + LOG_OVERHEAD_BYTES;
  return size < RECORD_BATCH_HEADER_BYTES || start + size > buffer.length ? 0 : size;
}

/** Checks that hold for every batch, whoever appends it. */
export function refuseDamaged(batch: BatchView): BatchRefusal | undefined {
  if (batch.magic !== MAGIC_V2)
    return refusal(
      KafkaError.INVALID_RECORD,
      `record batches of magic ${batch.magic} are not taken`,
    );
  if (!batch.isCrcValid())
    return refusal(KafkaError.CORRUPT_MESSAGE, 'the CRC of the record batch is wrong');
  if (batch.lastOffsetDelta < 0)
    return refusal(KafkaError.INVALID_RECORD, 'the last offset of the batch is before its first');
  return undefined;
}

/** Checks of a client's batch by its header; keys too on compacted topics. */
export function refuseClientBatch(
  batch: BatchView,
  context: ValidationContext,
): BatchRefusal | undefined {
  return (
    refuseShape(batch, context.config) ?? refuseTimes(batch, context) ?? refuseKeys(batch, context)
  );
}

function refuseShape(batch: BatchView, config: LogConfig): BatchRefusal | undefined {
  const size = batch.sizeInBytes;
  if (size > config.maxMessageBytes)
    return refusal(
      KafkaError.MESSAGE_TOO_LARGE,
      `the batch has ${size} bytes, max.message.bytes is ${config.maxMessageBytes}`,
    );
  if (size > config.segmentBytes)
    return refusal(
      KafkaError.RECORD_LIST_TOO_LARGE,
      `the batch has ${size} bytes, segment.bytes is ${config.segmentBytes}`,
    );
  if (batch.baseOffset !== 0)
    return refusal(KafkaError.INVALID_RECORD, `the base offset must be 0, not ${batch.baseOffset}`);
  if (batch.isControl)
    return refusal(KafkaError.INVALID_RECORD, 'clients may not write control batches');
  if (batch.recordsCount <= 0 || batch.recordsCount !== batch.lastOffsetDelta + 1)
    return refusal(
      KafkaError.INVALID_RECORD,
      `the batch says ${batch.recordsCount} records and a last offset delta of ${batch.lastOffsetDelta}`,
    );
  if (batch.producerId >= 0 && (batch.baseSequence < 0 || batch.producerEpoch < 0))
    return refusal(KafkaError.INVALID_RECORD, 'a producer id comes with an epoch and a sequence');
  if (batch.codec > Codec.ZSTD)
    return refusal(KafkaError.UNSUPPORTED_COMPRESSION_TYPE, `there is no codec ${batch.codec}`);
  return undefined;
}

function refuseTimes(batch: BatchView, context: ValidationContext): BatchRefusal | undefined {
  const { config, nowMs } = context;
  if (batch.timestampType === TimestampType.LOG_APPEND_TIME)
    return refusal(KafkaError.INVALID_TIMESTAMP, 'producers may not set the LogAppendTime bit');
  if (config.timestampType === 'LogAppendTime') return undefined;
  const { maxTimestamp, baseTimestamp } = batch;
  if (maxTimestamp !== NO_TIMESTAMP && maxTimestamp - nowMs > config.timestampAfterMaxMs)
    return refusal(
      KafkaError.INVALID_TIMESTAMP,
      `timestamp ${maxTimestamp} is more than message.timestamp.after.max.ms ahead of ${nowMs}`,
    );
  if (baseTimestamp !== NO_TIMESTAMP && nowMs - baseTimestamp > config.timestampBeforeMaxMs)
    return refusal(
      KafkaError.INVALID_TIMESTAMP,
      `timestamp ${baseTimestamp} is more than message.timestamp.before.max.ms behind ${nowMs}`,
    );
  return undefined;
}

function refuseKeys(batch: BatchView, context: ValidationContext): BatchRefusal | undefined {
  const { codecs } = context;
  if (!isCompacted(context.config)) return undefined;
  if (batch.codec !== Codec.NONE && codecs === undefined) return undefined;
  const recordErrors: RecordError[] = [];
  try {
    const records =
      codecs === undefined
        ? batch.buffer.subarray(batch.recordsStart, batch.end)
        : recordsOf(batch, codecs, DECOMPRESSED_BYTES_MAX);
    const cursor = new RecordCursor().reset(batch, records);
    for (let batchIndex = 0; cursor.next(); batchIndex += 1)
      if (cursor.keyLength < 0)
        recordErrors.push({ batchIndex, message: 'a compacted topic needs a key' });
  } catch (error) {
    return refusal(KafkaError.INVALID_RECORD, error instanceof Error ? error.message : 'malformed');
  }
  if (recordErrors.length === 0) return undefined;
  return {
    errorCode: KafkaError.INVALID_RECORD,
    message: 'records of a compacted topic need a key',
    recordErrors,
  };
}

function refusal(errorCode: number, message: string): BatchRefusal {
  return { errorCode, message };
}
