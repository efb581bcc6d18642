import { KafkaError } from '@weirhouse/kafka-protocol';
import { expect, test } from 'vitest';

import { partitionErrors, TestProducer } from './testing/test-producer.ts';
import { TransactionWorld } from './testing/transaction-world.ts';

const NONE = KafkaError.NONE;
const ORDERS = [{ name: 'orders', partitions: [0] }];
const MANY = [
  { name: 'orders', partitions: [0, 1] },
  { name: 'views', partitions: [3] },
];

test('the first partition opens the transaction, further ones join it', () => {
  const world = new TransactionWorld();
  const producer = new TestProducer(world).ready();
  expect(partitionErrors(producer.add())).toEqual([NONE]);
  const startMs = world.nowMs;
  world.advance(50);
  expect(partitionErrors(producer.add(MANY))).toEqual([NONE, NONE, NONE]);
  expect(world.shard.describe('payments')).toMatchObject({
    transactionState: 'Ongoing',
    transactionStartTimeMs: startMs,
    topics: [
      { topic: 'orders', partitions: [0, 1] },
      { topic: 'views', partitions: [3] },
    ],
  });
});

test('what is in the transaction already costs no record', () => {
  const world = new TransactionWorld();
  const producer = new TestProducer(world).ready();
  producer.add(MANY);
  const { length } = world.log;
  expect(partitionErrors(producer.add())).toEqual([NONE]);
  expect(world.log).toHaveLength(length);
});

test('while a record is on its way, callers are asked to come back', () => {
  const world = new TransactionWorld();
  const producer = new TestProducer(world).ready();
  world.commitsAtOnce = false;
  const first = producer.add();
  expect(partitionErrors(producer.add())).toEqual([KafkaError.CONCURRENT_TRANSACTIONS]);
  expect(producer.end(true).answer.errorCode).toBe(KafkaError.CONCURRENT_TRANSACTIONS);
  expect(first.isAnswered).toBe(false);
  world.commit();
  expect(partitionErrors(first)).toEqual([NONE]);
});

test('an unknown id and a foreign producer id have no mapping', () => {
  const world = new TransactionWorld();
  const unknown = new TestProducer(world);
  expect(partitionErrors(unknown.add())).toEqual([KafkaError.INVALID_PRODUCER_ID_MAPPING]);
  const foreign = new TestProducer(world).ready();
  foreign.hold({ producerId: 9_999, producerEpoch: 0 });
  expect(partitionErrors(foreign.add())).toEqual([KafkaError.INVALID_PRODUCER_ID_MAPPING]);
});

test('a fenced producer adds nothing, and old versions are told in their words', () => {
  const world = new TransactionWorld();
  const fenced = new TestProducer(world).ready();
  new TestProducer(world).ready();
  expect(partitionErrors(fenced.add(MANY))).toEqual(
    MANY.flatMap(({ partitions }) => partitions.map(() => KafkaError.PRODUCER_FENCED)),
  );
  expect(partitionErrors(fenced.add(ORDERS, 1))).toEqual([KafkaError.INVALID_PRODUCER_EPOCH]);
  expect(fenced.addOffsets(1).answer.errorCode).toBe(KafkaError.INVALID_PRODUCER_EPOCH);
  expect(fenced.state()).toBe('Empty');
});

test('nothing joins a transaction whose end is being written, whoever asks', () => {
  const world = new TransactionWorld();
  const producer = new TestProducer(world).ready();
  producer.add();
  world.marksAtOnce = false;
  producer.end(true);
  expect(partitionErrors(producer.add())).toEqual([KafkaError.CONCURRENT_TRANSACTIONS]);
  world.marksAtOnce = true;
  world.serve();
  expect(partitionErrors(producer.add())).toEqual([NONE]);
});

test('verification says what is durably part of the transaction and adds nothing', () => {
  const world = new TransactionWorld();
  const producer = new TestProducer(world, { isBumping: false }).ready();
  expect(partitionErrors(producer.verify())).toEqual([KafkaError.TRANSACTION_ABORTABLE]);
  expect(partitionErrors(producer.verify(ORDERS, 4))).toEqual([KafkaError.INVALID_TXN_STATE]);
  expect(producer.state()).toBe('Empty');
  producer.add();
  world.commitsAtOnce = false;
  producer.add(MANY);
  expect(partitionErrors(producer.verify(MANY))).toEqual([
    NONE,
    KafkaError.CONCURRENT_TRANSACTIONS,
    KafkaError.CONCURRENT_TRANSACTIONS,
  ]);
  world.commit();
  expect(partitionErrors(producer.verify(MANY))).toEqual([NONE, NONE, NONE]);
});

test('verification of a fenced producer, and after the end was decided, fails', () => {
  const world = new TransactionWorld();
  const producer = new TestProducer(world, { isBumping: false }).ready();
  producer.add();
  world.marksAtOnce = false;
  producer.end(true);
  expect(partitionErrors(producer.verify())).toEqual([KafkaError.CONCURRENT_TRANSACTIONS]);
  producer.hold({ producerId: producer.producerId, producerEpoch: 5 });
  expect(partitionErrors(producer.verify())).toEqual([KafkaError.PRODUCER_FENCED]);
});

test('offsets join as a partition of the offsets topic and get its marker', () => {
  const world = new TransactionWorld();
  const producer = new TestProducer(world, { isBumping: false }).ready();
  expect(producer.addOffsets().answer.errorCode).toBe(NONE);
  producer.end(true);
  expect(world.sent[0]?.request.topics).toEqual([
    { name: '__consumer_offsets', partitionIndexes: [7] },
  ]);
});

test('more partitions than a record can hold are refused, and the shard lives on', () => {
  const world = new TransactionWorld({ batchBytesMax: 1_000 });
  const producer = new TestProducer(world).ready();
  const partitions = Array.from({ length: 500 }, (_, index) => index);
  const errors = partitionErrors(producer.add([{ name: 'wide', partitions }]));
  expect(new Set(errors)).toEqual(new Set([KafkaError.UNKNOWN_SERVER_ERROR]));
  expect(partitionErrors(producer.add())).toEqual([NONE]);
});

test('a shard that takes over verifies what its log holds', () => {
  const world = new TransactionWorld();
  const producer = new TestProducer(world, { isBumping: false }).ready();
  producer.add();
  world.reload(KafkaError.NOT_LEADER_OR_FOLLOWER);
  expect(partitionErrors(producer.verify())).toEqual([NONE]);
});
