import { assert } from '@weirhouse/shared-kernel';
import { describe, expect, it } from 'vitest';

import { MemberState } from '../consumer/consumer-member.ts';
import { heldSince, NOTHING_HELD } from '../consumer/held-partitions.ts';
import type { ConsumerRecord } from './consumer-record.ts';
import { decodeCoordinatorRecord, encodeCoordinatorRecord } from './record-codec.ts';

const groupId = 'g';
const memberId = 'm';
const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';

const RECORDS: readonly ConsumerRecord[] = [
  { kind: 'consumer-group', groupId, value: { epoch: 2, topicsHash: 7 } },
  {
    kind: 'consumer-member',
    groupId,
    memberId,
    value: {
      instanceId: 'i',
      rackId: null,
      clientId: 'c',
      clientHost: '/10.0.0.1',
      topicNames: ['t', 'u'],
      topicPattern: 'v.*',
      rebalanceTimeoutMs: 5000,
      serverAssignor: 'range',
      classic: {
        sessionTimeoutMs: 6000,
        protocols: [{ name: 'range', metadata: Buffer.from('00010203', 'hex') }],
      },
    },
  },
  { kind: 'consumer-target', groupId, value: { epoch: 2, assignedAtMs: 1_735_689_600_000 } },
  {
    kind: 'consumer-target-member',
    groupId,
    memberId,
    value: new Map([[TOPIC_ID, [0, 2]]]),
  },
  {
    kind: 'consumer-current',
    groupId,
    memberId,
    value: {
      epoch: 2,
      previousEpoch: 1,
      state: MemberState.UNREVOKED,
      assigned: heldSince(new Map([[TOPIC_ID, [0]]]), 2),
      revoking: heldSince(new Map([[TOPIC_ID, [2]]]), 1),
    },
  },
  {
    kind: 'consumer-pattern',
    groupId,
    pattern: 'v.*',
    value: { topics: ['v1'], version: 3, resolvedAtMs: 1_735_689_600_000 },
  },
];

describe.each(RECORDS)('a record of kind $kind', (record) => {
  it('reads back as it was written', () => {
    const { key, value } = encodeCoordinatorRecord(record);
    expect(decodeCoordinatorRecord(key, value)).toEqual(record);
  });

  it('has a tombstone under the same key', () => {
    const { key } = encodeCoordinatorRecord(record);
    const tombstone = encodeCoordinatorRecord({ ...record, value: null });
    expect(tombstone).toEqual({ key, value: null });
    expect(decodeCoordinatorRecord(key, null)).toEqual({ ...record, value: null });
  });
});

it('keys carry the types that Kafka gives them', () => {
  const types = RECORDS.map((record) => encodeCoordinatorRecord(record).key.readInt16BE(0));
  expect(types).toEqual([3, 5, 6, 7, 8, 16]);
});

it('a key is its type, the group and the member', () => {
  const member = RECORDS[1];
  assert(member !== undefined, 'the record is there');
  expect(encodeCoordinatorRecord(member).key.toString('hex')).toBe('000500016700016d');
});

it('the value of a group is its version, the epoch and a tagged hash', () => {
  const [group] = RECORDS;
  assert(group !== undefined, 'the record is there');
  const { value } = encodeCoordinatorRecord(group);
  expect(value?.toString('hex')).toBe('0000000000020100080000000000000007');
});

it('a hash of Kafka, which is larger than ours, is taken as near as can be', () => {
  const [group] = RECORDS;
  assert(group !== undefined, 'the record is there');
  const { key } = encodeCoordinatorRecord(group);
  const value = Buffer.from('00000000000201000869c1a2b3c4d5e6f7', 'hex');
  const read = decodeCoordinatorRecord(key, value);
  expect(read).toMatchObject({ kind: 'consumer-group', value: { epoch: 2 } });
});

it('what records without assignment epochs hold is held since the beginning', () => {
  const current = RECORDS[4];
  assert(current !== undefined, 'the record is there');
  const { key } = encodeCoordinatorRecord(current);
  const assigned = '0200000000000000000000000000000001020000000500';
  const value = Buffer.from(`0000000000020000000100${assigned}0100`, 'hex');
  expect(decodeCoordinatorRecord(key, value)).toMatchObject({
    value: { assigned: heldSince(new Map([[TOPIC_ID, [5]]]), 0), revoking: NOTHING_HELD },
  });
});
