import { Codec, type Codecs, KafkaProtocolError } from '@weirhouse/kafka-protocol';
import { unreachable } from '@weirhouse/shared-kernel';
import { compressLz4, decompressLz4 } from './lz4-codec.ts';
import { compressSnappy, decompressSnappy } from './snappy-codec.ts';
import { compressGzip, compressZstd, decompressGzip, decompressZstd } from './zlib-codecs.ts';

/**
 * The codec port of `@weirhouse/kafka-protocol` on node:zlib (gzip, zstd), snappy and lz4-napi, at
 * each library's default level unless told. Stateless.
 */
export function createCodecs(): Codecs {
  return { compress, decompress };
}

function compress(codec: Codec, bytes: Buffer, level?: number): Buffer {
  switch (codec) {
    case Codec.NONE:
      return bytes;
    case Codec.GZIP:
      return compressGzip(bytes, level);
    case Codec.SNAPPY:
      return compressSnappy(bytes);
    case Codec.LZ4:
      return compressLz4(bytes);
    case Codec.ZSTD:
      return compressZstd(bytes, level);
    default:
      return unreachable(codec);
  }
}

function decompress(codec: number, bytes: Buffer, maxBytes: number): Buffer {
  const output = decompressAny(codec, bytes, maxBytes);
  if (output.length > maxBytes)
    throw new KafkaProtocolError(`${output.length} bytes of records, at most ${maxBytes} allowed`);
  return output;
}

function decompressAny(codec: number, bytes: Buffer, maxBytes: number): Buffer {
  switch (codec) {
    case Codec.NONE:
      return bytes;
    case Codec.GZIP:
      return decompressGzip(bytes, maxBytes);
    case Codec.SNAPPY:
      return decompressSnappy(bytes, maxBytes);
    case Codec.LZ4:
      return decompressLz4(bytes, maxBytes);
    case Codec.ZSTD:
      return decompressZstd(bytes, maxBytes);
    default:
      throw new KafkaProtocolError(`codec ${codec} is none of Kafka's`);
  }
}
