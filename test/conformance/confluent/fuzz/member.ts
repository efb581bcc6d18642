// A consumer that stays in its group, so that there is one to be asked for.
import type { Quickstart } from '@weirhouse/testing-harness';
import { Kafka, logLevel } from 'kafkajs';

/** A joined member of a group. */
export interface Member {
  readonly id: string;
  readonly memberId: string;
  leave(): Promise<void>;
}

/** Joins a group on a topic, which the broker makes. */
export async function joinGroup(id: string, quickstart: Quickstart): Promise<Member> {
  const { bootstrap, clusterApiKey: username, clusterApiSecret: password } = quickstart;
  const kafka = new Kafka({
    clientId: 'fuzz',
    brokers: [bootstrap],
    sasl: { mechanism: 'scram-sha-512', username, password },
    logLevel: logLevel.NOTHING,
  });
  const consumer = kafka.consumer({ groupId: id });
  const joined = new Promise<string>((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => resolve(payload.memberId));
  });
  await consumer.connect();
  await consumer.subscribe({ topics: ['hello'] });
  await consumer.run({ eachMessage: () => Promise.resolve() });
  return { id, memberId: await joined, leave: () => consumer.disconnect() };
}
