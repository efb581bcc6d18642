// A consumer group with a member, for what the contract says of groups.
import type { Quickstart } from '@weirhouse/testing-harness';
import { Kafka, logLevel } from 'kafkajs';

/** The group, and the topic of the first start that it reads. */
export const GROUP = { id: 'contract', topic: 'hello' } as const;

const RECORDS = 3;

/** Writes records and starts a member that has read one of them; the answer ends it. */
export async function startGroup(quickstart: Quickstart): Promise<() => Promise<void>> {
  const { bootstrap, clusterApiKey: username, clusterApiSecret: password } = quickstart;
  const kafka = new Kafka({
    brokers: [bootstrap],
    clientId: GROUP.id,
    logLevel: logLevel.NOTHING,
    sasl: { mechanism: 'scram-sha-512', username, password },
  });
  const producer = kafka.producer();
  await producer.connect();
  const messages = Array.from({ length: RECORDS }, () => ({ partition: 0, value: 'x' }));
  await producer.send({ topic: GROUP.topic, messages });
  await producer.disconnect();
  const consumer = kafka.consumer({ groupId: GROUP.id });
  await consumer.connect();
  await consumer.subscribe({ topic: GROUP.topic, fromBeginning: true });
  const joined = new Promise((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, resolve);
  });
  await consumer.run({ autoCommit: false, eachMessage: async () => undefined });
  await joined;
  await consumer.commitOffsets([{ topic: GROUP.topic, partition: 0, offset: '1' }]);
  return () => consumer.disconnect();
}
