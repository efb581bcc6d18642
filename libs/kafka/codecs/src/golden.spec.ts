import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import {
  BatchCursor,
  BatchView,
  buildBatch,
  Codec,
  RecordCursor,
  recordsOf,
  type RecordInput,
} from '@weirhouse/kafka-protocol';
import { describe, expect, it } from 'vitest';
import { createCodecs } from './codecs.ts';

interface GoldenRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: string | null;
}

interface GoldenVector {
  readonly name: string;
  readonly hex: string;
  readonly batches: readonly { readonly records: readonly GoldenRecord[] }[];
}

/** Made by Kafka 4.3.1; taken in with the protocol library. */
const file = new URL('../../protocol/golden/records.json.gz', import.meta.url);
const golden = JSON.parse(gunzipSync(readFileSync(file)).toString()) as {
  readonly recordBatches: readonly GoldenVector[];
};
const codecs = createCodecs();
const BYTES_MAX = 1_000_000;

function goldenRecords(view: BatchView): GoldenRecord[] {
  return inputs(view).map((record) => ({
    offset: view.baseOffset + (record.offsetDelta ?? 0),
    timestamp: record.timestamp,
    key: record.key?.toString('hex') ?? null,
    value: record.value?.toString('hex') ?? null,
  }));
}

function inputs(view: BatchView): RecordInput[] {
  const cursor = new RecordCursor().reset(view, recordsOf(view, codecs, BYTES_MAX));
  const records: RecordInput[] = [];
  while (cursor.next()) {
    const headers: { key: string; value: Buffer | null }[] = [];
    while (cursor.nextHeader()) headers.push({ key: cursor.headerKey, value: cursor.headerValue });
    const { key, value, timestamp, offsetDelta } = cursor;
    records.push({ key, value, timestamp, offsetDelta, headers });
  }
  return records;
}

function listed(record: GoldenRecord): GoldenRecord {
  const { offset, timestamp, key, value } = record;
  return { offset, timestamp, key, value };
}

describe('record batches written by Kafka 4.3.1', () => {
  it('use every codec', () => {
    const cursor = new BatchCursor();
    const seen = new Set(
      golden.recordBatches.map(({ hex }) => {
        cursor.reset(Buffer.from(hex, 'hex')).next();
        return cursor.view.codec;
      }),
    );
    expect(seen).toEqual(new Set(Object.values(Codec)));
  });

  it.each(golden.recordBatches)('$name: gives the listed records', ({ hex, batches }) => {
    const cursor = new BatchCursor().reset(Buffer.from(hex, 'hex'));
    for (const { records } of batches) {
      cursor.next();
      expect(goldenRecords(cursor.view)).toEqual(records.map(listed));
    }
  });

  it.each(golden.recordBatches)('$name: is the same when compressed again', ({ hex }) => {
    const view = new BatchView().reset(Buffer.from(hex, 'hex'));
    const plain = recordsOf(view, codecs, BYTES_MAX);
    for (const codec of Object.values(Codec)) {
      const compressed = codecs.compress(codec, plain);
      expect(codecs.decompress(codec, compressed, plain.length).equals(plain)).toBe(true);
    }
  });

  it('are built compressed and read back', () => {
    const source = golden.recordBatches.find(({ name }) => name === 'big-none');
    const records = inputs(new BatchView().reset(Buffer.from(source?.hex ?? '', 'hex')));
    for (const codec of Object.values(Codec)) {
      const view = new BatchView().reset(buildBatch({ records, compress: { codec, codecs } }));
      expect([view.codec, view.isCrcValid()]).toEqual([codec, true]);
      expect(inputs(view)).toEqual(records);
    }
  });
});
