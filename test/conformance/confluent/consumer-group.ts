// A consumer group with a member, for what the contract says of groups.
import type { Quickstart } from '@weirhouse/testing-harness';
import { Kafka, logLevel } from 'kafkajs';

/** The group, and the topic of the first start that it reads. */
export const GROUP = { id: 'contract', topic: 'hello' } as const;

const RECORDS = 3;

/** A joined member of the group. */
export interface Member {
  readonly id: string;
  readonly memberId: string;
  leave(): Promise<void>;
}

/** Writes records and starts a member that has read one of them. */
export async function startGroup(quickstart: Quickstart): Promise<Member> {
  const { bootstrap, clusterApiKey: username, clusterApiSecret: password } = quickstart;
  const { id, topic } = GROUP;
  const kafka = new Kafka({
    brokers: [bootstrap],
    clientId: id,
    logLevel: logLevel.NOTHING,
    sasl: { mechanism: 'scram-sha-512', username, password },
  });
  const producer = kafka.producer();
  await producer.connect();
  const messages = Array.from({ length: RECORDS }, () => ({ partition: 0, value: 'x' }));
  await producer.send({ topic, messages });
  await producer.disconnect();
  const consumer = kafka.consumer({ groupId: id });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const joined = new Promise<string>((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => resolve(payload.memberId));
  });
  await consumer.run({ autoCommit: false, eachMessage: async () => undefined });
  const memberId = await joined;
  await consumer.commitOffsets([{ topic, partition: 0, offset: '1' }]);
  return { id, memberId, leave: () => consumer.disconnect() };
}
