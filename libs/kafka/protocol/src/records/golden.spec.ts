import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Reader } from '../primitives/reader.ts';
import { buildBatch, type RecordInput } from './batch-builder.ts';
import { BatchCursor } from './batch-cursor.ts';
import { type BatchView, TimestampType } from './batch-view.ts';
import { Codec, CODEC_NAMES } from './codecs.ts';
import { coordinatorPartition, javaStringHash, murmur2, partitionOfKey } from './partitioning.ts';
import { RecordCursor } from './record-cursor.ts';
import { writeVarint, writeVarlong } from './write-varint.ts';

interface GoldenRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly { readonly key: string; readonly value: string | null }[];
}

interface GoldenBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly timestampType: string;
  readonly maxTimestamp: number;
  readonly compression: string;
  readonly records: readonly GoldenRecord[];
}

interface Golden {
  readonly recordBatches: readonly {
    readonly name: string;
    readonly hex: string;
    readonly batches: readonly GoldenBatch[];
  }[];
  readonly murmur2: readonly {
    readonly utf8: string;
    readonly murmur2: number;
    readonly partitionOf12: number;
  }[];
  readonly coordinatorPartition: readonly {
    readonly id: string;
    readonly javaHash: number;
    readonly partitionOf50: number;
  }[];
  readonly varints: readonly {
    readonly zigzag32: number;
    readonly hex: string;
    readonly long: string;
    readonly zigzag64hex: string;
  }[];
}

const golden = JSON.parse(
  gunzipSync(readFileSync(new URL('../../golden/records.json.gz', import.meta.url))).toString(),
) as Golden;

function headerOf(view: BatchView): Omit<GoldenBatch, 'records'> & Record<string, unknown> {
  const { LOG_APPEND_TIME } = TimestampType;
  return {
    baseOffset: view.baseOffset,
    lastOffset: view.lastOffset,
    sizeInBytes: view.sizeInBytes,
    partitionLeaderEpoch: view.partitionLeaderEpoch,
    magic: view.magic,
    crc: view.crc,
    compression: CODEC_NAMES[view.codec] ?? 'unknown',
    timestampType: view.timestampType === LOG_APPEND_TIME ? 'LogAppendTime' : 'CreateTime',
    maxTimestamp: view.maxTimestamp,
    producerId: view.producerId,
    producerEpoch: view.producerEpoch,
    baseSequence: view.baseSequence,
    lastSequence: view.lastSequence,
    isTransactional: view.isTransactional,
    isControlBatch: view.isControl,
    count: view.recordsCount,
  };
}

function cursorOver(view: BatchView): RecordCursor {
  const records = view.buffer.subarray(view.recordsStart, view.end);
  return new RecordCursor().reset(view, records);
}

function recordsOfView(view: BatchView): GoldenRecord[] {
  const cursor = cursorOver(view);
  const records: GoldenRecord[] = [];
  while (cursor.next()) {
    const headers: { key: string; value: string | null }[] = [];
    while (cursor.nextHeader())
      headers.push({ key: cursor.headerKey, value: cursor.headerValue?.toString('hex') ?? null });
    records.push({
      offset: cursor.offset,
      timestamp: cursor.timestamp,
      key: cursor.key?.toString('hex') ?? null,
      value: cursor.value?.toString('hex') ?? null,
      headers,
    });
  }
  return records;
}

/** The values of the vector; of the bytes only what the vector does not list. */
function rebuild(view: BatchView, batch: GoldenBatch): Buffer {
  const cursor = cursorOver(view);
  const records = batch.records.map((record): RecordInput => {
    cursor.next();
    return {
      key: record.key === null ? null : Buffer.from(record.key, 'hex'),
      value: record.value === null ? null : Buffer.from(record.value, 'hex'),
      timestamp: view.baseTimestamp + cursor.timestampDelta,
      offsetDelta: record.offset - batch.baseOffset,
      headers: record.headers.map(({ key, value }) => ({
        key,
        value: value === null ? null : Buffer.from(value, 'hex'),
      })),
    };
  });
  const isMaxTimestampOwn = records.length === 0 || batch.timestampType === 'LogAppendTime';
  return buildBatch({
    records,
    baseOffset: batch.baseOffset,
    lastOffsetDelta: batch.lastOffset - batch.baseOffset,
    leaderEpoch: view.partitionLeaderEpoch,
    producerId: view.producerId,
    producerEpoch: view.producerEpoch,
    baseSequence: view.baseSequence,
    timestampType: view.timestampType,
    isTransactional: view.isTransactional,
    isControl: view.isControl,
    ...(isMaxTimestampOwn ? { maxTimestamp: batch.maxTimestamp } : {}),
  });
}

describe('record batches written by Kafka 4.3.1', () => {
  it('are 29 vectors with 30 batches', () => {
    expect(golden.recordBatches).toHaveLength(29);
    expect(golden.recordBatches.flatMap((vector) => vector.batches)).toHaveLength(30);
  });

  it.each(golden.recordBatches)('$name: decodes to the listed values', ({ hex, batches }) => {
    const buffer = Buffer.from(hex, 'hex');
    const cursor = new BatchCursor().reset(buffer);
    for (const { records, ...header } of batches) {
      expect(cursor.next()).toBe(true);
      expect(headerOf(cursor.view)).toEqual(header);
      expect(cursor.view.isCrcValid()).toBe(true);
      const isPlain = cursor.view.codec === Codec.NONE;
      expect(isPlain ? recordsOfView(cursor.view) : records).toEqual(records);
    }
    expect(cursor.next()).toBe(false);
    expect(cursor.wholeBytes).toBe(buffer.length);
  });

  it.each(golden.recordBatches)('$name: builds to the same bytes', ({ hex, batches }) => {
    const cursor = new BatchCursor().reset(Buffer.from(hex, 'hex'));
    for (const batch of batches) {
      cursor.next();
      const { view } = cursor;
      if (view.codec !== Codec.NONE) continue;
      const original = view.buffer.subarray(view.start, view.end);
      expect(rebuild(view, batch).toString('hex')).toBe(original.toString('hex'));
    }
  });
});

describe('other vectors of Kafka 4.3.1', () => {
  it.each(golden.murmur2)('murmur2 of "$utf8"', (vector) => {
    const key = Buffer.from(vector.utf8);
    expect(murmur2(key)).toBe(vector.murmur2);
    expect(partitionOfKey(key, 12)).toBe(vector.partitionOf12);
  });

  it.each(golden.coordinatorPartition)('coordinator partition of "$id"', (vector) => {
    expect(javaStringHash(vector.id)).toBe(vector.javaHash);
    expect(coordinatorPartition(vector.id, 50)).toBe(vector.partitionOf50);
  });

  it.each(golden.varints)('varint $zigzag32', ({ zigzag32, hex }) => {
    const buffer = Buffer.alloc(5);
    const end = writeVarint(buffer, 0, zigzag32);
    expect(buffer.toString('hex', 0, end)).toBe(hex);
    expect(new Reader(buffer, 0, end).readVarint()).toBe(zigzag32);
  });

  const safeLongs = golden.varints.filter(({ long }) => Number.isSafeInteger(Number(long)));

  it.each(safeLongs)('varlong $long', ({ long, zigzag64hex }) => {
    const buffer = Buffer.alloc(10);
    const end = writeVarlong(buffer, 0, Number(long));
    expect(buffer.toString('hex', 0, end)).toBe(zigzag64hex);
  });
});
