import { BatchView, KafkaError } from '@weirhouse/kafka-protocol';
import { describe, expect, it } from 'vitest';
import { readProducerSnapshot, writeProducerSnapshot } from './producer-snapshot.ts';
import { ProducerStates, type SequenceVerdict } from './producer-states.ts';
import { aBatch, NOW_MS } from './testing/test-volume.ts';

interface SentBatch {
  readonly sequence: number;
  readonly count?: number;
  readonly epoch?: number;
  readonly offset?: number;
  readonly isTransactional?: boolean;
}

function view(sent: SentBatch): BatchView {
  const values = Array.from({ length: sent.count ?? 1 }, (_, index) => `${index}`);
  const bytes = aBatch(values, {
    producerId: 7,
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

function errorOf(verdict: SequenceVerdict): number | undefined {
  return verdict.kind === 'refuse' ? verdict.errorCode : undefined;
}

describe('producer states', () => {
  it('take any sequence of an unknown producer and then only the next one', () => {
    expect(new ProducerStates().check(view({ sequence: 44 })).kind).toBe('append');
    const states = statesAfter({ sequence: 44, count: 2 });
    expect(states.check(view({ sequence: 46 })).kind).toBe('append');
    for (const sequence of [43, 45, 47])
      expect(errorOf(states.check(view({ sequence })))).toBe(
        KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER,
      );
  });

  it('recognize the last five batches and no older one', () => {
    const sent = [0, 1, 2, 3, 4, 5].map((sequence) => ({ sequence, offset: 100 + sequence }));
    const states = statesAfter(...sent);
    for (const sequence of [1, 2, 3, 4, 5])
      expect(states.check(view({ sequence }))).toMatchObject({
        kind: 'duplicate',
        batch: { lastOffset: 100 + sequence },
      });
    expect(errorOf(states.check(view({ sequence: 0 })))).toBe(
      KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER,
    );
  });

  it('take no batch for a duplicate that only ends like one', () => {
    const states = statesAfter({ sequence: 0, count: 3 });
    expect(states.check(view({ sequence: 1, count: 2 })).kind).toBe('refuse');
  });

  it('wrap the sequence from 2147483647 to 0', () => {
    const states = statesAfter({ sequence: 2_147_483_646, count: 2 });
    expect(states.check(view({ sequence: 0 })).kind).toBe('append');
    const over = statesAfter({ sequence: 2_147_483_647, count: 3 });
    expect(over.check(view({ sequence: 2 })).kind).toBe('append');
    expect(over.check(view({ sequence: 2_147_483_647, count: 3 })).kind).toBe('duplicate');
  });

  it('want a new epoch to start at 0 and refuse an old one', () => {
    const states = statesAfter({ sequence: 9, epoch: 3 });
    expect(states.check(view({ sequence: 0, epoch: 4 })).kind).toBe('append');
    expect(errorOf(states.check(view({ sequence: 10, epoch: 4 })))).toBe(
      KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER,
    );
    expect(errorOf(states.check(view({ sequence: 10, epoch: 2 })))).toBe(
      KafkaError.INVALID_PRODUCER_EPOCH,
    );
  });

  it('refuse a plain batch while the producer has a transaction open', () => {
    const states = statesAfter({ sequence: 0, isTransactional: true, offset: 5 });
    expect(states.firstOpenOffset).toBe(5);
    expect(errorOf(states.check(view({ sequence: 1 })))).toBe(KafkaError.INVALID_TXN_STATE);
    expect(states.check(view({ sequence: 1, isTransactional: true })).kind).toBe('append');
  });

  it('forget silent producers, except those with an open transaction', () => {
    const states = statesAfter({ sequence: 0 });
    expect(states.expire(NOW_MS)).toBe(0);
    expect(states.expire(NOW_MS + 1)).toBe(1);
    expect(statesAfter({ sequence: 0, isTransactional: true }).expire(NOW_MS + 1)).toBe(0);
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
    expect(read?.firstOpenOffset).toBe(15);
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
