import { BatchView } from '@weirhouse/kafka-protocol';
import { describe, expect, it } from 'vitest';
import { aBatch, NOW_MS } from '../testing/test-volume.ts';
import { readProducerSnapshot, writeProducerSnapshot } from './producer-snapshot.ts';
import { ProducerStates } from './producer-states.ts';

interface SentBatch {
  readonly sequence: number;
  readonly count?: number;
  readonly epoch?: number;
  readonly offset?: number;
  readonly isTransactional?: boolean;
  readonly producerId?: number;
}

function view(sent: SentBatch): BatchView {
  const values = Array.from({ length: sent.count ?? 1 }, (_, index) => `${index}`);
  const bytes = aBatch(values, {
    producerId: sent.producerId ?? 7,
    producerEpoch: sent.epoch ?? 0,
    baseSequence: sent.sequence,
    baseOffset: sent.offset ?? 0,
    isTransactional: sent.isTransactional ?? false,
  });
  return new BatchView().reset(bytes, 0);
}

function statesAfter(...sent: readonly SentBatch[]): ProducerStates {
  const states = new ProducerStates();
  for (const batch of sent) states.update(view(batch));
  return states;
}

describe('producer states', () => {
  it('forget silent producers, except those with an open transaction', () => {
    const states = statesAfter({ sequence: 0 });
    expect(states.expire(NOW_MS)).toBe(0);
    expect(states.expire(NOW_MS + 1)).toBe(1);
    expect(statesAfter({ sequence: 0, isTransactional: true }).expire(NOW_MS + 1)).toBe(0);
  });

  it('know an open transaction by producer and epoch', () => {
    const states = statesAfter({ sequence: 0, epoch: 3, isTransactional: true });
    expect(states.hasOpenTransaction(7, 3)).toBe(true);
    expect(states.hasOpenTransaction(7, 4)).toBe(false);
    expect(states.hasOpenTransaction(8, 3)).toBe(false);
  });
});

describe('a producer snapshot', () => {
  it('brings back all batches and open transactions', () => {
    const states = statesAfter(
      { sequence: 0, offset: 10, epoch: 2 },
      { sequence: 1, offset: 11, epoch: 2, count: 4 },
      { sequence: 5, offset: 15, epoch: 2, isTransactional: true },
    );
    const read = readProducerSnapshot(writeProducerSnapshot(states));
    expect([...(read?.entries() ?? [])]).toEqual([...states.entries()]);
    expect(read?.transactions.firstUnstableOffset).toBe(15);
  });

  it('brings back the oldest open transaction, whichever producer came first', () => {
    const states = statesAfter(
      { producerId: 1, sequence: 0, offset: 1 },
      { producerId: 2, sequence: 0, offset: 5, isTransactional: true },
      { producerId: 1, sequence: 1, offset: 9, isTransactional: true },
    );
    const { transactions } = readProducerSnapshot(writeProducerSnapshot(states)) ?? states;
    expect(transactions.firstUnstableOffset).toBe(5);
    expect(transactions.firstOpenOffset(2)).toBe(9);
  });

  it('has Kafka’s layout at its head: version 1, CRC, one entry of 46 bytes', () => {
    const bytes = writeProducerSnapshot(statesAfter({ sequence: 3, offset: 8, epoch: 1 }));
    expect(bytes.readInt16BE(0)).toBe(1);
    expect(bytes.readInt32BE(6)).toBe(1);
    expect(Number(bytes.readBigInt64BE(10))).toBe(7);
    expect(bytes.readInt16BE(18)).toBe(1);
    expect(bytes.readInt32BE(20)).toBe(3);
    expect(Number(bytes.readBigInt64BE(24))).toBe(8);
    expect(bytes.readInt32BE(32)).toBe(0);
    expect(Number(bytes.readBigInt64BE(36))).toBe(NOW_MS);
    expect(bytes.readInt32BE(44)).toBe(-1);
    expect(Number(bytes.readBigInt64BE(48))).toBe(-1);
  });

  it('is not believed when a bit flipped or its end is missing', () => {
    const bytes = writeProducerSnapshot(statesAfter({ sequence: 0 }));
    for (let at = 0; at < bytes.length; at += 1) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 4;
      expect(readProducerSnapshot(damaged)).toBeUndefined();
      expect(readProducerSnapshot(bytes.subarray(0, at))).toBeUndefined();
    }
  });
});
