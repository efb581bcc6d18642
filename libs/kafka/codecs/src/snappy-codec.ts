import { KafkaProtocolError } from '@weirhouse/kafka-protocol';
import type * as Snappy from 'snappy';
import { loadNative, onFirstUse } from './native-library.ts';

const snappy = onFirstUse(() => loadNative('snappy') as typeof Snappy);

/** What Java's SnappyOutputStream (xerial) puts in front of its blocks: magic, then two versions. */
const XERIAL_MAGIC = Buffer.from('82534e4150505900', 'hex');
const XERIAL_HEADER = Buffer.concat([XERIAL_MAGIC, Buffer.from('0000000100000001', 'hex')]);
const BLOCK_LENGTH_BYTES = 4;
/** Input bytes of one xerial block, as Java's default has it. */
const XERIAL_BLOCK_BYTES = 32 * 1024;
/** Snappy's longest copy gives 64 bytes for 3: no input expands more than this. */
const EXPANSION_MAX = 22;
const PREAMBLE_BYTES_MAX = 5;
/** Outputs outside the JavaScript heap take three times as long and wait for the collector. Measured. */
const IN_HEAP = { asBuffer: true, copyOutputData: true } as const;

/** Compresses in xerial framing, which every Kafka client reads. */
export function compressSnappy(bytes: Buffer): Buffer {
  const chunks: Buffer[] = [XERIAL_HEADER];
  for (let at = 0; at < bytes.length; at += XERIAL_BLOCK_BYTES) {
    const block = snappy().compressSync(bytes.subarray(at, at + XERIAL_BLOCK_BYTES), IN_HEAP);
    const length = Buffer.allocUnsafe(BLOCK_LENGTH_BYTES);
    length.writeInt32BE(block.length);
    chunks.push(length, block);
  }
  return Buffer.concat(chunks);
}

/**
 * Both forms that are found in Kafka: xerial framing (Java and most others) and one raw block
 * (librdkafka). A raw block cannot start with xerial's magic: its first copy would point before
 * the output.
 */
export function decompressSnappy(bytes: Buffer, maxBytes: number): Buffer {
  if (!isXerial(bytes)) return decompressBlock(bytes, maxBytes);
  const blocks: Buffer[] = [];
  let allowed = maxBytes;
  let at = XERIAL_HEADER.length;
  while (at < bytes.length) {
    const start = at + BLOCK_LENGTH_BYTES;
    const length = start <= bytes.length ? bytes.readInt32BE(at) : -1;
    if (length <= 0 || length > bytes.length - start)
      throw new KafkaProtocolError(`snappy: no whole block at byte ${at}`);
    const block = decompressBlock(bytes.subarray(start, start + length), allowed);
    allowed -= block.length;
    blocks.push(block);
    at = start + length;
  }
  return blocks.length === 1 ? (blocks[0] as Buffer) : Buffer.concat(blocks);
}

/** Versions are not compared: Java has never changed them and other clients write what they like. */
function isXerial(bytes: Buffer): boolean {
  return (
    bytes.length >= XERIAL_HEADER.length &&
    bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)
  );
}

function decompressBlock(block: Buffer, maxBytes: number): Buffer {
  const declared = declaredLength(block);
  if (declared > maxBytes)
    throw new KafkaProtocolError(`snappy: ${declared} bytes declared, at most ${maxBytes} allowed`);
  // The library allocates what is declared before it looks at the rest.
  if (declared > block.length * EXPANSION_MAX)
    throw new KafkaProtocolError(`snappy: ${block.length} bytes cannot hold ${declared}`);
  try {
    return snappy().uncompressSync(block, IN_HEAP) as Buffer;
  } catch (error) {
    throw new KafkaProtocolError(`snappy: ${error instanceof Error ? error.message : 'refused'}`);
  }
}

/** The output's length that a raw block starts with: an unsigned varint. */
function declaredLength(block: Buffer): number {
  let length = 0;
  for (let at = 0; at < Math.min(block.length, PREAMBLE_BYTES_MAX); at += 1) {
    const byte = block[at] as number;
    length += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return length;
  }
  throw new KafkaProtocolError('snappy: no length at the start of the block');
}
