import { KafkaProtocolError } from '@weirhouse/kafka-protocol';
import { expect, test } from 'vitest';

import { partitionSet } from './partition-set.ts';
import { decodeTransactionRecord, encodeTransactionRecord } from './transaction-codec.ts';
import type { PersistedTransaction } from './transaction-record.ts';
import { created, ended, ongoing } from './transaction-values.ts';

const TOPICS = [
  { name: 'orders', partitions: [0, 2] },
  { name: 'views', partitions: [1] },
];

function roundTrip(value: PersistedTransaction | null): unknown {
  const encoded = encodeTransactionRecord({ transactionalId: 'payments', value });
  return decodeTransactionRecord(encoded.key, encoded.value);
}

/** An open transaction of a client of KIP-890. */
function openValue(): PersistedTransaction {
  return ongoing(created(7, 60_000, 1_000), partitionSet(TOPICS), 2, 2_000);
}

test('records read back as they were written', () => {
  const end = { outcome: 'commit', clientVersion: 2, nextProducerId: 9 } as const;
  for (const value of [created(7, 60_000, 1_000), openValue(), ended(openValue(), end, 3_000)])
    expect(roundTrip(value)).toEqual({ transactionalId: 'payments', value });
  expect(roundTrip(null)).toEqual({ transactionalId: 'payments', value: null });
});

test('an idle record has the bytes that Kafka writes: version 1, no partitions, tagged ids', () => {
  const { key, value } = encodeTransactionRecord({
    transactionalId: 'tx',
    value: created(7, 60_000, 1_000),
  });
  expect(key.toString('hex')).toBe('000000027478');
  const parts = [
    '0001', // version
    '0000000000000007', // producer id
    '0000', // epoch
    '0000ea60', // timeout
    '00', // Empty
    '00', // null partitions
    '00000000000003e8', // last update
    'ffffffffffffffff', // no start
    '01', // one tagged field
    '00080000000000000007', // tag 0, 8 bytes: previous producer id
  ];
  expect(value?.toString('hex')).toBe(parts.join(''));
});

test('records of version 0, as older brokers wrote them, are read', () => {
  const key = Buffer.from('000000027478', 'hex');
  const parts = [
    '0000',
    '0000000000000007',
    '0003',
    '0000ea60',
    '01',
    '00000001',
    '00066f7264657273',
    '00000002',
    '0000000000000002',
    '00000000000007d0',
    '00000000000003e8',
  ];
  expect(decodeTransactionRecord(key, Buffer.from(parts.join(''), 'hex'))).toEqual({
    transactionalId: 'tx',
    value: {
      producerId: 7,
      previousProducerId: -1,
      nextProducerId: -1,
      producerEpoch: 3,
      timeoutMs: 60_000,
      state: 'Ongoing',
      partitions: partitionSet([{ name: 'orders', partitions: [0, 2] }]),
      startMs: 1_000,
      lastUpdateMs: 2_000,
      clientVersion: 0,
    },
  });
});

test('other record types are skipped, states that no log has are refused', () => {
  expect(decodeTransactionRecord(Buffer.from('000a0000', 'hex'), null)).toBeUndefined();
  const { key, value } = encodeTransactionRecord({ transactionalId: 'tx', value: openValue() });
  const broken = Buffer.from(value ?? []);
  broken[16] = 6;
  expect(() => decodeTransactionRecord(key, broken)).toThrow(KafkaProtocolError);
  expect(() => decodeTransactionRecord(key, Buffer.alloc(1))).toThrow(KafkaProtocolError);
});
