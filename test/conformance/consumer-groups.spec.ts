import {
  Admin,
  Consumer,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka';
import { startBroker, temporaryFolder, type TestBroker } from '@weirhouse/testing-harness';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

const GROUP = 'shared';
const TOPIC = 'jobs';
const PARTITIONS = 4;

/** Short times, so that nobody waits for the defaults of seconds. */
const CONFIG = {
  'group.consumer.min.heartbeat.interval.ms': '200',
  'group.consumer.heartbeat.interval.ms': '200',
  'group.consumer.min.session.timeout.ms': '1000',
  'group.consumer.session.timeout.ms': '5000',
  'group.initial.rebalance.delay.ms': '0',
};

describe('consumer groups of @platformatic/kafka', () => {
  const folder = temporaryFolder('consumer-groups');
  let broker: TestBroker;
  beforeAll(async () => {
    broker = await startBroker({ dir: `${folder.path}/data`, config: CONFIG });
    const admin = new Admin({ clientId: 'admin', bootstrapBrokers: [broker.bootstrap] });
    await admin.createTopics({ topics: [TOPIC], partitions: PARTITIONS, replicas: 1 });
    await admin.close();
  });
  afterAll(async () => {
    broker.kill('SIGTERM');
    await broker.exited();
    folder.remove();
  });

  /** A member that reads on until it is closed; `seen` is what it has read. */
  async function member(clientId: string) {
    const consumer = new Consumer({
      clientId,
      groupId: GROUP,
      groupProtocol: 'consumer',
      bootstrapBrokers: [broker.bootstrap],
      deserializers: stringDeserializers,
    });
    const seen: string[] = [];
    const stream = await consumer.consume({
      topics: [TOPIC],
      mode: 'committed',
      fallbackMode: 'earliest',
      autocommit: 100,
    });
    stream.on('data', ({ value }) => seen.push(value));
    const close = () => consumer.close(true);
    const owned = () =>
      (consumer.assignments ?? [])
        .flatMap(({ partitions }) => partitions)
        .toSorted((a, b) => a - b);
    return { close, owned, seen };
  }

  async function produce(count: number): Promise<void> {
    const producer = new Producer({
      clientId: 'producer',
      bootstrapBrokers: [broker.bootstrap],
      serializers: stringSerializers,
    });
    const messages = Array.from({ length: count }, (_, index) => {
      return {
        topic: TOPIC,
        key: String(index),
        value: `job-${index}`,
        partition: index % PARTITIONS,
      };
    });
    await producer.send({ messages });
    await producer.close();
  }

  const soon = { timeout: 20_000, interval: 50 };

  test('two members share the partitions and one takes over when the other leaves', async () => {
    const one = await member('one');
    await expect.poll(one.owned, soon).toEqual([0, 1, 2, 3]);
    const two = await member('two');
    onTestFinished(two.close);
    await expect.poll(two.owned, soon).toHaveLength(2);
    await expect.poll(() => [...one.owned(), ...two.owned()].length, soon).toBe(PARTITIONS);
    await produce(40);
    await expect.poll(() => one.seen.length + two.seen.length, soon).toBe(40);
    expect(new Set([...one.seen, ...two.seen]).size).toBe(40);
    await one.close();
    await expect.poll(two.owned, soon).toEqual([0, 1, 2, 3]);
  });
});
