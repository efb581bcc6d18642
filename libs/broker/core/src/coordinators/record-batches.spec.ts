import { expect, test } from 'vitest';

import { BatchCursor } from '@weirhouse/kafka-protocol';

import { recordBatches } from './record-batches.ts';

const record = (bytes: number) => ({ key: Buffer.from('key'), value: Buffer.alloc(bytes) });

function batchesOf(bytes: Buffer) {
  const cursor = new BatchCursor();
  cursor.reset(bytes);
  const found: { records: number; bytes: number; producerId: number; isTransactional: boolean }[] =
    [];
  while (cursor.next()) {
    const { isTransactional, producerId, recordsCount: records, sizeInBytes } = cursor.view;
    found.push({ records, bytes: sizeInBytes, producerId, isTransactional });
  }
  return found;
}

test('records that fit go into one batch, more into as many as the limit needs', () => {
  const input = { leaderEpoch: 3, nowMs: 1, batchBytesMax: 1_000, producer: undefined };
  expect(batchesOf(recordBatches({ ...input, records: [record(300), record(300)] }))).toEqual([
    expect.objectContaining({ records: 2, producerId: -1, isTransactional: false }),
  ]);
  const split = batchesOf(
    recordBatches({ ...input, records: [300, 300, 400, 5_000, 10].map(record) }),
  );
  expect(split.map(({ records }) => records)).toEqual([2, 1, 1, 1]);
  for (const { bytes, records } of split) expect(bytes <= 1_000 || records === 1).toBe(true);
});

test("the records of a producer's transaction carry its id and epoch", () => {
  const producer = { producerId: 7, producerEpoch: 2 };
  const input = { leaderEpoch: 3, nowMs: 1, batchBytesMax: 1_000, producer };
  expect(batchesOf(recordBatches({ ...input, records: [record(10)] }))).toEqual([
    expect.objectContaining({ records: 1, producerId: 7, isTransactional: true }),
  ]);
});
