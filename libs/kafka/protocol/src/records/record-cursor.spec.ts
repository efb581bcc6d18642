import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KafkaProtocolError } from '../primitives/protocol-error.ts';
import { buildBatch, type BatchInput, type RecordInput } from './batch-builder.ts';
import { BatchField, BatchView, RECORD_BATCH_HEADER_BYTES, TimestampType } from './batch-view.ts';
import { Codec, type Codecs } from './codecs.ts';
import { RecordCursor, recordsOf } from './record-cursor.ts';

/** Turns every bit: enough to prove who compresses what and when. */
const inverting: Codecs = {
  compress: (_codec, bytes) => inverted(bytes),
  decompress: (_codec, bytes) => inverted(bytes),
};

function inverted(bytes: Buffer): Buffer {
  return Buffer.from(bytes.map((byte) => ~byte));
}

const bytesOrNull = fc.option(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  { nil: null },
);
const timestamp = fc.oneof(fc.constant(-1), fc.nat(), fc.nat(2 ** 52));
const anyRecord: fc.Arbitrary<RecordInput> = fc.record({
  key: bytesOrNull,
  value: bytesOrNull,
  timestamp,
  headers: fc.array(fc.record({ key: fc.string({ unit: 'binary' }), value: bytesOrNull }), {
    maxLength: 4,
  }),
});
const anyBatch: fc.Arbitrary<BatchInput> = fc.record({
  records: fc.array(anyRecord, { minLength: 1, maxLength: 20 }),
  baseOffset: fc.maxSafeNat().map((offset) => Math.floor(offset / 2)),
  leaderEpoch: fc.integer({ min: -1, max: 2_147_483_647 }),
  producerId: fc.integer({ min: -1, max: 2 ** 50 }),
  producerEpoch: fc.integer({ min: -1, max: 32_767 }),
  baseSequence: fc.integer({ min: -1, max: 2_147_483_647 }),
  isTransactional: fc.boolean(),
});

function view(batch: Buffer): BatchView {
  return new BatchView().reset(batch);
}

function readAll(batch: BatchView, codecs: Codecs = inverting): RecordInput[] {
  const cursor = new RecordCursor().reset(batch, recordsOf(batch, codecs, 10_000_000));
  const records: RecordInput[] = [];
  while (cursor.next()) {
    const headers: { key: string; value: Buffer | null }[] = [];
    while (cursor.nextHeader()) headers.push({ key: cursor.headerKey, value: cursor.headerValue });
    expect(headers).toHaveLength(cursor.headerCount);
    records.push({ key: cursor.key, value: cursor.value, timestamp: cursor.timestamp, headers });
  }
  return records;
}

function offsetsOf(batch: BatchView): number[] {
  const cursor = new RecordCursor().reset(batch, recordsOf(batch, inverting, 10_000_000));
  const offsets: number[] = [];
  while (cursor.next()) offsets.push(cursor.offset);
  return offsets;
}

/** A batch with these record bytes as they are, right CRC or not. */
function batchWith(recordBytes: readonly number[], count = 1): BatchView {
  const header = buildBatch({ records: [] });
  const batch = Buffer.concat([header, Buffer.from(recordBytes)]);
  batch.writeInt32BE(batch.length - 12, BatchField.BATCH_LENGTH);
  batch.writeInt32BE(count, BatchField.RECORDS_COUNT);
  return view(batch);
}

describe('RecordCursor', () => {
  it('reads back what was built', () => {
    fc.assert(
      fc.property(anyBatch, fc.boolean(), (input, compress) => {
        const codec = { codec: Codec.GZIP, codecs: inverting };
        const batch = view(buildBatch({ ...input, ...(compress ? { compress: codec } : {}) }));
        expect(batch.isCrcValid()).toBe(true);
        expect(batch.codec).toBe(compress ? Codec.GZIP : Codec.NONE);
        expect(batch.recordsCount).toBe(input.records.length);
        expect(batch.maxTimestamp).toBe(Math.max(...input.records.map((r) => r.timestamp)));
        expect([batch.baseOffset, batch.producerId]).toEqual([input.baseOffset, input.producerId]);
        expect([batch.producerEpoch, batch.baseSequence, batch.partitionLeaderEpoch]).toEqual([
          input.producerEpoch,
          input.baseSequence,
          input.leaderEpoch,
        ]);
        expect(readAll(batch)).toEqual(input.records);
        expect(offsetsOf(batch)).toEqual(input.records.map((_, i) => batch.baseOffset + i));
      }),
      { seed: 2, numRuns: 300 },
    );
  });

  it('gives every record the append time of a LogAppendTime batch', () => {
    const records = [1000, 2000].map((time) => ({ key: null, value: null, timestamp: time }));
    const batch = view(
      buildBatch({ records, timestampType: TimestampType.LOG_APPEND_TIME, maxTimestamp: 9000 }),
    );
    expect(readAll(batch).map((record) => record.timestamp)).toEqual([9000, 9000]);
  });

  it('tells where key and value are without slicing', () => {
    const batch = view(
      buildBatch({ records: [{ key: Buffer.from('k'), value: null, timestamp: 0 }] }),
    );
    const cursor = new RecordCursor().reset(batch, recordsOf(batch, inverting, 1000));
    cursor.next();
    expect(cursor.bytes.toString('utf8', cursor.keyStart, cursor.keyStart + 1)).toBe('k');
    expect([cursor.keyLength, cursor.valueLength]).toEqual([1, -1]);
  });

  it.each([
    ['no bytes', [], 1],
    ['a negative count', [12, 0, 0, 0, 1, 1, 0], -1],
    ['a count beyond the bytes', [12, 0, 0, 0, 1, 1, 0], 2_147_483_647],
    ['bytes behind the last record', [12, 0, 0, 0, 1, 1, 0, 0], 1],
    ['bytes without records', [12, 0, 0, 0, 1, 1, 0], 0],
    ['a negative length', [1, 0, 0, 0, 1, 1, 0], 1],
    ['a length of 2 GiB', [0xfe, 0xff, 0xff, 0xff, 0x0f, 0, 0], 1],
    ['a length below its fields', [12, 0, 0, 0, 2, 65, 1, 0], 1],
    ['a length above its fields', [14, 0, 0, 0, 1, 1, 0, 0], 1],
    ['a length into the next record', [14, 0, 0, 0, 1, 1, 0, 12, 0, 0, 0, 1, 1, 0], 2],
    ['a length of more than five bytes', [0x8c, 0x80, 0x80, 0x80, 0x80, 0, 0, 0, 1, 1, 0], 1],
    ['a time of more than ten bytes', [28, 0, ...Array<number>(10).fill(0x80), 0, 0, 1, 1, 0], 1],
    ['a key beyond the record', [12, 0, 0, 0, 100, 1, 0], 1],
    ['a value beyond the record', [12, 0, 0, 0, 1, 100, 0], 1],
    ['a negative header count', [12, 0, 0, 0, 1, 1, 1], 1],
    ['two billion headers', [20, 0, 0, 0, 1, 1, 0xfe, 0xff, 0xff, 0xff, 0x0f], 1],
    ['a header without a key', [16, 0, 0, 0, 1, 1, 2, 1, 1], 1],
    ['a header key beyond the record', [16, 0, 0, 0, 1, 1, 2, 8, 1], 1],
  ])('refuses %s', (_what, bytes, count) => {
    const batch = batchWith(bytes, count);
    expect(() => readAll(batch)).toThrow(KafkaProtocolError);
  });

  it('refuses a negative header count before headers are asked for', () => {
    const batch = batchWith([12, 0, 0, 0, 1, 1, 1]);
    const cursor = new RecordCursor().reset(batch, recordsOf(batch, inverting, 1000));
    expect(() => cursor.next()).toThrow('-1 headers');
  });

  it('takes the smallest record', () => {
    expect(readAll(batchWith([12, 0, 0, 0, 1, 1, 0]))).toEqual([
      { key: null, value: null, timestamp: -1, headers: [] },
    ]);
  });

  it('meets only KafkaProtocolError in damaged batches, and a wrong CRC wherever bytes changed', () => {
    const change = fc.record({ at: fc.nat(), bit: fc.nat(7) });
    fc.assert(
      fc.property(anyBatch, fc.array(change, { minLength: 1, maxLength: 3 }), (input, changes) => {
        const original = buildBatch(input);
        const damaged = Buffer.from(original);
        for (const { at, bit } of changes) {
          const place = at % damaged.length;
          damaged.writeUInt8(damaged.readUInt8(place) ^ (1 << bit), place);
        }
        const covered = original.subarray(BatchField.CRC);
        const isIntact = damaged.subarray(BatchField.CRC).equals(covered);
        const batch = view(damaged);
        const hasSameLength = batch.sizeInBytes === damaged.length;
        expect(batch.isCrcValid()).toBe(hasSameLength && isIntact);
        expect(foreignError(() => readAll(batch))).toBeUndefined();
      }),
      { seed: 3, numRuns: 500 },
    );
  });

  it('refuses records that are cut off at any byte', () => {
    fc.assert(
      fc.property(anyBatch, fc.nat(), (input, cut) => {
        const whole = buildBatch(input);
        const recordsBytes = whole.length - RECORD_BATCH_HEADER_BYTES;
        const batch = Buffer.from(
          whole.subarray(0, RECORD_BATCH_HEADER_BYTES + (cut % recordsBytes)),
        );
        batch.writeInt32BE(batch.length - 12, BatchField.BATCH_LENGTH);
        expect(view(batch).isCrcValid()).toBe(false);
        expect(() => readAll(view(batch))).toThrow(KafkaProtocolError);
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  it('meets only KafkaProtocolError in any bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 120 });
    fc.assert(
      fc.property(bytes, fc.nat(20), (recordBytes, count) => {
        const batch = batchWith([...recordBytes], count);
        expect(foreignError(() => readAll(batch))).toBeUndefined();
      }),
      { seed: 5, numRuns: 1000 },
    );
  });
});

describe('recordsOf', () => {
  it('refuses a batch that is not whole and more bytes than allowed', () => {
    const batch = buildBatch({ records: [{ key: null, value: Buffer.alloc(50), timestamp: 0 }] });
    expect(() => recordsOf(view(batch.subarray(0, -1)), inverting, 1000)).toThrow('not whole');
    expect(() => recordsOf(view(batch), inverting, 50)).toThrow(KafkaProtocolError);
    expect(recordsOf(view(batch), inverting, batch.length)).toHaveLength(batch.length - 61);
  });
});

/** What `read` throws that is no KafkaProtocolError. */
function foreignError(read: () => unknown): unknown {
  try {
    read();
  } catch (error) {
    if (!(error instanceof KafkaProtocolError)) return error;
  }
  return undefined;
}
