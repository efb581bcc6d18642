import { waitFor } from '@weirhouse/testing-harness';
import { Kafka, logLevel, type SASLOptions } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD, startSecuredBroker, USER, type SecuredBroker } from './secured-broker.ts';

describe('kafkajs', () => {
  let secured: SecuredBroker;
  beforeAll(async () => {
    secured = await startSecuredBroker();
  });
  afterAll(() => secured.stop());

  const client = (
    sasl: SASLOptions = { mechanism: 'scram-sha-512', username: USER, password: PASSWORD },
  ) =>
    new Kafka({
      clientId: 'conformance',
      brokers: [secured.bootstrap],
      sasl,
      logLevel: logLevel.NOTHING,
      retry: { retries: 3, initialRetryTime: 50 },
    });

  test.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)(
    'logs in with %s',
    async (mechanism) => {
      const admin = client({ mechanism, username: USER, password: PASSWORD }).admin();
      await admin.connect();
      expect((await admin.describeCluster()).brokers).toHaveLength(1);
      await admin.disconnect();
    },
  );

  test('creates topics, produces, consumes in a group and goes on after a restart', async () => {
    const kafka = client();
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 3 }] });
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const values = Array.from({ length: 300 }, (_, index) => `order-${index}`);
    await producer.send({
      topic: 'orders',
      messages: values
        .slice(0, 200)
        .map((value) => ({ key: value, value, headers: { source: 'test' } })),
    });

    const read = async (enough: number): Promise<string[]> => {
      const seen: string[] = [];
      const consumer = kafka.consumer({ groupId: 'order-readers', maxWaitTimeInMs: 100 });
      await consumer.connect();
      await consumer.subscribe({ topic: 'orders', fromBeginning: true });
      await consumer.run({
        eachMessage: ({ message }) => {
          seen.push(String(message.value));
          return Promise.resolve();
        },
      });
      await waitFor(`${enough} messages`, () => seen.length >= enough);
      await consumer.disconnect();
      return seen;
    };
    expect((await read(200)).toSorted()).toEqual(values.slice(0, 200).toSorted());
    await producer.send({
      topic: 'orders',
      messages: values.slice(200).map((value) => ({ value })),
    });
    expect((await read(100)).toSorted()).toEqual(values.slice(200).toSorted());

    const group = (await admin.describeGroups(['order-readers'])).groups[0];
    expect(group?.state).toBe('Empty');
    expect((await admin.listGroups()).groups.map(({ groupId }) => groupId)).toContain(
      'order-readers',
    );
    const offsets = await admin.fetchOffsets({ groupId: 'order-readers', topics: ['orders'] });
    const committed = offsets[0]?.partitions.reduce((sum, { offset }) => sum + Number(offset), 0);
    expect(committed).toBe(300);
    await admin.deleteTopics({ topics: ['orders'] });
    expect(await admin.listTopics()).not.toContain('orders');
    await Promise.all([producer.disconnect(), admin.disconnect()]);
  });

  test('two members share the partitions, and one takes over when the other leaves', async () => {
    const kafka = client();
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'shared', numPartitions: 4 }] });
    const assigned = new Map<string, number[]>();
    const join = async (name: string) => {
      const consumer = kafka.consumer({
        groupId: 'sharers',
        rebalanceTimeout: 10_000,
        maxWaitTimeInMs: 100,
        heartbeatInterval: 300,
      });
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
        assigned.set(name, payload.memberAssignment['shared'] ?? []);
      });
      await consumer.connect();
      await consumer.subscribe({ topic: 'shared' });
      await consumer.run({ eachMessage: () => Promise.resolve() });
      return consumer;
    };
    const all = (): number[] => [...assigned.values()].flat().toSorted((a, b) => a - b);
    const [first, second] = await Promise.all([join('first'), join('second')]);
    await waitFor(
      'two members with two partitions each',
      () => all().join() === '0,1,2,3' && assigned.get('first')?.length === 2,
      30_000,
    );
    await first?.disconnect();
    assigned.delete('first');
    await waitFor('the other member to hold all', () => all().join() === '0,1,2,3', 30_000);
    expect([...assigned.keys()]).toEqual(['second']);
    await second?.disconnect();
    await admin.disconnect();
  });

  test('a wrong password fails with the client’s own authentication error', async () => {
    const admin = client({ mechanism: 'scram-sha-256', username: USER, password: 'wrong' }).admin();
    await expect(admin.connect()).rejects.toThrow(/[Aa]uthentication/);
    await admin.disconnect();
  });
});
