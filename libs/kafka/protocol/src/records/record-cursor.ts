import { KafkaProtocolError } from '../primitives/protocol-error.ts';
import { type BatchView, TimestampType } from './batch-view.ts';
import { Codec, type Codecs } from './codecs.ts';

/** The least a record takes: attributes, two deltas, two lengths, header count; one byte each. */
const RECORD_BODY_BYTES_MIN = 6;
const RECORD_BYTES_MIN = RECORD_BODY_BYTES_MIN + 1;
/** Seven bits a byte: an int32 takes five at most, an int64 ten. */
const VARINT_SHIFT_MAX = 28;
const VARLONG_HIGH_BYTES_MAX = 6;

/**
 * The uncompressed records of a whole batch: a borrowed part of its buffer, or the decompressed
 * bytes. Throws KafkaProtocolError when the batch is not whole or the codec refuses; above
 * `maxBytes` too, whether compressed or not.
 */
export function recordsOf(batch: BatchView, codecs: Codecs, maxBytes: number): Buffer {
  if (!batch.isWhole) throw new KafkaProtocolError('the batch is not whole');
  const records = batch.buffer.subarray(batch.recordsStart, batch.end);
  if (batch.codec !== Codec.NONE) return codecs.decompress(batch.codec, records, maxBytes);
  if (records.length > maxBytes)
    throw new KafkaProtocolError(`${records.length} bytes of records, at most ${maxBytes} allowed`);
  return records;
}

/**
 * Reads the records of one batch in place: one cursor is moved over many batches and allocates
 * nothing until `key` or `value` is asked for. Every `next()` checks one whole record, headers
 * included; whatever is wrong is a KafkaProtocolError. Lengths of -1 mean null.
 */
export class RecordCursor {
  #bytes: Buffer = Buffer.alloc(0);
  #position = 0;
  #limit = 0;
  #baseOffset = 0;
  #baseTimestamp = 0;
  #logAppendTime: number | undefined;
  #count = 0;
  #left = 0;

  #timestampDelta = 0;
  #offsetDelta = 0;
  #offsetDeltaStart = 0;
  #keyStart = 0;
  #keyLength = -1;
  #valueStart = 0;
  #valueLength = -1;
  #headerCount = 0;

  #headerPosition = 0;
  #headersLeft = 0;
  #headerKeyStart = 0;
  #headerKeyLength = 0;
  #headerValueStart = 0;
  #headerValueLength = -1;

  /**
   * Starts before the first record of `batch`, whose uncompressed records are `records` (see
   * `recordsOf`). Both are borrowed, but `batch` may be moved afterwards.
   */
  reset(batch: BatchView, records: Buffer): this {
    const count = batch.recordsCount;
    if (count < 0 || count * RECORD_BYTES_MIN > records.length)
      throw new KafkaProtocolError(`${count} records cannot be in ${records.length} bytes`);
    this.#bytes = records;
    this.#position = 0;
    this.#limit = records.length;
    this.#baseOffset = batch.baseOffset;
    this.#baseTimestamp = batch.baseTimestamp;
    this.#logAppendTime =
      batch.timestampType === TimestampType.LOG_APPEND_TIME ? batch.maxTimestamp : undefined;
    this.#count = count;
    this.#left = count;
    this.#headersLeft = 0;
    return this;
  }

  /**
   * Moves to the next record; false after the last. Throws KafkaProtocolError for a malformed
   * record and for bytes behind the last one.
   */
  next(): boolean {
    if (this.#left === 0) {
      if (this.#position !== this.#bytes.length)
        throw this.#malformed('bytes behind the last record');
      return false;
    }
    this.#left -= 1;
    this.#limit = this.#bytes.length;
    const length = this.#varint();
    if (length < RECORD_BODY_BYTES_MIN || length > this.#limit - this.#position)
      throw this.#malformed(`length ${length}`);
    this.#limit = this.#position + length;
    this.#readBody();
    if (this.#position !== this.#limit)
      throw this.#malformed('its length is not that of its fields');
    return true;
  }

  /** Records that the batch says it has. */
  get count(): number {
    return this.#count;
  }

  get offsetDelta(): number {
    return this.#offsetDelta;
  }

  get offset(): number {
    return this.#baseOffset + this.#offsetDelta;
  }

  /** Milliseconds since the Unix epoch: the batch's append time where that counts, else its own. */
  get timestamp(): number {
    return this.#logAppendTime ?? this.#baseTimestamp + this.#timestampDelta;
  }

  /** As stored: the producer's time against the batch's base time, whatever the timestamp type. */
  get timestampDelta(): number {
    return this.#timestampDelta;
  }

  /** The bytes that all starts and lengths point into. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** Where the rest of the record begins, behind the fields that depend on the batch's base time. */
  get offsetDeltaStart(): number {
    return this.#offsetDeltaStart;
  }

  /** The byte after the record; the next one starts there. */
  get recordEnd(): number {
    return this.#position;
  }

  get keyStart(): number {
    return this.#keyStart;
  }

  get keyLength(): number {
    return this.#keyLength;
  }

  /** The key, borrowed. */
  get key(): Buffer | null {
    return this.#slice(this.#keyStart, this.#keyLength);
  }

  get valueStart(): number {
    return this.#valueStart;
  }

  get valueLength(): number {
    return this.#valueLength;
  }

  /** The value, borrowed. */
  get value(): Buffer | null {
    return this.#slice(this.#valueStart, this.#valueLength);
  }

  get headerCount(): number {
    return this.#headerCount;
  }

  /** Moves to the next header of the current record; false after the last. */
  nextHeader(): boolean {
    if (this.#headersLeft === 0) return false;
    this.#headersLeft -= 1;
    const recordEnd = this.#position;
    this.#position = this.#headerPosition;
    this.#readHeader();
    this.#headerPosition = this.#position;
    this.#position = recordEnd;
    return true;
  }

  get headerKey(): string {
    const end = this.#headerKeyStart + this.#headerKeyLength;
    return this.#bytes.toString('utf8', this.#headerKeyStart, end);
  }

  /** The current header's value, borrowed. */
  get headerValue(): Buffer | null {
    return this.#slice(this.#headerValueStart, this.#headerValueLength);
  }

  #readBody(): void {
    this.#position += 1; // Attributes of a record: none is defined, Kafka ignores them.
    this.#timestampDelta = this.#varlong();
    this.#offsetDeltaStart = this.#position;
    this.#offsetDelta = this.#varint();
    this.#keyLength = this.#skipNullable();
    this.#keyStart = this.#position - Math.max(this.#keyLength, 0);
    this.#valueLength = this.#skipNullable();
    this.#valueStart = this.#position - Math.max(this.#valueLength, 0);
    const headerCount = this.#varint();
    if (headerCount < 0) throw this.#malformed(`${headerCount} headers`);
    this.#headerCount = headerCount;
    this.#headersLeft = headerCount;
    this.#headerPosition = this.#position;
    for (let header = 0; header < headerCount; header += 1) this.#readHeader();
  }

  #readHeader(): void {
    const keyLength = this.#varint();
    if (keyLength < 0 || keyLength > this.#limit - this.#position)
      throw this.#malformed(`header key of length ${keyLength}`);
    this.#headerKeyStart = this.#position;
    this.#headerKeyLength = keyLength;
    this.#position += keyLength;
    this.#headerValueLength = this.#skipNullable();
    this.#headerValueStart = this.#position - Math.max(this.#headerValueLength, 0);
  }

  /** Passes a length and its bytes; returns the length. As in Kafka any negative length is null. */
  #skipNullable(): number {
    const length = this.#varint();
    if (length < 0) return -1;
    if (length > this.#limit - this.#position) throw this.#malformed(`field of length ${length}`);
    this.#position += length;
    return length;
  }

  #byte(): number {
    if (this.#position >= this.#limit) throw this.#malformed('it ends within a number');
    const byte = this.#bytes[this.#position] as number;
    this.#position += 1;
    return byte;
  }

  #varint(): number {
    let bits = 0;
    for (let shift = 0; shift <= VARINT_SHIFT_MAX; shift += 7) {
      const byte = this.#byte();
      bits |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (bits >>> 1) ^ -(bits & 1);
    }
    throw this.#malformed('a number longer than 32 bits');
  }

  /** An int64 without BigInt: the low 28 bits as an integer, the others as a double above them. */
  #varlong(): number {
    let low = 0;
    for (let shift = 0; shift < VARINT_SHIFT_MAX; shift += 7) {
      const byte = this.#byte();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (low >>> 1) ^ -(low & 1);
    }
    let high = 0;
    let weight = 1;
    for (let count = 0; count < VARLONG_HIGH_BYTES_MAX; count += 1) {
      const byte = this.#byte();
      high += (byte & 0x7f) * weight;
      weight *= 0x80;
      if (byte < 0x80) {
        const magnitude = high * 2 ** 27 + (low >>> 1);
        return (low & 1) === 0 ? magnitude : -magnitude - 1;
      }
    }
    throw this.#malformed('a number longer than 64 bits');
  }

  #slice(start: number, length: number): Buffer | null {
    return length < 0 ? null : this.#bytes.subarray(start, start + length);
  }

  #malformed(what: string): KafkaProtocolError {
    const record = this.#count - this.#left;
    return new KafkaProtocolError(`record ${record} of ${this.#count}: ${what}`);
  }
}
