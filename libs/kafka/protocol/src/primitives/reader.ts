import { uuidFromBytes, ZERO_UUID, type Uuid } from '@weirhouse/shared-kernel';
import { KafkaProtocolError } from './protocol-error.ts';
import { INT64_MAX, STRING_BYTES_MAX, type TaggedField } from './types.ts';

/**
 * Heap that one reader may spend on decoded arrays, in bytes, by the generator's estimate of each
 * element: it bounds what a small frame of many tiny elements can cost (about 40 bytes a wire byte).
 */
export const DECODED_BYTES_MAX = 128 * 1024 * 1024;

/** Estimated heap of one unknown tagged field: object, Buffer view and list slot. */
const TAGGED_FIELD_HEAP_BYTES = 160;

const TWO_32 = 2 ** 32;

/**
 * Reads Kafka's primitive types from `buffer[start, end)`. Every declared length is checked against
 * what remains before anything is allocated; anything malformed throws KafkaProtocolError. Bytes and
 * records are borrowed slices of the input. int64 values are safe integers or INT64_MAX.
 */
export class Reader {
  readonly buffer: Buffer;
  readonly end: number;
  /** Where the next value starts, an index into `buffer`. */
  position: number;
  private heapBytesLeft: number = DECODED_BYTES_MAX;
  private subject = 'input';

  constructor(buffer: Buffer, start = 0, end: number = buffer.length) {
    if (!(start >= 0 && start <= end && end <= buffer.length)) {
      throw new KafkaProtocolError(`no range ${start} to ${end} in ${buffer.length} bytes`);
    }
    this.buffer = buffer;
    this.end = end;
    this.position = start;
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.end - this.position;
  }

  /** Names what is being read, for error messages. */
  enter(subject: string): void {
    this.subject = subject;
  }

  /** Lowers the heap that decoded arrays may cost from now on (default DECODED_BYTES_MAX). */
  limitHeap(bytes: number): void {
    this.heapBytesLeft = bytes;
  }

  /** The error for what is wrong at the present position. */
  malformed(problem: string): KafkaProtocolError {
    return new KafkaProtocolError(
      `${this.subject}: ${problem} at byte ${this.position} (${this.remaining} remain)`,
    );
  }

  /** Throws unless everything has been read. */
  expectEnd(): void {
    if (this.position !== this.end) throw this.malformed('bytes after the end');
  }

  /** Advances over `bytes` bytes and returns where they start. */
  take(bytes: number): number {
    const start = this.position;
    if (bytes > this.end - start) throw this.malformed(`${bytes} bytes expected`);
    this.position = start + bytes;
    return start;
  }

  readInt8(): number {
    return (this.byte() << 24) >> 24;
  }

  /** Any byte but 0 is true, as in Kafka. */
  readBool(): boolean {
    return this.byte() !== 0;
  }

  readInt16(): number {
    const start = this.take(2);
    return (((this.buffer[start]! << 8) | this.buffer[start + 1]!) << 16) >> 16;
  }

  readUint16(): number {
    return this.buffer.readUInt16BE(this.take(2));
  }

  readInt32(): number {
    return this.int32(this.take(4));
  }

  readUint32(): number {
    return this.buffer.readUInt32BE(this.take(4));
  }

  /** A safe integer or INT64_MAX; every other value beyond 2 ** 53 is refused. */
  readInt64(): number {
    const start = this.take(8);
    const high = this.int32(start);
    const value = high * TWO_32 + (this.int32(start + 4) >>> 0);
    if (high < -0x20_0000 || high >= 0x20_0000) return this.unsafeInt64(start, high);
    if (value === Number.MIN_SAFE_INTEGER - 1) throw this.malformed('int64 beyond 2^53');
    return value;
  }

  /**
   * An int64 of which the nearest double is enough, such as a time that is only compared. Never
   * refuses a value; beyond 2 ** 53 the low bits are lost.
   */
  readInt64Nearest(): number {
    const start = this.take(8);
    return this.buffer.readInt32BE(start) * TWO_32 + this.buffer.readUInt32BE(start + 4);
  }

  readFloat64(): number {
    return this.buffer.readDoubleBE(this.take(8));
  }

  /** 16 bytes as 22 characters of base64url. */
  readUuid(): Uuid {
    const start = this.take(16);
    const { buffer } = this;
    if (
      buffer.readInt32BE(start) === 0 &&
      buffer.readInt32BE(start + 4) === 0 &&
      buffer.readInt32BE(start + 8) === 0 &&
      buffer.readInt32BE(start + 12) === 0
    ) {
      return ZERO_UUID;
    }
    return uuidFromBytes(buffer.subarray(start, start + 16));
  }

  /** Up to five bytes, 0 to 2 ** 32 - 1. */
  readUnsignedVarint(): number {
    const first = this.byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; shift < 28; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    const last = this.byte();
    if (last > 0x0f) throw this.malformed('varint of more than 32 bits');
    return (value | (last << 28)) >>> 0;
  }

  /** A zigzag int32. */
  readVarint(): number {
    const value = this.readUnsignedVarint();
    return (value >>> 1) ^ -(value & 1);
  }

  /** A zigzag int64, safe integers only. */
  readVarlong(): number {
    let low = 0;
    let scale = 1;
    // Seven bytes hold 49 bits, which a double adds up exactly.
    for (let index = 0; index < 7; index++) {
      const byte = this.byte();
      low += (byte & 0x7f) * scale;
      if (byte < 0x80) return low % 2 === 0 ? low / 2 : -(low + 1) / 2;
      scale *= 128;
    }
    const byte = this.byte();
    // An eighth byte above 0x1f, or a ninth, would make the magnitude exceed 2 ** 53.
    if (byte > 0x1f) throw this.malformed('varlong beyond 2^53');
    const odd = low % 2;
    const magnitude = (low - odd) / 2 + byte * 2 ** 48;
    if (odd === 0) return magnitude;
    if (magnitude >= Number.MAX_SAFE_INTEGER) throw this.malformed('varlong beyond 2^53');
    return -magnitude - 1;
  }

  readString(): string {
    return this.text(this.readInt16());
  }

  readNullableString(): string | null {
    const length = this.readInt16();
    return length < 0 ? null : this.text(length);
  }

  readCompactString(): string {
    return this.text(this.readUnsignedVarint() - 1);
  }

  readNullableCompactString(): string | null {
    const length = this.readUnsignedVarint();
    return length === 0 ? null : this.text(length - 1);
  }

  /** A borrowed slice. */
  readBytes(): Buffer {
    return this.slice(this.readInt32());
  }

  readNullableBytes(): Buffer | null {
    const length = this.readInt32();
    return length < 0 ? null : this.slice(length);
  }

  readCompactBytes(): Buffer {
    return this.slice(this.readUnsignedVarint() - 1);
  }

  readNullableCompactBytes(): Buffer | null {
    const length = this.readUnsignedVarint();
    return length === 0 ? null : this.slice(length - 1);
  }

  /** The element count of an array whose elements take at least `wireBytes` and cost `heapBytes`. */
  readCount(wireBytes: number, heapBytes: number): number {
    return this.count(this.readInt32(), wireBytes, heapBytes);
  }

  /** Like `readCount`; -1 stands for a null array. */
  readNullableCount(wireBytes: number, heapBytes: number): number {
    const count = this.readInt32();
    return count < 0 ? -1 : this.count(count, wireBytes, heapBytes);
  }

  readCompactCount(wireBytes: number, heapBytes: number): number {
    return this.count(this.readUnsignedVarint() - 1, wireBytes, heapBytes);
  }

  readNullableCompactCount(wireBytes: number, heapBytes: number): number {
    const count = this.readUnsignedVarint();
    return count === 0 ? -1 : this.count(count - 1, wireBytes, heapBytes);
  }

  /** The number of tagged fields that follow; each takes at least two bytes. */
  readTagCount(): number {
    const count = this.readUnsignedVarint();
    return count === 0 ? 0 : this.count(count, 2, TAGGED_FIELD_HEAP_BYTES);
  }

  /** Reads the size of a tagged field and returns the position at which it must end. */
  openTag(): number {
    const size = this.readUnsignedVarint();
    if (size > this.remaining) throw this.malformed(`a tagged field of ${size} bytes`);
    return this.position + size;
  }

  /** Throws unless the tagged field ended where its size said. */
  closeTag(end: number): void {
    if (this.position !== end) throw this.malformed('tagged field of another size than declared');
  }

  /** Keeps an unknown tagged field that ends at `end`; the list stays in tag order. */
  keepTag(known: TaggedField[] | undefined, tag: number, end: number): TaggedField[] {
    const field = { tag, data: this.buffer.subarray(this.position, end) };
    this.position = end;
    if (known === undefined) return [field];
    const last = known.at(-1);
    if (last !== undefined && last.tag >= tag) throw this.malformed('tagged fields out of order');
    known.push(field);
    return known;
  }

  /** Every tagged field of a struct that knows none. */
  readTaggedFields(): TaggedField[] | undefined {
    let fields: TaggedField[] | undefined;
    for (let left = this.readTagCount(); left > 0; left--) {
      fields = this.keepTag(fields, this.readUnsignedVarint(), this.openTag());
    }
    return fields;
  }

  // Indexing is measurably cheaper than Buffer's readInt* methods, which check again what take did.
  private byte(): number {
    const start = this.position;
    if (start >= this.end) throw this.malformed('1 byte expected');
    this.position = start + 1;
    return this.buffer[start]!;
  }

  private int32(at: number): number {
    const { buffer } = this;
    return (buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!;
  }

  private count(count: number, wireBytes: number, heapBytes: number): number {
    if (count < 0) throw this.malformed('null array');
    if (count * wireBytes > this.remaining) throw this.malformed(`an array of ${count}`);
    this.heapBytesLeft -= count * heapBytes;
    if (this.heapBytesLeft < 0) throw this.malformed('too many array elements');
    return count;
  }

  private text(length: number): string {
    if (length < 0) throw this.malformed('null string');
    if (length > STRING_BYTES_MAX) throw this.malformed(`a string of ${length} bytes`);
    const start = this.take(length);
    return this.buffer.toString('utf8', start, start + length);
  }

  private slice(length: number): Buffer {
    if (length < 0) throw this.malformed('null bytes');
    const start = this.take(length);
    return this.buffer.subarray(start, start + length);
  }

  private unsafeInt64(start: number, high: number): number {
    if (high === 0x7fff_ffff && this.buffer.readUInt32BE(start + 4) === 0xffff_ffff) {
      return INT64_MAX;
    }
    throw this.malformed('int64 beyond 2^53');
  }
}
