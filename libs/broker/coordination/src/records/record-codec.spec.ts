import { KafkaProtocolError } from '@weirhouse/kafka-protocol';
import { ZERO_UUID } from '@weirhouse/shared-kernel';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import type { CommittedOffset, CoordinatorRecord } from './coordinator-record.ts';
import { decodeCoordinatorRecord, encodeCoordinatorRecord } from './record-codec.ts';

const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';

const offset: CommittedOffset = {
  offset: 258,
  leaderEpoch: 7,
  metadata: 'm',
  commitTimestampMs: 1_735_689_600_000,
  expireTimestampMs: -1,
  topicId: ZERO_UUID,
};

function offsetRecord(value: CommittedOffset | null): CoordinatorRecord {
  return { kind: 'offset', groupId: 'g', topic: 't', partition: 3, value };
}

function hex(...parts: readonly string[]): string {
  return parts.join('');
}

function encodedHex(record: CoordinatorRecord): readonly (string | undefined)[] {
  const { key, value } = encodeCoordinatorRecord(record);
  return [key.toString('hex'), value?.toString('hex')];
}

test('an offset is written as key type 1 and value version 3', () => {
  expect(encodedHex(offsetRecord(offset))).toEqual([
    hex('0001', '000167', '000174', '00000003'),
    hex('0003', '0000000000000102', '00000007', '00016d', '00000194', '1f297c00'),
  ]);
});

test('an offset with its own expiry is written as value version 1', () => {
  const [, value] = encodedHex(offsetRecord({ ...offset, leaderEpoch: -1, expireTimestampMs: 9 }));
  expect(value).toBe(hex('0001', '0000000000000102', '00016d', '000001941f297c000000000000000009'));
});

test('an offset with a topic id is written as value version 4', () => {
  const [, value] = encodedHex(offsetRecord({ ...offset, topicId: TOPIC_ID }));
  expect(value?.startsWith('0004')).toBe(true);
});

test('an empty group is written as key type 2 and value version 3', () => {
  const record: CoordinatorRecord = {
    kind: 'classic-group',
    groupId: 'g',
    value: {
      protocolType: 'sr',
      generation: 4,
      protocolName: null,
      leaderId: null,
      stateTimestampMs: 1,
      members: [],
    },
  };
  expect(encodedHex(record)).toEqual([
    '0002000167',
    hex('0003', '00027372', '00000004', 'ffff', 'ffff', '0000000000000001', '00000000'),
  ]);
});

test('a tombstone has a key and no value', () => {
  expect(encodeCoordinatorRecord(offsetRecord(null)).value).toBeNull();
});

test('offsets of the oldest brokers, key type 0 and value version 0, are read', () => {
  const key = Buffer.from(hex('0000', '000167', '000174', '00000003'), 'hex');
  const value = Buffer.from(hex('0000', '0000000000000102', '00016d', '000001941f297c00'), 'hex');
  expect(decodeCoordinatorRecord(key, value)).toEqual(offsetRecord({ ...offset, leaderEpoch: -1 }));
});

test('records of group types that are not known here are skipped', () => {
  expect(decodeCoordinatorRecord(Buffer.from('000a000167', 'hex'), null)).toBeUndefined();
});

test('bytes that are no record are refused', () => {
  expect(() => decodeCoordinatorRecord(Buffer.alloc(1), null)).toThrow(KafkaProtocolError);
  const { key } = encodeCoordinatorRecord(offsetRecord(null));
  expect(() => decodeCoordinatorRecord(key, Buffer.from('0063', 'hex'))).toThrow(
    KafkaProtocolError,
  );
});

test('what is read does not change with the buffer it was read from', () => {
  const member = {
    memberId: 'm',
    groupInstanceId: null,
    clientId: 'c',
    clientHost: '/h',
    rebalanceTimeoutMs: 1,
    sessionTimeoutMs: 2,
    subscription: Buffer.from('s'),
    assignment: Buffer.from('a'),
  };
  const value = {
    protocolType: 'consumer',
    generation: 1,
    protocolName: 'range',
    leaderId: 'm',
    stateTimestampMs: 1,
    members: [member],
  };
  const record: CoordinatorRecord = { kind: 'classic-group', groupId: 'g', value };
  const encoded = encodeCoordinatorRecord(record);
  const decoded = decodeCoordinatorRecord(encoded.key, encoded.value);
  encoded.value?.fill(0);
  expect(decoded).toEqual(record);
});

const text = fc.string({ unit: 'binary', maxLength: 20 });
const bytes = fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array));
const timestamp = fc.nat();
const offsetValue = fc.oneof(
  fc.record({
    offset: fc.maxSafeNat(),
    leaderEpoch: fc.integer({ min: -1, max: 100 }),
    metadata: text,
    commitTimestampMs: timestamp,
    expireTimestampMs: fc.constant(-1),
    topicId: fc.constantFrom(ZERO_UUID, TOPIC_ID),
  }),
  fc.record({
    offset: fc.maxSafeNat(),
    leaderEpoch: fc.constant(-1),
    metadata: text,
    commitTimestampMs: timestamp,
    expireTimestampMs: timestamp,
    topicId: fc.constant(ZERO_UUID),
  }),
);
const member = fc.record({
  memberId: text,
  groupInstanceId: fc.option(text),
  clientId: text,
  clientHost: text,
  rebalanceTimeoutMs: fc.nat(),
  sessionTimeoutMs: fc.nat(),
  subscription: bytes,
  assignment: bytes,
});
const groupValue = fc.record({
  protocolType: text,
  generation: fc.nat(),
  protocolName: fc.option(text),
  leaderId: fc.option(text),
  stateTimestampMs: timestamp,
  members: fc.array(member, { maxLength: 3 }),
});
const anyRecord: fc.Arbitrary<CoordinatorRecord> = fc.oneof(
  fc.record({
    kind: fc.constant('offset' as const),
    groupId: text,
    topic: text,
    partition: fc.nat(),
    value: fc.option(offsetValue),
  }),
  fc.record({
    kind: fc.constant('classic-group' as const),
    groupId: text,
    value: fc.option(groupValue),
  }),
);

test('every record comes back as it was written', () => {
  const property = fc.property(anyRecord, (record) => {
    const { key, value } = encodeCoordinatorRecord(record);
    expect(JSON.stringify(decodeCoordinatorRecord(key, value))).toBe(JSON.stringify(record));
  });
  fc.assert(property, { seed: 20_250_101, numRuns: 500 });
});
