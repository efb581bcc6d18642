import type { Uuid } from '@weirhouse/shared-kernel';
import { KafkaProtocolError } from './protocol-error.ts';
import { sizeOfUnsignedVarint } from './varints.ts';
import { INT64_MAX, STRING_BYTES_MAX, type Records, type TaggedField } from './types.ts';

/** First chunk, in bytes: most responses fit; it doubles from there. */
const FIRST_CHUNK_BYTES = 512;

/** Shorter pieces are copied: an extra entry for writev costs more than copying half a KiB. */
const SPLICE_BYTES_MIN = 512;

/** Up to this length a string's UTF-8 form (3 bytes a unit at most) has a one-byte varint. */
const SHORT_STRING_UNITS = 42;

const TWO_32 = 2 ** 32;

/**
 * Writes Kafka's primitive types. Records and long byte fields become chunks of their own by
 * reference and must stay unchanged until the chunks are sent. The first bytes written are always at
 * the start of the first chunk of `finish()`. A value that does not fit its type throws
 * KafkaProtocolError.
 */
export class Writer {
  private readonly chunks: Buffer[] = [];
  private chunkBytes = 0;
  private buffer: Buffer;
  private start = 0;
  private position = 0;
  private openTags = 0;

  constructor(firstChunkBytes: number = FIRST_CHUNK_BYTES) {
    this.buffer = Buffer.allocUnsafe(firstChunkBytes);
  }

  /** Bytes written so far. */
  size(): number {
    return this.chunkBytes + this.position - this.start;
  }

  /** Everything written, in order. The writer must not be used afterwards. */
  finish(): Buffer[] {
    this.cut();
    return this.chunks;
  }

  writeInt8(value: number): void {
    if ((value << 24) >> 24 !== value) throw outOfRange('int8', value);
    const at = this.reserve(1);
    this.buffer[at] = value;
  }

  writeBool(value: boolean): void {
    const at = this.reserve(1);
    this.buffer[at] = value ? 1 : 0;
  }

  writeInt16(value: number): void {
    if ((value << 16) >> 16 !== value) throw outOfRange('int16', value);
    const at = this.reserve(2);
    this.buffer[at] = value >> 8;
    this.buffer[at + 1] = value;
  }

  writeUint16(value: number): void {
    if ((value & 0xffff) !== value) throw outOfRange('uint16', value);
    const at = this.reserve(2);
    this.buffer[at] = value >> 8;
    this.buffer[at + 1] = value;
  }

  writeInt32(value: number): void {
    if ((value | 0) !== value) throw outOfRange('int32', value);
    this.put32(this.reserve(4), value);
  }

  writeUint32(value: number): void {
    if (value >>> 0 !== value) throw outOfRange('uint32', value);
    this.put32(this.reserve(4), value);
  }

  /** A safe integer, or INT64_MAX, which becomes 2 ** 63 - 1. */
  writeInt64(value: number): void {
    const at = this.reserve(8);
    if (!Number.isSafeInteger(value)) {
      if (value !== INT64_MAX) throw outOfRange('int64', value);
      this.put32(at, 0x7fff_ffff);
      this.put32(at + 4, -1);
      return;
    }
    const high = Math.floor(value / TWO_32);
    this.put32(at, high);
    this.put32(at + 4, value - high * TWO_32);
  }

  /** An int64 that was read by `readInt64Nearest`: any whole double from -2 ** 63 to 2 ** 63. */
  writeInt64Nearest(value: number): void {
    if (!Number.isInteger(value) || value < -INT64_MAX || value >= INT64_MAX) {
      this.writeInt64(value);
      return;
    }
    const at = this.reserve(8);
    const high = Math.floor(value / TWO_32);
    this.put32(at, high);
    this.put32(at + 4, value - high * TWO_32);
  }

  writeFloat64(value: number): void {
    this.buffer.writeDoubleBE(value, this.reserve(8));
  }

  writeUuid(value: Uuid): void {
    const at = this.reserve(16);
    if (value.length !== 22 || this.buffer.write(value, at, 16, 'base64url') !== 16) {
      throw new KafkaProtocolError(`not a uuid: ${value}`);
    }
  }

  /** 0 to 2 ** 32 - 1 in one to five bytes. */
  writeUnsignedVarint(value: number): void {
    if (value >>> 0 !== value) throw outOfRange('unsigned varint', value);
    let at = this.reserve(5);
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) this.buffer[at++] = (rest & 0x7f) | 0x80;
    this.buffer[at++] = rest;
    this.position = at;
  }

  /** A zigzag int32. */
  writeVarint(value: number): void {
    if ((value | 0) !== value) throw outOfRange('varint', value);
    this.writeUnsignedVarint(((value << 1) ^ (value >> 31)) >>> 0);
  }

  /** A zigzag int64, safe integers only. */
  writeVarlong(value: number): void {
    if (!Number.isSafeInteger(value)) throw outOfRange('varlong', value);
    // The zigzag form may need 54 bits: its lowest bit is the sign, the rest is the magnitude.
    let magnitude = value < 0 ? -value - 1 : value;
    let at = this.reserve(10);
    let byte = (magnitude % 64) * 2 + (value < 0 ? 1 : 0);
    magnitude = Math.floor(magnitude / 64);
    while (magnitude > 0) {
      this.buffer[at++] = byte | 0x80;
      byte = magnitude % 128;
      magnitude = Math.floor(magnitude / 128);
    }
    this.buffer[at++] = byte;
    this.position = at;
  }

  writeString(value: string): void {
    checkString(value.length);
    const at = this.reserve(2 + value.length * 3);
    const length = this.buffer.write(value, at + 2, 'utf8');
    checkString(length);
    this.buffer[at] = length >> 8;
    this.buffer[at + 1] = length;
    this.position = at + 2 + length;
  }

  writeNullableString(value: string | null): void {
    if (value === null) this.writeInt16(-1);
    else this.writeString(value);
  }

  writeCompactString(value: string): void {
    if (value.length <= SHORT_STRING_UNITS) {
      const at = this.reserve(1 + value.length * 3);
      const length = this.buffer.write(value, at + 1, 'utf8');
      this.buffer[at] = length + 1;
      this.position = at + 1 + length;
      return;
    }
    checkString(value.length);
    const length = Buffer.byteLength(value, 'utf8');
    checkString(length);
    this.writeUnsignedVarint(length + 1);
    const at = this.reserve(length);
    this.buffer.write(value, at, 'utf8');
  }

  writeNullableCompactString(value: string | null): void {
    if (value === null) this.writeUnsignedVarint(0);
    else this.writeCompactString(value);
  }

  writeBytes(value: Buffer): void {
    this.writeInt32(value.length);
    this.writeRaw(value);
  }

  writeNullableBytes(value: Buffer | null): void {
    if (value === null) this.writeInt32(-1);
    else this.writeBytes(value);
  }

  writeCompactBytes(value: Buffer): void {
    this.writeUnsignedVarint(value.length + 1);
    this.writeRaw(value);
  }

  writeNullableCompactBytes(value: Buffer | null): void {
    if (value === null) this.writeUnsignedVarint(0);
    else this.writeCompactBytes(value);
  }

  writeRecords(value: Exclude<Records, null>): void {
    this.writeInt32(bytesOf(value));
    this.writeSlices(value);
  }

  writeNullableRecords(value: Records): void {
    if (value === null) this.writeInt32(-1);
    else this.writeRecords(value);
  }

  writeCompactRecords(value: Exclude<Records, null>): void {
    this.writeUnsignedVarint(bytesOf(value) + 1);
    this.writeSlices(value);
  }

  writeNullableCompactRecords(value: Records): void {
    if (value === null) this.writeUnsignedVarint(0);
    else this.writeCompactRecords(value);
  }

  /** `bytes` without a length: copied when short, otherwise spliced in by reference. */
  writeRaw(bytes: Buffer): void {
    if (bytes.length < SPLICE_BYTES_MIN || this.openTags > 0) {
      const at = this.reserve(bytes.length);
      bytes.copy(this.buffer, at);
      return;
    }
    this.cut();
    this.chunks.push(bytes);
    this.chunkBytes += bytes.length;
  }

  /** The tagged fields of a struct that knows none. */
  writeTaggedFields(fields: readonly TaggedField[] | undefined): void {
    if (fields === undefined) {
      const at = this.reserve(1);
      this.buffer[at] = 0;
      return;
    }
    this.writeUnsignedVarint(fields.length);
    this.writeTagsBelow(fields, 0, TWO_32);
  }

  /** Writes the kept tagged fields from index `from` with tags below `tag`; returns the next index. */
  writeTagsBelow(fields: readonly TaggedField[] | undefined, from: number, tag: number): number {
    if (fields === undefined) return from;
    let index = from;
    for (let field = fields[index]; field !== undefined && field.tag < tag;) {
      this.writeUnsignedVarint(field.tag);
      this.writeUnsignedVarint(field.data.length);
      this.writeRaw(field.data);
      const next = fields[++index];
      if (next !== undefined && next.tag <= field.tag) {
        throw new KafkaProtocolError(`tagged fields ${field.tag} and ${next.tag} out of order`);
      }
      field = next;
    }
    return index;
  }

  /** Starts a tagged field; hand the result to `closeTag` after its value. */
  openTag(tag: number): number {
    this.writeUnsignedVarint(tag);
    this.openTags++;
    // One byte for the size, moved up when the value turns out longer. Relative to the chunk's start,
    // because growing moves the chunk.
    return this.reserve(1) - this.start;
  }

  /** Ends the tagged field that `openTag` started: fills in its size. */
  closeTag(mark: number): void {
    this.openTags--;
    const size = this.position - this.start - mark - 1;
    if (size < 0x80) {
      this.buffer[this.start + mark] = size;
      return;
    }
    const extra = sizeOfUnsignedVarint(size) - 1;
    this.reserve(extra);
    const at = this.start + mark;
    const end = this.position;
    this.buffer.copyWithin(at + 1 + extra, at + 1, end - extra);
    this.position = at;
    this.writeUnsignedVarint(size);
    this.position = end;
  }

  private writeSlices(value: Exclude<Records, null>): void {
    if (Buffer.isBuffer(value)) this.writeRaw(value);
    else for (const slice of value) this.writeRaw(slice);
  }

  /** Closes the current chunk; what is left of its buffer is used for the next one. */
  private cut(): void {
    if (this.position === this.start) return;
    this.chunks.push(this.buffer.subarray(this.start, this.position));
    this.chunkBytes += this.position - this.start;
    this.start = this.position;
  }

  /** Makes room for `bytes`, advances over them and returns where they start. */
  private reserve(bytes: number): number {
    const at = this.position;
    if (bytes > this.buffer.length - at) return this.grow(bytes);
    this.position = at + bytes;
    return at;
  }

  private grow(bytes: number): number {
    const used = this.position - this.start;
    const grown = Buffer.allocUnsafe(Math.max(used * 2, used + bytes, FIRST_CHUNK_BYTES));
    this.buffer.copy(grown, 0, this.start, this.position);
    this.buffer = grown;
    this.start = 0;
    this.position = used + bytes;
    return used;
  }

  private put32(at: number, value: number): void {
    const { buffer } = this;
    buffer[at] = value >>> 24;
    buffer[at + 1] = value >>> 16;
    buffer[at + 2] = value >>> 8;
    buffer[at + 3] = value;
  }
}

function outOfRange(type: string, value: number): KafkaProtocolError {
  return new KafkaProtocolError(`${value} is not an ${type}`);
}

function bytesOf(value: Exclude<Records, null>): number {
  if (Buffer.isBuffer(value)) return value.length;
  let bytes = 0;
  for (const slice of value) bytes += slice.length;
  return bytes;
}

function checkString(bytes: number): void {
  if (bytes > STRING_BYTES_MAX) {
    throw new KafkaProtocolError(`a string of ${bytes} bytes is too long to write`);
  }
}
