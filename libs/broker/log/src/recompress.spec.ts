import * as fc from 'fast-check';
import {
  BatchView,
  buildBatch,
  Codec,
  type Codecs,
  RecordCursor,
  recordsOf,
} from '@weirhouse/kafka-protocol';
import { describe, expect, it } from 'vitest';
import { LOG_CONFIG_DEFAULTS } from './log-config.ts';
import { recompress } from './recompress.ts';

const MIB = 1_048_576;
const RECORDS_START = 61;

/** Compression that makes nothing smaller: codec and effort as two bytes, then the bytes reversed. */
const codecs: Codecs = {
  compress: (codec, bytes, level = 0) =>
    codec === Codec.NONE ? bytes : Buffer.concat([Buffer.from([codec, level]), bytes.toReversed()]),
  decompress: (codec, bytes) => {
    if (bytes[0] !== codec) throw new Error('not of this codec');
    return Buffer.from(bytes.subarray(2).toReversed());
  },
};

function batchOf(values: readonly string[], codec: Codec = Codec.NONE): Buffer {
  const records = values.map((value, index) => ({
    key: Buffer.from(`k${index}`),
    value: Buffer.from(value),
    timestamp: 1000 + index,
  }));
  const ids = { producerId: 7, producerEpoch: 1, baseSequence: 3 };
  return buildBatch({ ...ids, records, compress: { codec, codecs } });
}

function configOf(
  codec: Codec | undefined,
  more: { level?: number; maxMessageBytes?: number } = {},
) {
  const { level, maxMessageBytes = MIB } = more;
  const compression = codec === undefined ? undefined : { codec, level };
  return { ...LOG_CONFIG_DEFAULTS, maxMessageBytes, compression };
}

function contentOf(bytes: Buffer) {
  const batch = new BatchView().reset(bytes, 0);
  expect(batch.isCrcValid()).toBe(true);
  const cursor = new RecordCursor().reset(batch, recordsOf(batch, codecs, MIB));
  const records = [];
  while (cursor.next()) records.push([cursor.key, cursor.value, cursor.timestamp, cursor.offset]);
  const { baseSequence, lastOffsetDelta, maxTimestamp, producerEpoch, producerId } = batch;
  return { baseSequence, lastOffsetDelta, maxTimestamp, producerEpoch, producerId, records };
}

function storedAs(bytes: Buffer, config: ReturnType<typeof configOf>): Buffer {
  const outcome = recompress(new BatchView().reset(bytes, 0), config, codecs);
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.batch;
}

describe('recompress', () => {
  it('changes the compression and nothing that a client sees', () => {
    const codec = fc.constantFrom(...Object.values(Codec));
    const values = fc.array(fc.string({ maxLength: 200 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(values, codec, codec, (texts, from, to) => {
        const sent = batchOf(texts, from);
        const stored = storedAs(sent, configOf(to));
        expect(new BatchView().reset(stored, 0).codec).toBe(to);
        expect(contentOf(stored)).toEqual(contentOf(sent));
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('leaves the bytes alone where the producer may choose, or has chosen the same', () => {
    const sent = batchOf(['value'], Codec.GZIP);
    expect(storedAs(sent, configOf(undefined)).equals(sent)).toBe(true);
    expect(storedAs(sent, configOf(Codec.GZIP, { level: 9 })).equals(sent)).toBe(true);
  });

  it('hands the effort on', () => {
    const stored = storedAs(batchOf(['value']), configOf(Codec.ZSTD, { level: 7 }));
    expect(stored[RECORDS_START + 1]).toBe(7);
  });

  it('refuses what grows above the limit of the topic', () => {
    const sent = batchOf(['a'.repeat(100)]);
    const config = configOf(Codec.GZIP, { maxMessageBytes: sent.length + 1 });
    const outcome = recompress(new BatchView().reset(sent, 0), config, codecs);
    expect(outcome).toMatchObject({ ok: false, refusal: { errorCode: 10 } });
  });

  it('refuses records that cannot be read', () => {
    const sent = batchOf(['value']);
    sent.fill(0xff, RECORDS_START);
    const outcome = recompress(new BatchView().reset(sent, 0), configOf(Codec.LZ4), codecs);
    expect(outcome).toMatchObject({ ok: false, refusal: { errorCode: 87 } });
  });
});
