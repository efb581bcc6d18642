import { describe, expect, it } from 'vitest';
import { KafkaProtocolError } from '../primitives/protocol-error.ts';
import { buildBatch } from './batch-builder.ts';
import { BatchCursor } from './batch-cursor.ts';
import {
  addSequence,
  BatchField,
  BatchView,
  RECORD_BATCH_HEADER_BYTES,
  TimestampType,
} from './batch-view.ts';

function record(timestamp = 5000): { key: null; value: Buffer; timestamp: number } {
  return { key: null, value: Buffer.from('value'), timestamp };
}

function legacyMessage(): Buffer {
  const message = Buffer.alloc(34);
  message.writeInt32BE(22, BatchField.BATCH_LENGTH);
  message.writeInt8(1, BatchField.MAGIC);
  return message;
}

describe('BatchView', () => {
  it('reads a batch anywhere in a buffer', () => {
    const batch = buildBatch({ baseOffset: 7, records: [record(), record()] });
    const view = new BatchView().reset(Buffer.concat([Buffer.alloc(13), batch]), 13);
    expect([view.baseOffset, view.lastOffset, view.nextOffset]).toEqual([7, 8, 9]);
    expect([view.start, view.recordsStart, view.end]).toEqual([13, 74, 13 + batch.length]);
    expect(view.isCrcValid()).toBe(true);
  });

  it('refuses a place without a whole header', () => {
    const view = new BatchView();
    expect(() => view.reset(Buffer.alloc(60))).toThrow(KafkaProtocolError);
    expect(() => view.reset(Buffer.alloc(80), 20)).toThrow(KafkaProtocolError);
    expect(() => view.reset(Buffer.alloc(80), -1)).toThrow(KafkaProtocolError);
  });

  it('keeps its CRC when base offset and leader epoch change', () => {
    const view = new BatchView().reset(buildBatch({ records: [record()] }));
    const { crc } = view;
    view.baseOffset = 9_007_199_254_740_991;
    view.partitionLeaderEpoch = 2_147_483_647;
    expect(view.baseOffset).toBe(9_007_199_254_740_991);
    expect(view.partitionLeaderEpoch).toBe(2_147_483_647);
    expect(view.crc).toBe(crc);
    expect(view.isCrcValid()).toBe(true);
  });

  it('refuses a base offset that is no safe integer', () => {
    const view = new BatchView().reset(buildBatch({ records: [record()] }));
    expect(() => {
      view.baseOffset = 2 ** 53;
    }).toThrow('safe integer');
  });

  it('takes an append time and fixes its CRC', () => {
    const batch = buildBatch({ isTransactional: true, records: [record(5000)] });
    const view = new BatchView().reset(batch);
    view.setLogAppendTime(1_700_000_000_123);
    expect(view.timestampType).toBe(TimestampType.LOG_APPEND_TIME);
    expect(view.maxTimestamp).toBe(1_700_000_000_123);
    expect(view.baseTimestamp).toBe(5000);
    expect(view.isTransactional).toBe(true);
    expect(view.isCrcValid()).toBe(true);
  });

  it('tells a batch that is not whole or damaged', () => {
    const batch = buildBatch({ records: [record()] });
    const cut = new BatchView().reset(batch.subarray(0, -1));
    expect(cut.isWhole).toBe(false);
    expect(cut.isCrcValid()).toBe(false);
    expect(() => cut.computeCrc()).toThrow(KafkaProtocolError);
    const last = batch.length - 1;
    batch.writeUInt8(batch.readUInt8(last) ^ 1, last);
    const damaged = new BatchView().reset(batch);
    expect([damaged.isWhole, damaged.isCrcValid()]).toEqual([true, false]);
  });

  it('counts sequences past 2147483647 from 0', () => {
    expect(addSequence(2_147_483_647, 1)).toBe(0);
    expect(addSequence(2_147_483_646, 1)).toBe(2_147_483_647);
    const batch = buildBatch({
      producerId: 1,
      producerEpoch: 0,
      baseSequence: 2_147_483_647,
      records: [record(), record(), record()],
    });
    expect(new BatchView().reset(batch).lastSequence).toBe(1);
  });

  it('reads the delete horizon bit', () => {
    const batch = buildBatch({ records: [record()] });
    const view = new BatchView().reset(batch);
    expect(view.hasDeleteHorizon).toBe(false);
    batch.writeInt16BE(1 << 6, BatchField.ATTRIBUTES);
    expect(view.hasDeleteHorizon).toBe(true);
  });
});

describe('BatchCursor', () => {
  const first = buildBatch({ baseOffset: 0, records: [record()] });
  const second = buildBatch({ baseOffset: 1, records: [record(), record()] });

  it('stops before a batch that is cut off, at any byte', () => {
    const both = Buffer.concat([first, second]);
    for (let length = 0; length < both.length; length += 1) {
      const cursor = new BatchCursor().reset(both, 0, length);
      let batches = 0;
      while (cursor.next()) batches += 1;
      expect(batches).toBe(length < first.length ? 0 : 1);
      expect(cursor.wholeBytes).toBe(batches === 0 ? 0 : first.length);
    }
  });

  it('walks a part of a buffer', () => {
    const padded = Buffer.concat([Buffer.alloc(5), first, second, Buffer.alloc(40)]);
    const end = 5 + first.length + second.length;
    const cursor = new BatchCursor().reset(padded, 5, end);
    const offsets: number[] = [];
    while (cursor.next()) offsets.push(cursor.view.lastOffset);
    expect(offsets).toEqual([0, 2]);
    expect(cursor.wholeBytes).toBe(end - 5);
  });

  it('refuses a length that cannot hold a header', () => {
    for (const length of [RECORD_BATCH_HEADER_BYTES - 13, 0, -1, -2_147_483_648]) {
      const batch = Buffer.from(first);
      batch.writeInt32BE(length, BatchField.BATCH_LENGTH);
      expect(() => new BatchCursor().reset(batch).next()).toThrow(KafkaProtocolError);
    }
  });

  it('shows the magic of what comes before taking it', () => {
    const cursor = new BatchCursor().reset(Buffer.concat([first, legacyMessage()]));
    expect(cursor.peekMagic()).toBe(2);
    cursor.next();
    expect(cursor.peekMagic()).toBe(1);
    expect(cursor.reset(first, 0, 16).peekMagic()).toBeUndefined();
  });
});
