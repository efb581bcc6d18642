import { Producer as OtherProducer, stringSerializers } from '@platformatic/kafka';
import { startBroker, temporaryFolder, waitFor, type TestBroker } from '@weirhouse/testing-harness';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

describe('transactions', () => {
  const folder = temporaryFolder('transactions');
  let broker: TestBroker;
  let kafka: Kafka;
  beforeAll(async () => {
    const config = { 'group.initial.rebalance.delay.ms': 0 };
    broker = await startBroker({ dir: `${folder.path}/data`, config });
    kafka = new Kafka({
      clientId: 'conformance',
      brokers: [broker.bootstrap],
      logLevel: logLevel.NOTHING,
      retry: { retries: 5, initialRetryTime: 30 },
    });
  });
  afterAll(async () => {
    broker.kill('SIGTERM');
    await broker.exited();
    folder.remove();
  });

  async function createTopic(topic: string): Promise<void> {
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
    await admin.disconnect();
  }

  async function connect(transactionalId: string, transactionTimeout = 30_000): Promise<Producer> {
    const producer = kafka.producer({
      transactionalId,
      maxInFlightRequests: 1,
      idempotent: true,
      transactionTimeout,
    });
    await producer.connect();
    return producer;
  }

  /** The values of a topic up to and with `last`, as a reader of committed records sees them. */
  async function readUntil(
    topic: string,
    last: string,
    readUncommitted = false,
  ): Promise<string[]> {
    const groupId = `readers-${process.hrtime.bigint()}`;
    const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, readUncommitted });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const seen: string[] = [];
    await consumer.run({
      eachMessage: ({ message }) => {
        seen.push(String(message.value));
        return Promise.resolve();
      },
    });
    await waitFor(last, () => seen.includes(last), 20_000);
    await consumer.disconnect();
    return seen;
  }

  async function committedOffset(groupId: string, topic: string): Promise<string | undefined> {
    const admin = kafka.admin();
    await admin.connect();
    const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] });
    await admin.disconnect();
    return offsets?.partitions[0]?.offset;
  }

  test('kafkajs: what is committed is read, what is aborted is not', async () => {
    await createTopic('ledger');
    const producer = await connect('ledger-writer');
    const kept: string[] = [];
    for (let number = 0; number < 20; number++) {
      const transaction = await producer.transaction();
      const value = `entry-${number}`;
      await transaction.send({ topic: 'ledger', messages: [{ value }] });
      if (number % 4 === 1) await transaction.abort();
      else {
        await transaction.commit();
        kept.push(value);
      }
    }
    await producer.disconnect();
    expect(await readUntil('ledger', 'entry-19')).toEqual(kept);
    expect(await readUntil('ledger', 'entry-19', true)).toHaveLength(20);
  });

  test('kafkajs: offsets are committed with the transaction, or not at all', async () => {
    await createTopic('input');
    const producer = await connect('transformer');
    const offsetsOf = (offset: string) => ({
      consumerGroupId: 'transformers',
      topics: [{ topic: 'input', partitions: [{ partition: 0, offset }] }],
    });
    const first = await producer.transaction();
    await first.send({ topic: 'input', messages: [{ value: 'one' }] });
    await first.sendOffsets(offsetsOf('7'));
    await first.commit();
    await waitFor(
      'the offset',
      async () => (await committedOffset('transformers', 'input')) === '7',
    );
    const second = await producer.transaction();
    await second.sendOffsets(offsetsOf('9'));
    await second.abort();
    const third = await producer.transaction();
    await third.send({ topic: 'input', messages: [{ value: 'two' }] });
    await third.commit();
    expect(await committedOffset('transformers', 'input')).toBe('7');
    await producer.disconnect();
  });

  test('kafkajs: a second producer with the id shuts the first out', async () => {
    await createTopic('owned');
    const first = await connect('owner');
    const lost = await first.transaction();
    await lost.send({ topic: 'owned', messages: [{ value: 'zombie' }] });
    const second = await connect('owner');
    const mine = await second.transaction();
    const outcome = await lost.commit().then(
      () => 'committed',
      (error: unknown) => (error instanceof Error ? error.message : ''),
    );
    expect(outcome).toMatch(/epoch|fenced/i);
    await mine.send({ topic: 'owned', messages: [{ value: 'mine' }] });
    await mine.commit();
    expect(await readUntil('owned', 'mine')).toEqual(['mine']);
    await Promise.all([first.disconnect(), second.disconnect()]);
  });

  test('kafkajs: a transaction that is left open ends after its timeout', async () => {
    await createTopic('slow');
    const producer = await connect('sleeper', 1_000);
    const transaction = await producer.transaction();
    await transaction.send({ topic: 'slow', messages: [{ value: 'left' }] });
    const plain = kafka.producer();
    await plain.connect();
    await plain.send({ topic: 'slow', messages: [{ value: 'behind' }] });
    // Readers of committed records wait behind the open transaction; its timeout lets them go on.
    expect(await readUntil('slow', 'behind')).toEqual(['behind']);
    await expect(transaction.commit()).rejects.toThrow(/epoch|transaction/i);
    await Promise.all([producer.disconnect(), plain.disconnect()]);
  });

  test('@platformatic/kafka: commits and aborts', async () => {
    await createTopic('events');
    const producer = new OtherProducer({
      clientId: 'conformance',
      bootstrapBrokers: [broker.bootstrap],
      serializers: stringSerializers,
      transactionalId: 'event-writer',
      idempotent: true,
    });
    for (const [value, isKept] of [
      ['gone', false],
      ['kept', true],
      ['last', true],
    ] as const) {
      const transaction = await producer.beginTransaction();
      await transaction.send({ messages: [{ topic: 'events', key: 'k', value }] });
      await (isKept ? transaction.commit() : transaction.abort());
    }
    await producer.close();
    expect(await readUntil('events', 'last')).toEqual(['kept', 'last']);
  });
});
