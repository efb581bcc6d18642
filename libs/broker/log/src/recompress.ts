import {
  BatchAttribute,
  BatchField,
  type BatchView,
  type Codec,
  type Codecs,
  crc32c,
  KafkaError,
  LOG_OVERHEAD_BYTES,
  RECORD_BATCH_HEADER_BYTES,
  RecordCursor,
  recordsOf,
} from '@weirhouse/kafka-protocol';
import type { BatchRefusal } from './batch-validation.ts';
import type { LogConfig } from './log-config.ts';
import { DECOMPRESSED_BYTES_MAX } from './plain-codecs.ts';

/** The batch as it is to be stored, or why it may not be. */
export type Recompressed =
  | { readonly ok: true; readonly batch: Buffer }
  | { readonly ok: false; readonly refusal: BatchRefusal };

const cursor = new RecordCursor();

/**
 * The whole batch of a client in the compression of its topic: the very bytes where that is what they
 * have, or `producer`. Records are checked one by one on the way, sizes before and after, as in Kafka.
 */
export function recompress(
  batch: BatchView,
  config: LogConfig,
  codecs: Codecs | undefined,
): Recompressed {
  const whole = batch.buffer.subarray(batch.start, batch.end);
  const { compression, maxMessageBytes } = config;
  if (compression === undefined || codecs === undefined || batch.codec === compression.codec)
    return { ok: true, batch: whole };
  let stored: Buffer;
  try {
    const records = recordsOf(batch, codecs, DECOMPRESSED_BYTES_MAX);
    for (cursor.reset(batch, records); cursor.next(););
    stored = withRecords(
      whole,
      codecs.compress(compression.codec, records, compression.level),
      compression.codec,
    );
  } catch (error) {
    const message = error instanceof Error ? error.message : 'malformed';
    return { ok: false, refusal: { errorCode: KafkaError.INVALID_RECORD, message } };
  }
  if (stored.length <= maxMessageBytes) return { ok: true, batch: stored };
  const message = `the batch has ${stored.length} bytes in the topic's compression, max.message.bytes is ${maxMessageBytes}`;
  return { ok: false, refusal: { errorCode: KafkaError.MESSAGE_TOO_LARGE, message } };
}

/** The header of `batch` in front of other record bytes; length, codec and CRC are those of the result. */
function withRecords(batch: Buffer, records: Buffer, codec: Codec): Buffer {
  const header = batch.subarray(0, RECORD_BATCH_HEADER_BYTES);
  const result = Buffer.concat([header, records]);
  const attributes = result.readInt16BE(BatchField.ATTRIBUTES) & ~BatchAttribute.CODEC_MASK;
  result.writeInt16BE(attributes | codec, BatchField.ATTRIBUTES);
  result.writeInt32BE(result.length - LOG_OVERHEAD_BYTES, BatchField.BATCH_LENGTH);
  result.writeUInt32BE(crc32c(result, BatchField.ATTRIBUTES), BatchField.CRC);
  return result;
}
