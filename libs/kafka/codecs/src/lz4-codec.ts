import { KafkaProtocolError } from '@weirhouse/kafka-protocol';
import type * as Lz4 from 'lz4-napi';
import { measureFrame } from './lz4-frame.ts';
import { loadNative, onFirstUse } from './native-library.ts';

const lz4 = onFirstUse(() => loadNative('lz4-napi') as typeof Lz4);

/**
 * One frame of independent blocks without checksums: the batch has its own CRC. Java and librdkafka
 * write and read the same.
 */
export function compressLz4(bytes: Buffer): Buffer {
  return lz4().compressFrameSync(bytes);
}

/**
 * The first frame; bytes behind it are ignored, as in Java's client. Checksums are verified where
 * the frame has them. Linked blocks, which the lz4 tool writes and Java refuses, are read.
 */
export function decompressLz4(bytes: Buffer, maxBytes: number): Buffer {
  const { frameBytes, outputBytes } = measureFrame(bytes, maxBytes);
  const output = decode(bytes.subarray(0, frameBytes));
  if (output.length !== outputBytes)
    throw new KafkaProtocolError(`lz4: ${output.length} bytes instead of ${outputBytes}`);
  return output;
}

function decode(frame: Buffer): Buffer {
  try {
    return lz4().decompressFrameSync(frame);
  } catch (error) {
    throw new KafkaProtocolError(`lz4: ${error instanceof Error ? error.message : 'refused'}`);
  }
}
