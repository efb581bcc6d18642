import { ZERO_UUID } from '@weirhouse/shared-kernel';
import { describe, expect, it } from 'vitest';
import { KafkaProtocolError } from '../primitives/protocol-error.ts';
import { BatchView } from './batch-view.ts';
import {
  buildEndTxnMarker,
  buildLeaderChange,
  ControlRecordType,
  readControlRecordType,
  readCoordinatorEpoch,
  readLeaderChange,
} from './control-records.ts';
import { RecordCursor } from './record-cursor.ts';

function onlyRecord(batch: Buffer): RecordCursor {
  const view = new BatchView().reset(batch);
  const cursor = new RecordCursor().reset(view, batch.subarray(view.recordsStart, view.end));
  cursor.next();
  return cursor;
}

describe('control records', () => {
  it('end a transaction with its producer and the epoch of the coordinator', () => {
    const marker = { baseOffset: 99, leaderEpoch: 5, timestamp: 1000, producerId: 4711 };
    for (const commit of [true, false]) {
      const batch = buildEndTxnMarker({ ...marker, producerEpoch: 3, commit, coordinatorEpoch: 9 });
      const view = new BatchView().reset(batch);
      expect([view.isControl, view.isTransactional, view.isCrcValid()]).toEqual([true, true, true]);
      expect([view.producerId, view.producerEpoch, view.baseSequence]).toEqual([4711, 3, -1]);
      const record = onlyRecord(batch);
      const type = commit ? ControlRecordType.COMMIT : ControlRecordType.ABORT;
      expect(readControlRecordType(record.key)).toBe(type);
      expect(readCoordinatorEpoch(record.value)).toBe(9);
    }
  });

  it('of a new leader belong to no producer', () => {
    const voter = { voterId: 1, voterDirectoryId: 'AAAAAAAAAAAAAAAAAAAAAQ' };
    for (const version of [0, 1]) {
      const voters = version === 0 ? [{ ...voter, voterDirectoryId: ZERO_UUID }] : [voter];
      const message = { version, leaderId: 1, voters, grantingVoters: voters };
      const batch = buildLeaderChange({ baseOffset: 4, leaderEpoch: 2, timestamp: 1000 }, message);
      const view = new BatchView().reset(batch);
      expect([view.isControl, view.isTransactional, view.producerId]).toEqual([true, false, -1]);
      expect([view.baseOffset, view.partitionLeaderEpoch, view.isCrcValid()]).toEqual([4, 2, true]);
      const record = onlyRecord(batch);
      expect(readControlRecordType(record.key)).toBe(ControlRecordType.LEADER_CHANGE);
      expect(readLeaderChange(record.value)).toMatchObject(message);
    }
  });

  it('of a new leader in an unknown version or without a value are refused', () => {
    for (const value of [null, Buffer.alloc(0), Buffer.from('000200000001010100', 'hex')])
      expect(() => readLeaderChange(value)).toThrow(KafkaProtocolError);
  });

  it('with short keys or values are refused', () => {
    for (const key of [null, Buffer.alloc(0), Buffer.alloc(3)])
      expect(() => readControlRecordType(key)).toThrow(KafkaProtocolError);
    for (const value of [null, Buffer.alloc(5)])
      expect(() => readCoordinatorEpoch(value)).toThrow(KafkaProtocolError);
  });
});
