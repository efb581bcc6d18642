import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { KafkaProtocolError } from '@weirhouse/kafka-protocol';

/** Output is gathered in chunks; small ones cost a call each, large ones an allocation. Measured. */
const CHUNK_BYTES_MIN = 16 * 1024;
const CHUNK_BYTES_MAX = 256 * 1024;
/** Records shrink by about this much, so one chunk takes most outputs. */
const USUAL_RATIO = 4;
/** Little-endian magic of a zstd frame (RFC 8878 section 3.1.1). */
const ZSTD_MAGIC = 0xfd2f_b528;
const ZSTD_MAGIC_BYTES = 4;

/** One gzip member, at zlib's default level, which is Kafka's too, unless told: 1 to 9, or -1. */
export function compressGzip(bytes: Buffer, level?: number): Buffer {
  return level === undefined ? gzipSync(bytes) : gzipSync(bytes, { level });
}

/** All members of a gzip stream (RFC 1952). */
export function decompressGzip(bytes: Buffer, maxBytes: number): Buffer {
  try {
    return gunzipSync(bytes, limits(bytes, maxBytes));
  } catch (error) {
    throw refused('gzip', error);
  }
}

/** One zstd frame at level 3, the default of zstd and Kafka, unless told: -131072 to 22. */
export function compressZstd(bytes: Buffer, level?: number): Buffer {
  if (level === undefined) return zstdCompressSync(bytes);
  return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: level } });
}

/**
 * All frames of a zstd stream (RFC 8878). Node stops behind the first and says nothing of the rest;
 * what is left is decoded as Java's client does, and refused when it is no frame.
 */
export function decompressZstd(bytes: Buffer, maxBytes: number): Buffer {
  const outputs: Buffer[] = [];
  let rest = bytes;
  let allowed = maxBytes;
  do {
    const { output, consumed } = decompressFrame(rest, allowed);
    outputs.push(output);
    allowed -= output.length;
    rest = rest.subarray(consumed);
  } while (rest.length > 0);
  return outputs.length === 1 ? (outputs[0] as Buffer) : Buffer.concat(outputs);
}

function decompressFrame(bytes: Buffer, maxBytes: number): { output: Buffer; consumed: number } {
  if (bytes.length < ZSTD_MAGIC_BYTES || bytes.readUInt32LE(0) !== ZSTD_MAGIC)
    throw new KafkaProtocolError('zstd: no frame starts here');
  try {
    const { buffer, engine } = zstdDecompressSync(bytes, {
      ...limits(bytes, maxBytes),
      info: true,
    }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    return { output: buffer, consumed: engine.bytesWritten };
  } catch (error) {
    throw refused('zstd', error);
  }
}

function limits(
  bytes: Buffer,
  maxBytes: number,
): { readonly maxOutputLength: number; readonly chunkSize: number } {
  const usual = bytes.length * USUAL_RATIO;
  return {
    // Node takes no limit of 0, and one byte more than nothing is still refused by the caller.
    maxOutputLength: Math.max(maxBytes, 1),
    chunkSize: Math.min(Math.max(usual, CHUNK_BYTES_MIN), CHUNK_BYTES_MAX),
  };
}

function refused(codec: string, error: unknown): KafkaProtocolError {
  return new KafkaProtocolError(`${codec}: ${error instanceof Error ? error.message : 'refused'}`);
}
