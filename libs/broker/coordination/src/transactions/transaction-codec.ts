import { KafkaProtocolError, Reader, Writer } from '@weirhouse/kafka-protocol';
import {
  readTransactionLogKey,
  transactionLogKeySchema,
  writeTransactionLogKey,
} from '@weirhouse/kafka-protocol/messages/transaction-log-key';
import {
  defaultTransactionLogValue,
  readTransactionLogValue,
  type TransactionLogValue,
  writeTransactionLogValue,
} from '@weirhouse/kafka-protocol/messages/transaction-log-value';

import type { EncodedRecord } from '../records/framing.ts';
import { listPartitions, NO_PARTITIONS, partitionSet } from './partition-set.ts';
import type { PersistedTransaction, TransactionRecord } from './transaction-record.ts';
import { findState, idOfState } from './transaction-state.ts';

const VERSION_BYTES = 2;
const KEY_LAYOUT_VERSION = 0;

/** The version Kafka 4.3 writes from `transaction.version` 1 on: flexible, with tagged fields. */
const VALUE_VERSION = 1;

/** The record in Kafka's own schema: int16 type and key, int16 version and value. */
export function encodeTransactionRecord(record: TransactionRecord): EncodedRecord {
  const { transactionalId, value } = record;
  const key = framed(transactionLogKeySchema.apiKey, (writer) =>
    writeTransactionLogKey(writer, { transactionalId }, KEY_LAYOUT_VERSION),
  );
  if (value === null) return { key, value: null };
  return {
    key,
    value: framed(VALUE_VERSION, (writer) =>
      writeTransactionLogValue(writer, logValueOf(value), VALUE_VERSION),
    ),
  };
}

/**
 * Reads a record of the log, of version 0 or 1. Undefined for record types that are not known:
 * they are skipped. Throws KafkaProtocolError for bytes that are no such record.
 */
export function decodeTransactionRecord(
  key: Buffer,
  value: Buffer | null,
): TransactionRecord | undefined {
  const { version: type, reader } = unframed(key);
  if (type !== transactionLogKeySchema.apiKey) return undefined;
  const { transactionalId } = readTransactionLogKey(reader, KEY_LAYOUT_VERSION);
  return { transactionalId, value: value === null ? null : decodeValue(value) };
}

function logValueOf(value: PersistedTransaction): TransactionLogValue {
  const topics = listPartitions(value.partitions);
  return {
    ...defaultTransactionLogValue(),
    producerId: value.producerId,
    previousProducerId: value.previousProducerId,
    nextProducerId: value.nextProducerId,
    producerEpoch: value.producerEpoch,
    transactionTimeoutMs: value.timeoutMs,
    transactionStatus: idOfState(value.state),
    // Kafka writes null, not an empty list, in this one state.
    transactionPartitions:
      value.state === 'Empty'
        ? null
        : topics.map(({ name, partitions }) => ({ topic: name, partitionIds: partitions })),
    transactionLastUpdateTimestampMs: value.lastUpdateMs,
    transactionStartTimestampMs: value.startMs,
    clientTransactionVersion: value.clientVersion,
  };
}

function decodeValue(bytes: Buffer): PersistedTransaction {
  const { version, reader } = unframed(bytes);
  const value = readTransactionLogValue(reader, version);
  const state = findState(value.transactionStatus);
  if (state === undefined)
    throw new KafkaProtocolError(`a transaction record has status ${value.transactionStatus}`);
  const topics = value.transactionPartitions ?? [];
  return {
    producerId: value.producerId,
    previousProducerId: value.previousProducerId,
    nextProducerId: value.nextProducerId,
    producerEpoch: value.producerEpoch,
    timeoutMs: value.transactionTimeoutMs,
    state,
    partitions:
      state === 'Empty'
        ? NO_PARTITIONS
        : partitionSet(
            topics.map(({ topic, partitionIds }) => ({ name: topic, partitions: partitionIds })),
          ),
    startMs: value.transactionStartTimestampMs,
    lastUpdateMs: value.transactionLastUpdateTimestampMs,
    clientVersion: value.clientTransactionVersion,
  };
}

function framed(version: number, write: (writer: Writer) => void): Buffer {
  const writer = new Writer();
  writer.writeInt16(version);
  write(writer);
  return Buffer.concat(writer.finish());
}

function unframed(bytes: Buffer): { readonly version: number; readonly reader: Reader } {
  if (bytes.length < VERSION_BYTES)
    throw new KafkaProtocolError('a transaction record starts with an int16 version');
  return {
    version: bytes.readInt16BE(0),
    reader: new Reader(bytes, VERSION_BYTES, bytes.length),
  };
}
