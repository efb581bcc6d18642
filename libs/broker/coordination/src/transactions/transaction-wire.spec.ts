import { KafkaError, Reader, Writer } from '@weirhouse/kafka-protocol';
import { defaultAddPartitionsToTxnTransaction } from '@weirhouse/kafka-protocol/messages/add-partitions-to-txn-request';
import {
  addPartitionsToTxnResponseSchema,
  defaultAddPartitionsToTxnResponse,
  readAddPartitionsToTxnResponse,
  writeAddPartitionsToTxnResponse,
} from '@weirhouse/kafka-protocol/messages/add-partitions-to-txn-response';
import {
  defaultDescribeTransactionsResponse,
  readDescribeTransactionsResponse,
  writeDescribeTransactionsResponse,
} from '@weirhouse/kafka-protocol/messages/describe-transactions-response';
import {
  defaultEndTxnRequest,
  endTxnRequestSchema,
} from '@weirhouse/kafka-protocol/messages/end-txn-request';
import {
  defaultEndTxnResponse,
  readEndTxnResponse,
  writeEndTxnResponse,
} from '@weirhouse/kafka-protocol/messages/end-txn-response';
import {
  readWriteTxnMarkersRequest,
  writeWriteTxnMarkersRequest,
} from '@weirhouse/kafka-protocol/messages/write-txn-markers-request';
import { expect, test } from 'vitest';

import { Reply } from '../testing/test-client.ts';
import { TestProducer } from './testing/test-producer.ts';
import { TransactionWorld } from './testing/transaction-world.ts';
import type { AddPartitionsAnswer, ProducerIdAnswer } from './transaction-messages.ts';

function versionsOf(schema: { minVersion: number; maxVersion: number }): readonly number[] {
  const { minVersion, maxVersion } = schema;
  return Array.from({ length: maxVersion - minVersion + 1 }, (_, index) => minVersion + index);
}

/** What a client reads of what is written. */
function overTheWire<Message>(
  write: (writer: Writer) => void,
  read: (reader: Reader) => Message,
): Message {
  const writer = new Writer();
  write(writer);
  const bytes = Buffer.concat(writer.finish());
  return read(new Reader(bytes, 0, bytes.length));
}

test.each(versionsOf(endTxnRequestSchema))(
  'EndTxn of version %i is taken as decoded, and its answer can be written',
  (version) => {
    const world = new TransactionWorld();
    const producer = new TestProducer(world, { isBumping: version >= 5 }).ready();
    producer.add();
    const { producerEpoch, producerId, transactionalId } = producer;
    const request = {
      ...defaultEndTxnRequest(),
      transactionalId,
      producerId,
      producerEpoch,
      committed: true,
    };
    const reply = new Reply<ProducerIdAnswer>();
    const context = { nowMs: world.nowMs, apiVersion: version };
    world.run(world.shard.endTxn(request, context, reply.take));
    const read = overTheWire(
      (writer) =>
        writeEndTxnResponse(writer, { ...defaultEndTxnResponse(), ...reply.answer }, version),
      (reader) => readEndTxnResponse(reader, version),
    );
    expect(read.errorCode).toBe(KafkaError.NONE);
    expect(read.producerEpoch).toBe(version >= 5 ? 1 : -1);
  },
);

test.each(versionsOf(addPartitionsToTxnResponseSchema))(
  'a transaction of AddPartitionsToTxn version %i is taken, and its answer can be written',
  (version) => {
    const world = new TransactionWorld();
    const { producerEpoch, producerId, transactionalId } = new TestProducer(world).ready();
    const request = {
      ...defaultAddPartitionsToTxnTransaction(),
      transactionalId,
      producerId,
      producerEpoch,
      topics: [{ name: 'orders', partitions: [4] }],
    };
    const reply = new Reply<AddPartitionsAnswer>();
    const context = { nowMs: world.nowMs, apiVersion: version };
    world.run(world.shard.addPartitions(request, context, reply.take));
    const { answer } = reply;
    const response = {
      ...defaultAddPartitionsToTxnResponse(),
      ...(version < 4
        ? { resultsByTopicV3AndBelow: answer.topicResults }
        : { resultsByTransaction: [answer] }),
    };
    const read = overTheWire(
      (writer) => writeAddPartitionsToTxnResponse(writer, response, version),
      (reader) => readAddPartitionsToTxnResponse(reader, version),
    );
    const topics = [
      ...read.resultsByTopicV3AndBelow,
      ...read.resultsByTransaction.flatMap(({ topicResults }) => topicResults),
    ];
    expect(topics[0]?.resultsByPartition[0]).toMatchObject({
      partitionIndex: 4,
      partitionErrorCode: KafkaError.NONE,
    });
  },
);

test('markers and descriptions fit their messages', () => {
  const world = new TransactionWorld();
  const producer = new TestProducer(world).ready();
  producer.add();
  const described = overTheWire(
    (writer) =>
      writeDescribeTransactionsResponse(
        writer,
        {
          ...defaultDescribeTransactionsResponse(),
          transactionStates: [world.shard.describe('payments')],
        },
        0,
      ),
    (reader) => readDescribeTransactionsResponse(reader, 0),
  );
  expect(described.transactionStates[0]).toMatchObject({ transactionState: 'Ongoing' });
  producer.end(true);
  const markers = world.sent.map(({ request }) => request);
  const read = overTheWire(
    (writer) => writeWriteTxnMarkersRequest(writer, { markers }, 2),
    (reader) => readWriteTxnMarkersRequest(reader, 2),
  );
  expect(read.markers[0]).toMatchObject({
    transactionResult: true,
    producerEpoch: 1,
    transactionVersion: 2,
    topics: [{ name: 'orders', partitionIndexes: [0] }],
  });
});
