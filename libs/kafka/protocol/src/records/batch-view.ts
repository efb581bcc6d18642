import { KafkaProtocolError } from '../primitives/protocol-error.ts';
import { crc32c } from './crc32c.ts';
import { readInt64, writeInt64 } from './int64.ts';

/** Bytes of a batch before its records. */
export const RECORD_BATCH_HEADER_BYTES = 61;
/** Base offset and length: the bytes that the length field does not count. */
export const LOG_OVERHEAD_BYTES = 12;
/** The only record format of Kafka 4. */
export const MAGIC_V2 = 2;
/** In producer id, producer epoch, sequence and leader epoch fields: there is none. */
export const NONE = -1;
/** Who set the times of the records: bit 3 of the attributes. */
export const TimestampType = { CREATE_TIME: 0, LOG_APPEND_TIME: 1 } as const;
/** One of the two timestamp types. */
export type TimestampType = (typeof TimestampType)[keyof typeof TimestampType];

/** Attribute bits of a batch; bits 0-2 are the codec. */
export const BatchAttribute = {
  CODEC_MASK: 0b111,
  LOG_APPEND_TIME: 1 << 3,
  TRANSACTIONAL: 1 << 4,
  CONTROL: 1 << 5,
  DELETE_HORIZON: 1 << 6,
} as const;

/** Byte positions of the header's fields, from the start of the batch. */
export const BatchField = {
  BASE_OFFSET: 0,
  BATCH_LENGTH: 8,
  PARTITION_LEADER_EPOCH: 12,
  MAGIC: 16,
  CRC: 17,
  ATTRIBUTES: 21,
  LAST_OFFSET_DELTA: 23,
  BASE_TIMESTAMP: 27,
  MAX_TIMESTAMP: 35,
  PRODUCER_ID: 43,
  PRODUCER_EPOCH: 51,
  BASE_SEQUENCE: 53,
  RECORDS_COUNT: 57,
} as const;

const SEQUENCE_MAX = 2_147_483_647;

/** The sequence `increment` after `sequence`: 0 follows 2147483647, as idempotent producers count. */
export function addSequence(sequence: number, increment: number): number {
  const sum = sequence + increment;
  return sum > SEQUENCE_MAX ? sum - SEQUENCE_MAX - 1 : sum;
}

/**
 * A batch (magic 2) seen in place: one view is moved over many batches and allocates nothing. It
 * trusts nothing: `reset` only promises that a header is there; ask `isWhole`, `magic` and
 * `isCrcValid` before believing the rest. Offsets and times are numbers, exact below 2^53.
 */
export class BatchView {
  #buffer: Buffer = Buffer.alloc(RECORD_BATCH_HEADER_BYTES);
  #start = 0;

  /** Moves the view to `start`. Throws KafkaProtocolError when no 61 bytes are left there. */
  reset(buffer: Buffer, start = 0): this {
    if (start < 0 || start + RECORD_BATCH_HEADER_BYTES > buffer.length)
      throw new KafkaProtocolError(
        `a batch header needs ${RECORD_BATCH_HEADER_BYTES} bytes, ${buffer.length - start} are left`,
      );
    this.#buffer = buffer;
    this.#start = start;
    return this;
  }

  get buffer(): Buffer {
    return this.#buffer;
  }

  /** Where the batch starts in `buffer`. */
  get start(): number {
    return this.#start;
  }

  /** Where the batch ends in `buffer` by its own length field, which may lie: see `isWhole`. */
  get end(): number {
    return this.#start + this.sizeInBytes;
  }

  /** Where the records start in `buffer`; they go on to `end`. */
  get recordsStart(): number {
    return this.#start + RECORD_BATCH_HEADER_BYTES;
  }

  /** All bytes of the batch by its own length field. */
  get sizeInBytes(): number {
    return this.#int32(BatchField.BATCH_LENGTH) + LOG_OVERHEAD_BYTES;
  }

  /** True when the length field covers the header and ends within the buffer. */
  get isWhole(): boolean {
    return this.sizeInBytes >= RECORD_BATCH_HEADER_BYTES && this.end <= this.#buffer.length;
  }

  get baseOffset(): number {
    return this.#int64(BatchField.BASE_OFFSET);
  }

  /** Outside the CRC: no restamping needed. */
  set baseOffset(offset: number) {
    writeInt64(this.#buffer, this.#start + BatchField.BASE_OFFSET, offset);
  }

  get lastOffsetDelta(): number {
    return this.#int32(BatchField.LAST_OFFSET_DELTA);
  }

  get lastOffset(): number {
    return this.baseOffset + this.lastOffsetDelta;
  }

  get nextOffset(): number {
    return this.lastOffset + 1;
  }

  get partitionLeaderEpoch(): number {
    return this.#int32(BatchField.PARTITION_LEADER_EPOCH);
  }

  /** Outside the CRC: no restamping needed. */
  set partitionLeaderEpoch(epoch: number) {
    this.#buffer.writeInt32BE(epoch, this.#start + BatchField.PARTITION_LEADER_EPOCH);
  }

  get magic(): number {
    return this.#buffer.readInt8(this.#start + BatchField.MAGIC);
  }

  /** The stored CRC-32C, unsigned. */
  get crc(): number {
    return this.#buffer.readUInt32BE(this.#start + BatchField.CRC);
  }

  get attributes(): number {
    return this.#int16(BatchField.ATTRIBUTES);
  }

  /** The codec's number; 5 to 7 are none of Kafka's. */
  get codec(): number {
    return this.attributes & BatchAttribute.CODEC_MASK;
  }

  get timestampType(): TimestampType {
    return this.#has(BatchAttribute.LOG_APPEND_TIME)
      ? TimestampType.LOG_APPEND_TIME
      : TimestampType.CREATE_TIME;
  }

  get isTransactional(): boolean {
    return this.#has(BatchAttribute.TRANSACTIONAL);
  }

  get isControl(): boolean {
    return this.#has(BatchAttribute.CONTROL);
  }

  /** True when compaction stored its delete horizon in `baseTimestamp`. */
  get hasDeleteHorizon(): boolean {
    return this.#has(BatchAttribute.DELETE_HORIZON);
  }

  /** Milliseconds since the Unix epoch; times of records are counted from here. */
  get baseTimestamp(): number {
    return this.#int64(BatchField.BASE_TIMESTAMP);
  }

  get maxTimestamp(): number {
    return this.#int64(BatchField.MAX_TIMESTAMP);
  }

  get producerId(): number {
    return this.#int64(BatchField.PRODUCER_ID);
  }

  get producerEpoch(): number {
    return this.#int16(BatchField.PRODUCER_EPOCH);
  }

  get baseSequence(): number {
    return this.#int32(BatchField.BASE_SEQUENCE);
  }

  /** The last record's sequence; -1 when the batch has none. */
  get lastSequence(): number {
    const base = this.baseSequence;
    return base === NONE ? NONE : addSequence(base, this.lastOffsetDelta);
  }

  get recordsCount(): number {
    return this.#int32(BatchField.RECORDS_COUNT);
  }

  /** Makes the batch LogAppendTime at `timestampMs` and fixes its CRC. The batch must be whole. */
  setLogAppendTime(timestampMs: number): void {
    const attributes = this.attributes | BatchAttribute.LOG_APPEND_TIME;
    this.#buffer.writeInt16BE(attributes, this.#start + BatchField.ATTRIBUTES);
    writeInt64(this.#buffer, this.#start + BatchField.MAX_TIMESTAMP, timestampMs);
    this.#buffer.writeUInt32BE(this.computeCrc(), this.#start + BatchField.CRC);
  }

  /** The CRC-32C that the bytes have. Throws KafkaProtocolError when the batch is not whole. */
  computeCrc(): number {
    if (!this.isWhole)
      throw new KafkaProtocolError(`a batch of ${this.sizeInBytes} bytes is not whole`);
    return crc32c(this.#buffer, this.#start + BatchField.ATTRIBUTES, this.end);
  }

  /** True for a whole batch whose stored CRC is that of its bytes. */
  isCrcValid(): boolean {
    return this.isWhole && this.computeCrc() === this.crc;
  }

  #has(attribute: number): boolean {
    return (this.attributes & attribute) !== 0;
  }

  #int16(field: number): number {
    return this.#buffer.readInt16BE(this.#start + field);
  }

  #int32(field: number): number {
    return this.#buffer.readInt32BE(this.#start + field);
  }

  #int64(field: number): number {
    return readInt64(this.#buffer, this.#start + field);
  }
}
