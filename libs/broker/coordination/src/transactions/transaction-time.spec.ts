import { KafkaError } from '@weirhouse/kafka-protocol';
import { expect, test } from 'vitest';

import { partitionErrors, TestProducer } from './testing/test-producer.ts';
import { TransactionWorld } from './testing/transaction-world.ts';
import { isTransactionState } from './transaction-state.ts';

const WEEK_MS = 604_800_000;

test.each([true, false])(
  'a transaction that is open for its timeout is aborted in the next epoch (KIP-890: %s)',
  (isBumping) => {
    const world = new TransactionWorld();
    const producer = new TestProducer(world, { isBumping }).ready();
    producer.add();
    world.advance(59_999);
    expect(producer.state()).toBe('Ongoing');
    world.advance(1);
    expect(producer.state()).toBe('CompleteAbort');
    expect(world.sent[0]?.request).toMatchObject({ producerEpoch: 1, transactionResult: false });
    expect(partitionErrors(producer.add())).toEqual([KafkaError.PRODUCER_FENCED]);
    expect(world.timerKeys).toEqual([]);
  },
);

test('a client of KIP-890 learns of the timeout and goes on; an older one is fenced', () => {
  const world = new TransactionWorld();
  const late = new TestProducer(world).ready();
  late.add();
  world.advance(60_000);
  expect(late.end(true).answer.errorCode).toBe(KafkaError.INVALID_TXN_STATE);
  expect(late.end(false).answer).toMatchObject({ errorCode: KafkaError.NONE, producerEpoch: 1 });
  expect(partitionErrors(late.add())).toEqual([KafkaError.NONE]);
  const old = new TestProducer(world, { transactionalId: 'old', isBumping: false }).ready();
  old.add();
  world.advance(60_000);
  expect(old.end(false).answer.errorCode).toBe(KafkaError.PRODUCER_FENCED);
  expect(old.reinit().answer.errorCode).toBe(KafkaError.PRODUCER_FENCED);
});

test('moving the coordinator gives a transaction no more time', () => {
  const world = new TransactionWorld();
  const producer = new TestProducer(world).ready();
  producer.add();
  world.advance(50_000);
  producer.add([{ name: 'views', partitions: [0] }]);
  world.reload(KafkaError.NOT_LEADER_OR_FOLLOWER);
  world.advance(9_999);
  expect(producer.state()).toBe('Ongoing');
  world.advance(1);
  expect(producer.state()).toBe('CompleteAbort');
});

test('a transaction that timed out while there was no coordinator is aborted at once', () => {
  const world = new TransactionWorld();
  const producer = new TestProducer(world).ready();
  producer.add();
  world.nowMs += 100_000;
  world.reload(KafkaError.NOT_LEADER_OR_FOLLOWER);
  world.advance(0);
  expect(producer.state()).toBe('CompleteAbort');
});

test('a clock that was set back does not stretch a transaction', () => {
  const world = new TransactionWorld();
  const producer = new TestProducer(world).ready();
  producer.add();
  world.nowMs -= 3_600_000;
  world.reload(KafkaError.NOT_LEADER_OR_FOLLOWER);
  world.advance(60_000);
  expect(producer.state()).toBe('CompleteAbort');
});

test('an id that nobody used for a week goes, unless something is open', () => {
  const world = new TransactionWorld();
  const idle = new TestProducer(world).ready();
  world.advance(WEEK_MS - 1);
  const busy = new TestProducer(world, { transactionalId: 'busy' }).ready();
  world.run(world.shard.expireTransactionalIds(world.nowMs));
  expect(world.shard.count().transactionalIds).toBe(2);
  world.advance(1);
  busy.add();
  world.marksAtOnce = false;
  busy.end(true);
  world.run(world.shard.expireTransactionalIds(world.nowMs));
  expect(world.shard.count().transactionalIds).toBe(1);
  expect(world.records.at(-1)).toEqual({ transactionalId: 'payments', value: null });
  expect(partitionErrors(idle.add())).toEqual([KafkaError.INVALID_PRODUCER_ID_MAPPING]);
  expect(idle.reinit().answer).toMatchObject({ errorCode: KafkaError.NONE, producerEpoch: 0 });
  world.run(world.shard.expireTransactionalIds(world.nowMs + 2 * WEEK_MS));
  expect(busy.state()).toBe('PrepareCommit');
});

test('while the removal of an id is on its way, its users are asked to come back', () => {
  const world = new TransactionWorld();
  const producer = new TestProducer(world).ready();
  world.advance(WEEK_MS);
  world.commitsAtOnce = false;
  world.run(world.shard.expireTransactionalIds(world.nowMs));
  expect(partitionErrors(producer.add())).toEqual([KafkaError.CONCURRENT_TRANSACTIONS]);
  expect(producer.init().answer.errorCode).toBe(KafkaError.CONCURRENT_TRANSACTIONS);
});

test('listing shows what passes every filter and names the states it does not know', () => {
  const world = new TransactionWorld();
  const one = new TestProducer(world, { transactionalId: 'one' }).ready();
  const two = new TestProducer(world, { transactionalId: 'two' }).ready();
  one.add();
  world.advance(1_000);
  two.add();
  new TestProducer(world, { transactionalId: 'three' }).ready();
  const all = { stateFilters: [], producerIdFilters: [], durationFilter: -1 };
  const ids = (filters: Partial<Parameters<typeof world.shard.list>[0]>): readonly string[] =>
    world.shard
      .list({ ...all, ...filters }, world.nowMs)
      .map(({ transactionalId }) => transactionalId);
  expect(ids({})).toEqual(['one', 'two', 'three']);
  expect(ids({ stateFilters: ['Ongoing', 'Nonsense'] })).toEqual(['one', 'two']);
  expect(ids({ stateFilters: ['Nonsense'] })).toEqual([]);
  expect(ids({ producerIdFilters: [two.producerId] })).toEqual(['two']);
  expect(ids({ durationFilter: 0 })).toEqual(['one']);
  expect(ids({ isWantedId: (id) => id.startsWith('t') })).toEqual(['two', 'three']);
  expect(['Dead', 'Ongoing', 'Nonsense'].filter((name) => !isTransactionState(name))).toEqual([
    'Nonsense',
  ]);
});

test('describing tells an id that is not known from one that is none', () => {
  const { shard } = new TransactionWorld();
  expect(shard.describe('nobody').errorCode).toBe(KafkaError.TRANSACTIONAL_ID_NOT_FOUND);
  expect(shard.describe('').errorCode).toBe(KafkaError.INVALID_REQUEST);
});
