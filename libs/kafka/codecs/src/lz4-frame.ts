import { KafkaProtocolError } from '@weirhouse/kafka-protocol';

/** Little-endian magic of an LZ4 frame; legacy and skippable frames are none of Kafka's. */
const MAGIC = 0x184d_2204;
const VERSION = 1;
const HEADER_BYTES_MIN = 7;
const CONTENT_SIZE_BYTES = 8;
const BLOCK_LENGTH_BYTES = 4;
const CHECKSUM_BYTES = 4;
const UNCOMPRESSED_BLOCK = 0x8000_0000;
/** Lengths in a block's tokens go on in further bytes from this value. */
const LENGTH_CONTINUES = 15;
const MATCH_BYTES_MIN = 4;
const MATCH_OFFSET_BYTES = 2;
/** Largest block by the descriptor's code 4 to 7: 64 KiB to 4 MiB. */
const BLOCK_BYTES_MAX: Readonly<Record<number, number>> = {
  4: 64 * 1024,
  5: 256 * 1024,
  6: 1024 * 1024,
  7: 4 * 1024 * 1024,
};

interface FrameHeader {
  readonly headerBytes: number;
  readonly blockBytesMax: number;
  readonly hasBlockChecksums: boolean;
  readonly hasContentChecksum: boolean;
  readonly contentBytes: number | undefined;
}

/** What a frame takes and gives, from a walk over it that copies nothing. */
interface FrameExtent {
  /** Bytes of the frame, end mark and checksum included. */
  readonly frameBytes: number;
  /** Exact bytes that its blocks give. */
  readonly outputBytes: number;
}

/**
 * Walks the LZ4 frame (frame format 1.6.x) at the start of `bytes` and counts its output exactly,
 * so that nothing is allocated for a frame that is malformed, cut off or gives too much. Throws
 * KafkaProtocolError for those. Checksums and match offsets are left to the decoder.
 */
export function measureFrame(bytes: Buffer, maxBytes: number): FrameExtent {
  const header = readHeader(bytes);
  if ((header.contentBytes ?? 0) > maxBytes) throw tooLarge(maxBytes);
  let at = header.headerBytes;
  let outputBytes = 0;
  for (;;) {
    const word = uint32(bytes, at);
    at += BLOCK_LENGTH_BYTES;
    if (word === 0) break;
    const isPlain = word >= UNCOMPRESSED_BLOCK;
    const length = isPlain ? word - UNCOMPRESSED_BLOCK : word;
    if (length > header.blockBytesMax || length > bytes.length - at)
      throw new KafkaProtocolError(`lz4: block of ${length} bytes at byte ${at}`);
    const blockBytes = isPlain ? length : blockOutputBytes(bytes, at, at + length);
    if (blockBytes > header.blockBytesMax) throw tooLarge(header.blockBytesMax);
    outputBytes += blockBytes;
    if (outputBytes > maxBytes) throw tooLarge(maxBytes);
    at += length + (header.hasBlockChecksums ? CHECKSUM_BYTES : 0);
  }
  const frameBytes = at + (header.hasContentChecksum ? CHECKSUM_BYTES : 0);
  if (frameBytes > bytes.length) throw new KafkaProtocolError('lz4: the frame is cut off');
  if (header.contentBytes !== undefined && header.contentBytes !== outputBytes)
    throw new KafkaProtocolError('lz4: the content size is not that of the blocks');
  return { frameBytes, outputBytes };
}

function readHeader(bytes: Buffer): FrameHeader {
  if (bytes.length < HEADER_BYTES_MIN || bytes.readUInt32LE(0) !== MAGIC)
    throw new KafkaProtocolError('lz4: no frame starts here');
  const flags = bytes.readUInt8(4);
  const blockBytesMax = BLOCK_BYTES_MAX[(bytes.readUInt8(5) >>> 4) & 0b111];
  if (flags >>> 6 !== VERSION || blockBytesMax === undefined)
    throw new KafkaProtocolError('lz4: a frame of another version');
  const hasDictionary = (flags & 0b1) !== 0;
  if (hasDictionary) throw new KafkaProtocolError('lz4: a frame that needs a dictionary');
  const hasContentSize = (flags & 0b1000) !== 0;
  return {
    headerBytes: HEADER_BYTES_MIN + (hasContentSize ? CONTENT_SIZE_BYTES : 0),
    blockBytesMax,
    hasBlockChecksums: (flags & 0b1_0000) !== 0,
    hasContentChecksum: (flags & 0b100) !== 0,
    contentBytes: hasContentSize ? contentSize(bytes) : undefined,
  };
}

function contentSize(bytes: Buffer): number {
  return uint32(bytes, 6) + uint32(bytes, 10) * 2 ** 32;
}

/**
 * Output of one compressed block: each sequence is a token, literals, and a match of at least four
 * bytes; the last sequence ends after its literals.
 */
function blockOutputBytes(bytes: Buffer, start: number, end: number): number {
  let at = start;
  let output = 0;
  while (at < end) {
    const token = bytes[at++] as number;
    let literals = token >>> 4;
    if (literals === LENGTH_CONTINUES) {
      const from = at;
      at = skipLength(bytes, at, end);
      literals += lengthBytesSum(bytes, from, at);
    }
    at += literals;
    output += literals;
    if (at === end) return output;
    at += MATCH_OFFSET_BYTES;
    let match = token & 0x0f;
    if (match === LENGTH_CONTINUES) {
      const from = at;
      at = skipLength(bytes, at, end);
      match += lengthBytesSum(bytes, from, at);
    }
    output += match + MATCH_BYTES_MIN;
  }
  throw new KafkaProtocolError(`lz4: the block at byte ${start} does not end with literals`);
}

/** The position behind a continued length: all bytes of 255 and one below it. */
function skipLength(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] === 0xff) at += 1;
  if (at >= end) throw new KafkaProtocolError(`lz4: a length at byte ${start} does not end`);
  return at + 1;
}

function lengthBytesSum(bytes: Buffer, start: number, end: number): number {
  return (end - start - 1) * 0xff + (bytes[end - 1] as number);
}

function uint32(bytes: Buffer, at: number): number {
  if (at + 4 > bytes.length) throw new KafkaProtocolError('lz4: the frame is cut off');
  return bytes.readUInt32LE(at);
}

function tooLarge(maxBytes: number): KafkaProtocolError {
  return new KafkaProtocolError(`lz4: more than the ${maxBytes} bytes allowed`);
}
