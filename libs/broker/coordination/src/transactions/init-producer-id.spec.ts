import { KafkaError } from '@weirhouse/kafka-protocol';
import { expect, test } from 'vitest';

import { TestProducer } from './testing/test-producer.ts';
import { TransactionWorld } from './testing/transaction-world.ts';
import { created } from './transaction-values.ts';

const NONE = KafkaError.NONE;

/** A world that holds one id at the given epoch. */
function worldAtEpoch(producerEpoch: number, clientVersion = 2): TransactionWorld {
  const value = { ...created(7, 60_000, 1_735_689_600_000), producerEpoch, clientVersion };
  return new TransactionWorld({}, [{ transactionalId: 'payments', value }]);
}

test('a new transactional id gets a producer id of its own at epoch 0', () => {
  const world = new TransactionWorld();
  expect(new TestProducer(world).init().answer).toEqual({
    errorCode: NONE,
    producerId: 1_001,
    producerEpoch: 0,
  });
  const other = new TestProducer(world, { transactionalId: 'other' }).init().answer;
  expect(other.producerId).toBe(1_002);
});

test('nobody is told of an epoch before it is durable', () => {
  const world = new TransactionWorld();
  world.commitsAtOnce = false;
  const reply = new TestProducer(world).init();
  expect(reply.isAnswered).toBe(false);
  world.commit();
  expect(reply.answer.errorCode).toBe(NONE);
});

test('a second process gets the same id in the next epoch, and the first is fenced', () => {
  const world = new TransactionWorld();
  const first = new TestProducer(world).ready();
  const second = new TestProducer(world).ready();
  expect([second.producerId, second.producerEpoch]).toEqual([first.producerId, 1]);
  expect(first.end(true).answer.errorCode).toBe(KafkaError.PRODUCER_FENCED);
  expect(first.reinit().answer.errorCode).toBe(KafkaError.PRODUCER_FENCED);
});

test.each([true, false])(
  'an open transaction is aborted first and the caller asked to come back (KIP-890: %s)',
  (isBumping) => {
    const world = new TransactionWorld();
    const first = new TestProducer(world, { isBumping }).ready();
    first.add();
    const second = new TestProducer(world, { isBumping });
    world.marksAtOnce = false;
    expect(second.init().answer.errorCode).toBe(KafkaError.CONCURRENT_TRANSACTIONS);
    expect(second.state()).toBe('PrepareAbort');
    expect(world.sent[0]?.request).toMatchObject({ producerEpoch: 1, transactionResult: false });
    expect(second.init().answer.errorCode).toBe(KafkaError.CONCURRENT_TRANSACTIONS);
    world.marksAtOnce = true;
    world.serve();
    expect(second.init().answer).toMatchObject({ errorCode: NONE, producerEpoch: 2 });
    expect(first.end(true).answer.errorCode).toBe(KafkaError.PRODUCER_FENCED);
  },
);

test('a producer that goes on after an error keeps its id, also when the answer was lost', () => {
  const world = new TransactionWorld();
  const producer = new TestProducer(world).ready();
  const retrying = producer.twin();
  expect(producer.reinit().answer).toMatchObject({ errorCode: NONE, producerEpoch: 1 });
  expect(retrying.reinit().answer).toMatchObject({ errorCode: NONE, producerEpoch: 1 });
});

test('a stale producer that goes on is fenced and does not abort what is open now', () => {
  const world = new TransactionWorld();
  const stale = new TestProducer(world).ready();
  const current = new TestProducer(world).ready();
  current.add();
  expect(stale.reinit().answer.errorCode).toBe(KafkaError.PRODUCER_FENCED);
  expect(current.state()).toBe('Ongoing');
  expect(current.end(true).answer.errorCode).toBe(NONE);
});

test('clients before version 4 are told INVALID_PRODUCER_EPOCH', () => {
  const world = new TransactionWorld();
  const stale = new TestProducer(world).ready();
  new TestProducer(world).ready();
  expect(stale.reinit(3).answer.errorCode).toBe(KafkaError.INVALID_PRODUCER_EPOCH);
});

test('when the epochs are used up a new producer id follows, and a retry finds it', () => {
  const world = worldAtEpoch(32_766);
  const producer = new TestProducer(world);
  producer.hold({ producerId: 7, producerEpoch: 32_766 });
  const retrying = producer.twin();
  expect(producer.reinit().answer).toMatchObject({ producerId: 1_001, producerEpoch: 0 });
  expect(retrying.reinit().answer).toMatchObject({ producerId: 1_001, producerEpoch: 0 });
});

test('an open transaction in the last usable epoch can still be fenced, and nobody gets that epoch', () => {
  const world = worldAtEpoch(32_766);
  const producer = new TestProducer(world);
  producer.hold({ producerId: 7, producerEpoch: 32_766 });
  producer.add();
  const next = new TestProducer(world);
  next.init();
  expect(world.sent[0]?.request.producerEpoch).toBe(32_767);
  expect(next.init().answer).toMatchObject({ producerId: 1_001, producerEpoch: 0 });
});

test.each([0, -1, 900_001])('a timeout of %i ms is refused', (timeoutMs) => {
  const producer = new TestProducer(new TransactionWorld());
  producer.timeoutMs = timeoutMs;
  expect(producer.init().answer).toEqual({
    errorCode: KafkaError.INVALID_TRANSACTION_TIMEOUT,
    producerId: -1,
    producerEpoch: -1,
  });
});

test('an empty id, and an id without its epoch, are invalid', () => {
  const world = new TransactionWorld();
  const nameless = new TestProducer(world, { transactionalId: '' });
  expect(nameless.init().answer.errorCode).toBe(KafkaError.INVALID_REQUEST);
  const half = new TestProducer(world);
  half.hold({ producerId: 3, producerEpoch: -1 });
  expect(half.reinit().answer.errorCode).toBe(KafkaError.INVALID_REQUEST);
});

test('whoever waits for a producer id is answered when it is refused and when the shard goes', () => {
  const world = new TransactionWorld();
  world.givesIdsAtOnce = false;
  const refused = new TestProducer(world).init();
  world.refuseId(KafkaError.COORDINATOR_LOAD_IN_PROGRESS);
  expect(refused.answer.errorCode).toBe(KafkaError.COORDINATOR_LOAD_IN_PROGRESS);
  const orphaned = new TestProducer(world).init();
  world.reload(KafkaError.NOT_LEADER_OR_FOLLOWER);
  expect(orphaned.answer.errorCode).toBe(KafkaError.NOT_COORDINATOR);
  world.giveId();
  expect(world.shard.count().transactionalIds).toBe(0);
});

test('two processes that ask for a new id at once share it, in different epochs', () => {
  const world = new TransactionWorld();
  world.givesIdsAtOnce = false;
  const first = new TestProducer(world);
  const second = new TestProducer(world);
  first.init();
  second.init();
  world.giveId();
  world.giveId();
  expect([first.producerId, first.producerEpoch]).toEqual([1_001, 0]);
  expect([second.producerId, second.producerEpoch]).toEqual([1_001, 1]);
});

test('a failed append is told in the words of coordinators, and the id is as before', () => {
  const world = new TransactionWorld();
  world.commitsAtOnce = false;
  const reply = new TestProducer(world).init();
  world.failWrites(KafkaError.NOT_ENOUGH_REPLICAS);
  expect(reply.answer.errorCode).toBe(KafkaError.COORDINATOR_NOT_AVAILABLE);
  expect(world.shard.count().transactionalIds).toBe(0);
});

test('a shard that holds as many ids as it may refuses a new one', () => {
  const world = new TransactionWorld({ transactionalIdsMax: 1 });
  new TestProducer(world).ready();
  const other = new TestProducer(world, { transactionalId: 'other' });
  expect(other.init().answer.errorCode).toBe(KafkaError.COORDINATOR_NOT_AVAILABLE);
  expect(new TestProducer(world).init().answer.errorCode).toBe(NONE);
});

test('a producer that was fenced by an unfinished InitProducerId cannot take the id back', () => {
  const world = new TransactionWorld();
  const zombie = new TestProducer(world).ready();
  zombie.add();
  const next = new TestProducer(world);
  expect(next.init().answer.errorCode).toBe(KafkaError.CONCURRENT_TRANSACTIONS);
  expect(zombie.reinit().answer.errorCode).toBe(KafkaError.PRODUCER_FENCED);
});

test('an owner that ends its own open transaction by going on gets the epoch it asks for', () => {
  const world = new TransactionWorld();
  const owner = new TestProducer(world, { isBumping: false }).ready();
  owner.add();
  expect(owner.reinit().answer.errorCode).toBe(KafkaError.CONCURRENT_TRANSACTIONS);
  expect(owner.reinit().answer).toMatchObject({ errorCode: NONE, producerEpoch: 1 });
});

test('a repeated InitProducerId that arrives late does not abort what was begun since', () => {
  const world = new TransactionWorld();
  const producer = new TestProducer(world).ready();
  const late = producer.twin();
  producer.reinit();
  producer.add();
  expect(late.reinit().answer.errorCode).toBe(KafkaError.PRODUCER_FENCED);
  expect(producer.state()).toBe('Ongoing');
});
