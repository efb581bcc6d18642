import { apiCalls, fetchRequest, produceRequest, TestTube } from '@weirhouse/broker-core/testing';
import { createCodecs } from '@weirhouse/kafka-codecs';
import { BatchView, buildBatch, Codec, RecordCursor, recordsOf } from '@weirhouse/kafka-protocol';
import { describe, expect, it } from 'vitest';

const codecs = createCodecs();
const MIB = 1_048_576;

describe('compression.type', () => {
  it.each([
    ['uncompressed', Codec.NONE],
    ['gzip', Codec.GZIP],
    ['snappy', Codec.SNAPPY],
    ['lz4', Codec.LZ4],
    ['zstd', Codec.ZSTD],
  ] as const)('keeps the records of a topic as %s', (type, kept) => {
    const tube = new TestTube({ codecs });
    const topicId = tube.createTopic('t', { configs: { 'compression.type': type } });
    const client = tube.connect();
    for (const codec of Object.values(Codec)) {
      const values = [`sent as ${codec}`, 'x'.repeat(1000)];
      const records = buildBatch({
        compress: { codec, codecs },
        records: values.map((value) => ({ key: null, value: Buffer.from(value), timestamp: -1 })),
      });
      const answer = client.call(apiCalls.produce, 9, produceRequest('t', { records }));
      const [partition] = answer.responses[0]?.partitionResponses ?? [];
      expect(partition?.errorCode).toBe(0);
      const fetchOffset = partition?.baseOffset ?? -1;
      const request = fetchRequest('t', { topicId, partitions: [{ fetchOffset }] });
      const fetched = client.call(apiCalls.fetch, 13, request).responses[0]?.partitions[0];
      const batch = new BatchView().reset(fetched?.records as Buffer, 0);
      expect(batch.codec).toBe(kept);
      expect(batch.isCrcValid()).toBe(true);
      const cursor = new RecordCursor().reset(batch, recordsOf(batch, codecs, MIB));
      const read = [];
      while (cursor.next()) read.push(cursor.value?.toString());
      expect(read).toEqual(values);
    }
  });
});
