import { assert } from '@weirhouse/shared-kernel';
import { sizeOfVarint, sizeOfVarlong } from '../primitives/varints.ts';
import {
  BatchAttribute,
  BatchField,
  LOG_OVERHEAD_BYTES,
  MAGIC_V2,
  NONE,
  RECORD_BATCH_HEADER_BYTES,
  TimestampType,
} from './batch-view.ts';
import { Codec, type Codecs } from './codecs.ts';
import { crc32c } from './crc32c.ts';
import { writeInt64 } from './int64.ts';
import { writeVarint, writeVarlong } from './write-varint.ts';

/** One header of a record; its key is never null. */
export interface RecordHeader {
  readonly key: string;
  readonly value: Buffer | null;
}

/** One record to be built into a batch. */
export interface RecordInput {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Milliseconds since the Unix epoch; -1 is none. */
  readonly timestamp: number;
  readonly headers?: readonly RecordHeader[];
  /** From the batch's base offset; the record's index when absent (compaction leaves gaps). */
  readonly offsetDelta?: number;
}

/** What a batch is built from. Ids, epochs and sequence are -1 (none) when absent. */
export interface BatchInput {
  readonly records: readonly RecordInput[];
  /** 0 when absent, as producers send. */
  readonly baseOffset?: number;
  readonly leaderEpoch?: number;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly timestampType?: TimestampType;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  readonly compress?: { readonly codec: Codec; readonly codecs: Codecs };
  /** The last record's when absent. Compaction keeps that of records it removed. */
  readonly lastOffsetDelta?: number;
  /** The first record's time when absent, -1 without records. */
  readonly baseTimestamp?: number;
  /** The largest time of the records when absent; set it to the append time with LogAppendTime. */
  readonly maxTimestamp?: number;
}

/** Builds one v2 batch, CRC included, in a new buffer. No records give the bare 61 bytes. */
export function buildBatch(input: BatchInput): Buffer {
  const baseTimestamp = input.baseTimestamp ?? input.records[0]?.timestamp ?? NONE;
  const sizes = input.records.map((record, index) => bodySize(record, index, baseTimestamp));
  let recordsBytes = 0;
  for (const size of sizes) recordsBytes += sizeOfVarint(size) + size;

  const plain = Buffer.allocUnsafe(RECORD_BATCH_HEADER_BYTES + recordsBytes);
  let position = RECORD_BATCH_HEADER_BYTES;
  for (const [index, record] of input.records.entries()) {
    position = writeVarint(plain, position, sizes[index] as number);
    position = writeBody({ buffer: plain, position, record, index, baseTimestamp });
  }
  assert(position === plain.length, 'the records of a batch take the bytes that were counted');
  return finishBatch(compressed(plain, input.compress), input, baseTimestamp);
}

function compressed(plain: Buffer, compress: BatchInput['compress']): Buffer {
  if (compress === undefined || compress.codec === Codec.NONE) return plain;
  const records = plain.subarray(RECORD_BATCH_HEADER_BYTES);
  const header = plain.subarray(0, RECORD_BATCH_HEADER_BYTES);
  return Buffer.concat([header, compress.codecs.compress(compress.codec, records)]);
}

function finishBatch(batch: Buffer, input: BatchInput, baseTimestamp: number): Buffer {
  const { records } = input;
  let maxTimestamp: number = NONE;
  for (const record of records) maxTimestamp = Math.max(maxTimestamp, record.timestamp);
  const lastIndex = records.length - 1;
  const lastDelta = input.lastOffsetDelta ?? records[lastIndex]?.offsetDelta ?? lastIndex;

  writeInt64(batch, BatchField.BASE_OFFSET, input.baseOffset ?? 0);
  batch.writeInt32BE(batch.length - LOG_OVERHEAD_BYTES, BatchField.BATCH_LENGTH);
  batch.writeInt32BE(input.leaderEpoch ?? NONE, BatchField.PARTITION_LEADER_EPOCH);
  batch.writeInt8(MAGIC_V2, BatchField.MAGIC);
  batch.writeInt16BE(attributesOf(input), BatchField.ATTRIBUTES);
  batch.writeInt32BE(lastDelta, BatchField.LAST_OFFSET_DELTA);
  writeInt64(batch, BatchField.BASE_TIMESTAMP, baseTimestamp);
  writeInt64(batch, BatchField.MAX_TIMESTAMP, input.maxTimestamp ?? maxTimestamp);
  writeInt64(batch, BatchField.PRODUCER_ID, input.producerId ?? NONE);
  batch.writeInt16BE(input.producerEpoch ?? NONE, BatchField.PRODUCER_EPOCH);
  batch.writeInt32BE(input.baseSequence ?? NONE, BatchField.BASE_SEQUENCE);
  batch.writeInt32BE(records.length, BatchField.RECORDS_COUNT);
  batch.writeUInt32BE(crc32c(batch, BatchField.ATTRIBUTES), BatchField.CRC);
  return batch;
}

function attributesOf(input: BatchInput): number {
  let attributes: number = input.compress?.codec ?? Codec.NONE;
  if (input.timestampType === TimestampType.LOG_APPEND_TIME)
    attributes |= BatchAttribute.LOG_APPEND_TIME;
  if (input.isTransactional === true) attributes |= BatchAttribute.TRANSACTIONAL;
  if (input.isControl === true) attributes |= BatchAttribute.CONTROL;
  return attributes;
}

/** The bytes of a record after its length. */
function bodySize(record: RecordInput, index: number, baseTimestamp: number): number {
  const headers = record.headers ?? [];
  let size = 1 + sizeOfVarlong(record.timestamp - baseTimestamp);
  size += sizeOfVarint(record.offsetDelta ?? index);
  size += bytesSize(record.key) + bytesSize(record.value) + sizeOfVarint(headers.length);
  for (const header of headers) {
    const keyBytes = Buffer.byteLength(header.key);
    size += sizeOfVarint(keyBytes) + keyBytes + bytesSize(header.value);
  }
  return size;
}

function bytesSize(bytes: Buffer | null): number {
  return bytes === null ? 1 : sizeOfVarint(bytes.length) + bytes.length;
}

interface BodyOptions {
  readonly buffer: Buffer;
  readonly position: number;
  readonly record: RecordInput;
  readonly index: number;
  readonly baseTimestamp: number;
}

function writeBody({ buffer, position, record, index, baseTimestamp }: BodyOptions): number {
  let at = buffer.writeInt8(0, position);
  at = writeVarlong(buffer, at, record.timestamp - baseTimestamp);
  at = writeVarint(buffer, at, record.offsetDelta ?? index);
  at = writeBytes(buffer, at, record.key);
  at = writeBytes(buffer, at, record.value);
  const headers = record.headers ?? [];
  at = writeVarint(buffer, at, headers.length);
  for (const header of headers) {
    at = writeVarint(buffer, at, Buffer.byteLength(header.key));
    at += buffer.write(header.key, at);
    at = writeBytes(buffer, at, header.value);
  }
  return at;
}

function writeBytes(buffer: Buffer, position: number, bytes: Buffer | null): number {
  if (bytes === null) return writeVarint(buffer, position, -1);
  const at = writeVarint(buffer, position, bytes.length);
  buffer.set(bytes, at);
  return at + bytes.length;
}
