import { KafkaError } from '@weirhouse/kafka-protocol';
import { expect, test } from 'vitest';

import { partitionErrors, TestProducer } from './testing/test-producer.ts';
import { resultsOf, TransactionWorld } from './testing/transaction-world.ts';
import { created } from './transaction-values.ts';

const NONE = KafkaError.NONE;
const FENCED = KafkaError.PRODUCER_FENCED;
const BUSY = KafkaError.CONCURRENT_TRANSACTIONS;
const WRONG_STATE = KafkaError.INVALID_TXN_STATE;

/** A producer with an open transaction, whose markers wait. */
function open(isBumping = true): { world: TransactionWorld; producer: TestProducer } {
  const world = new TransactionWorld();
  const producer = new TestProducer(world, { isBumping }).ready();
  producer.add();
  world.marksAtOnce = false;
  return { world, producer };
}

function finish(world: TransactionWorld): void {
  world.marksAtOnce = true;
  world.serve();
  world.marksAtOnce = false;
}

test('the answer comes with the durable decision, markers after it, completion after them', () => {
  const { world, producer } = open();
  world.commitsAtOnce = false;
  const reply = producer.end(true);
  expect([reply.isAnswered, world.sent.length]).toEqual([false, 0]);
  world.commitsAtOnce = true;
  world.commit();
  expect(reply.answer.errorCode).toBe(NONE);
  expect(producer.state()).toBe('PrepareCommit');
  expect(world.sent.map(({ request }) => request)).toEqual([
    {
      transactionalId: 'payments',
      producerId: 1_001,
      producerEpoch: 1,
      transactionResult: true,
      coordinatorEpoch: 0,
      transactionVersion: 2,
      topics: [{ name: 'orders', partitionIndexes: [0] }],
    },
  ]);
  finish(world);
  expect(producer.state()).toBe('CompleteCommit');
  expect(world.timerKeys).toEqual([]);
});

test('a client of KIP-890 goes on in the next epoch after every transaction', () => {
  const { world, producer } = open();
  expect(producer.end(true).answer).toEqual({
    errorCode: NONE,
    producerId: 1_001,
    producerEpoch: 1,
  });
  finish(world);
  producer.add();
  expect(producer.end(false).answer).toMatchObject({ errorCode: NONE, producerEpoch: 2 });
  finish(world);
  expect(producer.state()).toBe('CompleteAbort');
});

test('an older client keeps its epoch, and so do its markers', () => {
  const { world, producer } = open(false);
  expect(producer.end(true).answer).toMatchObject({ errorCode: NONE, producerEpoch: 0 });
  expect(world.sent[0]?.request).toMatchObject({ producerEpoch: 0, transactionVersion: 0 });
});

test.each([true, false])('a repeated EndTxn is known by its epoch (KIP-890: %s)', (isBumping) => {
  const { world, producer } = open(isBumping);
  const before = { producerId: 1_001, producerEpoch: 0 };
  const version = isBumping ? 5 : 3;
  producer.end(true);
  expect(producer.endAs(before, true, version).answer.errorCode).toBe(BUSY);
  expect(producer.endAs(before, false, version).answer.errorCode).toBe(WRONG_STATE);
  finish(world);
  expect(producer.endAs(before, true, version).answer).toEqual({
    errorCode: NONE,
    producerId: 1_001,
    producerEpoch: isBumping ? 1 : 0,
  });
  expect(producer.endAs(before, false, version).answer.errorCode).toBe(WRONG_STATE);
});

test('an EndTxn that arrives late does not touch the next transaction (KIP-890)', () => {
  const { world, producer } = open();
  const before = { producerId: 1_001, producerEpoch: 0 };
  producer.end(true);
  finish(world);
  producer.add();
  expect(producer.endAs(before, false, 5).answer.errorCode).toBe(FENCED);
  expect(producer.endAs(before, true, 5).answer.errorCode).toBe(FENCED);
  expect(producer.state()).toBe('Ongoing');
});

test('a client of KIP-890 may abort what it never began, at the cost of an epoch', () => {
  const world = new TransactionWorld();
  const producer = new TestProducer(world).ready();
  expect(producer.end(true).answer.errorCode).toBe(WRONG_STATE);
  expect(producer.end(false).answer).toMatchObject({ errorCode: NONE, producerEpoch: 1 });
  expect(producer.end(false).answer).toMatchObject({ errorCode: NONE, producerEpoch: 2 });
  expect([producer.state(), world.sent.length]).toEqual(['CompleteAbort', 0]);
  expect(producer.end(true).answer.errorCode).toBe(WRONG_STATE);
});

test('an older client cannot end what it never began', () => {
  const producer = new TestProducer(new TransactionWorld(), { isBumping: false }).ready();
  expect(producer.end(false).answer.errorCode).toBe(WRONG_STATE);
  expect(producer.end(true).answer.errorCode).toBe(WRONG_STATE);
});

test('an EndTxn of the next transaction waits for the markers of the last', () => {
  const { producer } = open();
  producer.end(true);
  expect(producer.end(false).answer.errorCode).toBe(BUSY);
});

test('what an older client ended is no retry of a fenced newer one', () => {
  const world = new TransactionWorld();
  const zombie = new TestProducer(world).ready();
  const old = new TestProducer(world, { isBumping: false }).ready();
  old.add();
  old.end(true);
  expect(old.state()).toBe('CompleteCommit');
  expect(zombie.end(true).answer.errorCode).toBe(FENCED);
});

test('fencing is told to old versions as an invalid epoch, unknown ids as no mapping', () => {
  const { producer } = open();
  const stranger = { producerId: 5, producerEpoch: 0 };
  const stale = { producerId: 1_001, producerEpoch: 7 };
  expect(producer.endAs(stale, true, 1).answer.errorCode).toBe(KafkaError.INVALID_PRODUCER_EPOCH);
  expect(producer.endAs(stale, true, 2).answer.errorCode).toBe(FENCED);
  const { INVALID_PRODUCER_ID_MAPPING } = KafkaError;
  expect(producer.endAs(stranger, true, 3).answer.errorCode).toBe(INVALID_PRODUCER_ID_MAPPING);
  expect(producer.endAs(stranger, true, 5).answer.errorCode).toBe(INVALID_PRODUCER_ID_MAPPING);
});

test('the last usable epoch ends with a new producer id, which a retry and its next step find', () => {
  const value = { ...created(7, 60_000, 1_735_689_600_000), producerEpoch: 32_766 };
  const world = new TransactionWorld({}, [{ transactionalId: 'payments', value }]);
  const producer = new TestProducer(world);
  const before = { producerId: 7, producerEpoch: 32_766 };
  producer.hold(before);
  producer.add();
  world.marksAtOnce = false;
  expect(producer.end(true).answer).toEqual({
    errorCode: NONE,
    producerId: 1_001,
    producerEpoch: 0,
  });
  expect(world.sent[0]?.request).toMatchObject({ producerId: 7, producerEpoch: 32_767 });
  expect(producer.endAs(before, true, 5).answer.errorCode).toBe(BUSY);
  expect(partitionErrors(producer.add())).toEqual([BUSY]);
  world.reload(KafkaError.NOT_LEADER_OR_FOLLOWER);
  finish(world);
  expect(producer.endAs(before, true, 5).answer).toMatchObject({ producerId: 1_001 });
  expect(partitionErrors(producer.add())).toEqual([NONE]);
  expect(producer.endAs(before, true, 5).answer.errorCode).toBe(
    KafkaError.INVALID_PRODUCER_ID_MAPPING,
  );
});

test('markers that fail are sent again, to those that lack them, with growing waits', () => {
  const { world, producer } = open();
  producer.add([{ name: 'views', partitions: [0, 1] }]);
  producer.end(true);
  const [first] = world.sent;
  if (first === undefined) throw new Error('no markers were sent');
  world.report(first, [
    { topic: 'orders', partition: 0, outcome: 'written' },
    { topic: 'views', partition: 0, outcome: 'failed' },
    { topic: 'views', partition: 1, outcome: 'deleted' },
  ]);
  world.advance(19);
  expect(world.sent).toHaveLength(1);
  world.advance(1);
  const second = world.sent[1];
  expect(second?.request.topics).toEqual([{ name: 'views', partitionIndexes: [0] }]);
  if (second === undefined) return;
  world.report(second, resultsOf(second.request, 'failed'));
  world.advance(39);
  expect(world.sent).toHaveLength(2);
  world.advance(1);
  expect(world.sent).toHaveLength(3);
  expect(producer.state()).toBe('PrepareCommit');
  // A report that comes late and twice is as good as one in time.
  world.report(second);
  world.report(second);
  expect(producer.state()).toBe('CompleteCommit');
  expect(world.timerKeys).toEqual([]);
});

test('a marker that is refused for good ends the sending until the shard is loaded anew', () => {
  const { world, producer } = open();
  producer.add([{ name: 'views', partitions: [0] }]);
  producer.end(true);
  const [first] = world.sent;
  if (first === undefined) throw new Error('no markers were sent');
  world.report(first, [
    { topic: 'orders', partition: 0, outcome: 'refused' },
    { topic: 'views', partition: 0, outcome: 'failed' },
  ]);
  expect(world.timerKeys).toEqual([]);
  world.advance(60_000);
  expect([world.sent.length, producer.state()]).toEqual([1, 'PrepareCommit']);
  expect(producer.end(false).answer.errorCode).not.toBe(NONE);
  world.reload(NONE);
  expect(world.sent).toHaveLength(2);
});

test('markers that nobody reports on are sent again after 30 s', () => {
  const { world, producer } = open();
  producer.end(false);
  world.advance(29_999);
  expect(world.sent).toHaveLength(1);
  world.advance(1);
  expect(world.sent).toHaveLength(2);
});

test('a report of the last transaction says nothing about the next', () => {
  const { world, producer } = open();
  producer.end(true);
  const [first] = world.sent;
  if (first === undefined) throw new Error('no markers were sent');
  world.report(first);
  producer.add();
  producer.end(false);
  world.report(first);
  expect(producer.state()).toBe('PrepareAbort');
});

test('a shard that takes over sends the markers of what was decided, in its own epoch', () => {
  const { world, producer } = open();
  producer.end(true);
  const [old] = world.sent;
  world.reload(KafkaError.NOT_LEADER_OR_FOLLOWER);
  expect(world.sent[1]?.request).toMatchObject({
    producerEpoch: 1,
    transactionResult: true,
    coordinatorEpoch: 1,
  });
  if (old !== undefined) world.report(old);
  expect(producer.state()).toBe('PrepareCommit');
  finish(world);
  expect(producer.state()).toBe('CompleteCommit');
});

test('a decision that the log lost never happened', () => {
  const { world, producer } = open();
  world.commitsAtOnce = false;
  const reply = producer.end(true);
  world.failWrites(KafkaError.NOT_LEADER_OR_FOLLOWER);
  expect(reply.answer.errorCode).toBe(KafkaError.NOT_COORDINATOR);
  expect([producer.state(), world.sent.length]).toEqual(['Ongoing', 0]);
});

test('a decision that becomes durable after the shard went is answered and marked by the next', () => {
  const { world, producer } = open();
  world.commitsAtOnce = false;
  const reply = producer.end(true);
  world.shard.onUnloaded();
  world.commit();
  expect([reply.answer.errorCode, world.sent.length]).toEqual([NONE, 0]);
  expect(world.timerKeys).toEqual([]);
});

test('after the next process took over, the last transaction is not ended once more', () => {
  const { world, producer } = open();
  producer.end(true);
  finish(world);
  new TestProducer(world).ready();
  expect(producer.end(true).answer.errorCode).toBe(FENCED);
  expect(producer.end(false).answer.errorCode).toBe(FENCED);
});

test('in the epoch that only fences, nothing can be begun or ended', () => {
  const value = { ...created(7, 60_000, 1_735_689_600_000), producerEpoch: 32_766 };
  const world = new TransactionWorld({}, [{ transactionalId: 'payments', value }]);
  const producer = new TestProducer(world);
  producer.hold({ producerId: 7, producerEpoch: 32_766 });
  producer.add();
  world.advance(60_000);
  expect(producer.end(false).answer).toMatchObject({ errorCode: NONE, producerEpoch: 32_767 });
  expect(partitionErrors(producer.add())).toEqual([FENCED]);
  expect(producer.end(false).answer.errorCode).toBe(FENCED);
  expect(producer.reinit().answer).toMatchObject({ producerId: 1_001, producerEpoch: 0 });
});

test('the next transaction need not wait until the completion of the last is durable', () => {
  const { world, producer } = open();
  producer.end(true);
  world.commitsAtOnce = false;
  finish(world);
  expect(world.pendingWrites).toBe(1);
  const { shard } = world;
  let isSettled = false;
  shard.whenSettled('payments', () => (isSettled = true));
  expect(isSettled).toBe(true);
  const reply = producer.add();
  expect(reply.isAnswered).toBe(false);
  world.commit();
  expect(partitionErrors(reply)).toEqual([NONE]);
});

test('who waits for the end of a transaction is called when its markers are written', () => {
  const { world, producer } = open();
  producer.end(true);
  const calls: string[] = [];
  world.shard.whenSettled('payments', () => calls.push('told'));
  const stop = world.shard.whenSettled('payments', () => calls.push('not told'));
  stop();
  expect(calls).toEqual([]);
  finish(world);
  expect(calls).toEqual(['told']);
});

test('who waits when the shard ends is called too', () => {
  const { world, producer } = open();
  producer.end(true);
  let isTold = false;
  world.shard.whenSettled('payments', () => (isTold = true));
  world.reload(KafkaError.NOT_LEADER_OR_FOLLOWER);
  expect(isTold).toBe(true);
});
