import {
  type LeaderChangeMessage,
  readLeaderChangeMessage,
  writeLeaderChangeMessage,
} from '../generated/leader-change-message.ts';
import { KafkaProtocolError } from '../primitives/protocol-error.ts';
import { Reader } from '../primitives/reader.ts';
import { Writer } from '../primitives/writer.ts';
import { buildBatch } from './batch-builder.ts';

/** Kinds of control records: the second int16 of their key. */
export const ControlRecordType = {
  ABORT: 0,
  COMMIT: 1,
  LEADER_CHANGE: 2,
  SNAPSHOT_HEADER: 3,
  SNAPSHOT_FOOTER: 4,
  KRAFT_VERSION: 5,
  KRAFT_VOTERS: 6,
} as const;

const CONTROL_KEY_VERSION = 0;
const CONTROL_KEY_BYTES = 4;
const END_TXN_VERSION = 0;
const END_TXN_BYTES = 6;

/** Where a control batch stands in its log. */
export interface ControlBatchPlace {
  readonly baseOffset: number;
  readonly leaderEpoch: number;
  /** Milliseconds since the Unix epoch. */
  readonly timestamp: number;
}

/** A control batch: one record that takes an offset and that clients do not hand on. */
export interface ControlBatchInput extends ControlBatchPlace {
  /** One of `ControlRecordType`. */
  readonly type: number;
  /** The message of that type, its int16 version first. */
  readonly value: Buffer;
}

/** The end of one producer's transaction on one partition. */
export interface EndTxnMarkerInput extends ControlBatchPlace {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly commit: boolean;
  readonly coordinatorEpoch: number;
}

/** Builds a control batch that belongs to no producer, as `LEADER_CHANGE` is. */
export function buildControlBatch(input: ControlBatchInput): Buffer {
  return buildBatch({
    baseOffset: input.baseOffset,
    leaderEpoch: input.leaderEpoch,
    isControl: true,
    records: [{ key: controlKey(input.type), value: input.value, timestamp: input.timestamp }],
  });
}

/** Builds the batch that commits or aborts a transaction on a partition. */
export function buildEndTxnMarker(input: EndTxnMarkerInput): Buffer {
  const value = Buffer.alloc(END_TXN_BYTES);
  value.writeInt16BE(END_TXN_VERSION, 0);
  value.writeInt32BE(input.coordinatorEpoch, 2);
  const type = input.commit ? ControlRecordType.COMMIT : ControlRecordType.ABORT;
  return buildBatch({
    baseOffset: input.baseOffset,
    leaderEpoch: input.leaderEpoch,
    producerId: input.producerId,
    producerEpoch: input.producerEpoch,
    isTransactional: true,
    isControl: true,
    records: [{ key: controlKey(type), value, timestamp: input.timestamp }],
  });
}

/** Builds the batch that a leader of a KRaft log writes first, in the message's own version. */
export function buildLeaderChange(place: ControlBatchPlace, message: LeaderChangeMessage): Buffer {
  const writer = new Writer();
  writeLeaderChangeMessage(writer, message, message.version);
  const value = Buffer.concat(writer.finish());
  return buildControlBatch({ ...place, type: ControlRecordType.LEADER_CHANGE, value });
}

/** The message in a leader change record's value. */
export function readLeaderChange(value: Buffer | null): LeaderChangeMessage {
  if (value === null) throw new KafkaProtocolError('a leader change record has a value');
  return readLeaderChangeMessage(new Reader(value), new Reader(value).readInt16());
}

/** The type in a control record's key; may be one this code does not know. */
export function readControlRecordType(key: Buffer | null): number {
  if (key === null || key.length < CONTROL_KEY_BYTES)
    throw new KafkaProtocolError('the key of a control record has 4 bytes at least');
  return key.readInt16BE(2);
}

/** The coordinator epoch in the value of a commit or abort marker. */
export function readCoordinatorEpoch(value: Buffer | null): number {
  if (value === null || value.length < END_TXN_BYTES)
    throw new KafkaProtocolError('the value of a transaction marker has 6 bytes at least');
  return value.readInt32BE(2);
}

function controlKey(type: number): Buffer {
  const key = Buffer.alloc(CONTROL_KEY_BYTES);
  key.writeInt16BE(CONTROL_KEY_VERSION, 0);
  key.writeInt16BE(type, 2);
  return key;
}
