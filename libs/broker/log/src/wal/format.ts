import { AppError } from '@weirhouse/shared-kernel';
import { crc32c } from '@weirhouse/kafka-protocol';
import type { Extent, RecordKind } from '../extent.ts';

/** What a disk writes as a whole; every flush starts and ends on this boundary. */
export const WAL_BLOCK_BYTES = 4096;
/**
 * A file starts with two header slots. A new generation's header goes to the slot that the old one
 * does not use: torn, it leaves the old generation readable.
 */
export const WAL_DATA_START = 2 * WAL_BLOCK_BYTES;
/** Bytes of a record before its payload. */
export const RECORD_HEADER_BYTES = 80;
/** The bytes of a batch that its own CRC leaves out: base offset to CRC. */
export const BATCH_PREFIX_BYTES = 21;

const FILE_MAGIC = 0x5752_484c;
const RECORD_MAGIC = 0x5752_4543;
const VERSION = 2;
/** Kinds take a byte; the other three say how many records before were not known to be durable. */
const KIND_VALUES = 256;
const PENDING_MAX = 0xff_ffff;
const FILE_HEADER_BYTES = 40;
const TWO_POW_32 = 4_294_967_296;

/** The head of a WAL file's generation. */
export interface WalFileHeader {
  readonly generation: number;
  /** The sequence of the first record in this generation. */
  readonly firstSequence: number;
  /** Older generations were checkpointed when this one began: replay starts here. */
  readonly recoverFrom: number;
}

/** The head of a record as recovery reads it. */
export interface WalRecordHeader {
  readonly kind: RecordKind;
  readonly generation: number;
  readonly sequence: number;
  /** Every record before this sequence was durable when this one was written. */
  readonly durableSequence: number;
  readonly topicId: Buffer;
  readonly index: number;
  readonly baseOffset: number;
  readonly segmentBase: number;
  readonly position: number;
  readonly payloadBytes: number;
  readonly leaderEpoch: number;
  readonly prefixCrc: number;
}

/** Rounds up to the next block boundary. */
export function alignToBlock(bytes: number): number {
  return Math.ceil(bytes / WAL_BLOCK_BYTES) * WAL_BLOCK_BYTES;
}

/** Writes a file header into a block; the rest of the block is zeros. */
export function writeFileHeader(block: Buffer, header: WalFileHeader): void {
  block.fill(0);
  block.writeUInt32BE(FILE_MAGIC, 0);
  block.writeUInt32BE(VERSION, 8);
  writeUint(block, 12, header.generation);
  writeUint(block, 20, header.firstSequence);
  writeUint(block, 28, header.recoverFrom);
  block.writeUInt32BE(crc32c(block, 8, FILE_HEADER_BYTES), 4);
}

/**
 * The file header in a block; undefined when there is none or it is damaged. Throws
 * `failed_precondition` for a format of another version, whose records must not be taken for none.
 */
export function readFileHeader(block: Buffer): WalFileHeader | undefined {
  if (block.readUInt32BE(0) !== FILE_MAGIC) return undefined;
  if (block.readUInt32BE(4) !== crc32c(block, 8, FILE_HEADER_BYTES)) return undefined;
  const version = block.readUInt32BE(8);
  if (version !== VERSION)
    throw new AppError(
      'failed_precondition',
      `The write-ahead log has format version ${version}; this Weirhouse knows version ${VERSION}.`,
    );
  return {
    generation: readUint(block, 12),
    firstSequence: readUint(block, 20),
    recoverFrom: readUint(block, 28),
  };
}

/** Where a record stands in the WAL. */
export interface RecordPlace {
  readonly generation: number;
  readonly sequence: number;
  readonly durableSequence: number;
}

/** Stamps the header of an extent's record; its payload is in place and final. */
export function writeRecordHeader(extent: Extent, place: RecordPlace): void {
  const { durableSequence, generation, sequence } = place;
  const { buffer } = extent.chunk;
  const at = extent.recordStart;
  buffer.writeUInt32BE(RECORD_MAGIC, at);
  writeUint(buffer, at + 8, generation);
  writeUint(buffer, at + 16, sequence);
  const pending = Math.min(sequence - durableSequence, PENDING_MAX);
  buffer.writeUInt32BE(pending * KIND_VALUES + extent.kind, at + 24);
  buffer.writeInt32BE(extent.owner.index, at + 28);
  extent.owner.topicIdBytes.copy(buffer, at + 32);
  writeUint(buffer, at + 48, extent.baseOffset);
  writeUint(buffer, at + 56, extent.segment?.baseOffset ?? 0);
  buffer.writeUInt32BE(extent.position, at + 64);
  buffer.writeUInt32BE(extent.recordEnd - extent.start, at + 68);
  buffer.writeInt32BE(extent.leaderEpoch, at + 72);
  buffer.writeUInt32BE(extent.prefixCrc, at + 76);
  buffer.writeUInt32BE(crc32c(buffer, at + 8, at + RECORD_HEADER_BYTES), at + 4);
}

/** The record header at a byte; undefined when there is none or it is damaged. */
export function readRecordHeader(buffer: Buffer, at: number): WalRecordHeader | undefined {
  if (at + RECORD_HEADER_BYTES > buffer.length) return undefined;
  if (buffer.readUInt32BE(at) !== RECORD_MAGIC) return undefined;
  if (buffer.readUInt32BE(at + 4) !== crc32c(buffer, at + 8, at + RECORD_HEADER_BYTES))
    return undefined;
  const sequence = readUint(buffer, at + 16);
  const kindAndPending = buffer.readUInt32BE(at + 24);
  return {
    kind: (kindAndPending % KIND_VALUES) as RecordKind,
    generation: readUint(buffer, at + 8),
    sequence,
    durableSequence: sequence - Math.floor(kindAndPending / KIND_VALUES),
    topicId: Buffer.from(buffer.subarray(at + 32, at + 48)),
    index: buffer.readInt32BE(at + 28),
    baseOffset: readUint(buffer, at + 48),
    segmentBase: readUint(buffer, at + 56),
    position: buffer.readUInt32BE(at + 64),
    payloadBytes: buffer.readUInt32BE(at + 68),
    leaderEpoch: buffer.readInt32BE(at + 72),
    prefixCrc: buffer.readUInt32BE(at + 76),
  };
}

function writeUint(buffer: Buffer, at: number, value: number): void {
  buffer.writeUInt32BE(Math.floor(value / TWO_POW_32), at);
  buffer.writeUInt32BE(value % TWO_POW_32, at + 4);
}

function readUint(buffer: Buffer, at: number): number {
  return buffer.readUInt32BE(at) * TWO_POW_32 + buffer.readUInt32BE(at + 4);
}
