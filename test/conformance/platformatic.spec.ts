import {
  Admin,
  Consumer,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD, startSecuredBroker, USER, type SecuredBroker } from './secured-broker.ts';

describe('@platformatic/kafka', () => {
  let secured: SecuredBroker;
  beforeAll(async () => {
    secured = await startSecuredBroker();
  });
  afterAll(() => secured.stop());

  const options = (password = PASSWORD) => ({
    clientId: 'conformance',
    bootstrapBrokers: [secured.bootstrap],
    sasl: { mechanism: 'SCRAM-SHA-256' as const, username: USER, password },
    retries: 3,
    retryDelay: 50,
  });

  async function read(groupId: string, topic: string, count: number): Promise<string[]> {
    const consumer = new Consumer({ ...options(), groupId, deserializers: stringDeserializers });
    const stream = await consumer.consume({
      topics: [topic],
      mode: 'committed',
      fallbackMode: 'earliest',
      autocommit: false,
    });
    const seen: string[] = [];
    for await (const message of stream) {
      seen.push(message.value);
      await message.commit();
      if (seen.length === count) break;
    }
    await consumer.close(true);
    return seen;
  }

  test('creates topics, produces, consumes in a group and goes on after a restart', async () => {
    const admin = new Admin(options());
    await admin.createTopics({ topics: ['events'], partitions: 2, replicas: 1 });
    const producer = new Producer({
      ...options(),
      serializers: stringSerializers,
      idempotent: true,
      acks: -1,
    });
    const values = Array.from({ length: 50 }, (_, index) => `event-${index}`);
    const send = (some: readonly string[]) =>
      producer.send({ messages: some.map((value) => ({ topic: 'events', key: value, value })) });
    await send(values.slice(0, 30));
    expect((await read('event-readers', 'events', 30)).toSorted()).toEqual(
      values.slice(0, 30).toSorted(),
    );
    await send(values.slice(30));
    expect((await read('event-readers', 'events', 20)).toSorted()).toEqual(
      values.slice(30).toSorted(),
    );
    const groups = await admin.listGroups();
    expect([...groups.keys()]).toContain('event-readers');
    await producer.close();
    await admin.close();
  });

  test('a wrong password fails with the client’s own authentication error', async () => {
    const admin = new Admin({ ...options('wrong'), retries: 0 });
    const error = await admin.listTopics().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(JSON.stringify(flatten(error))).toMatch(/[Aa]uthentication/);
    await admin.close();
  });
});

/** Messages of an error and of all errors in it. */
function flatten(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const inner = error instanceof AggregateError ? error.errors : [];
  return [error.message, ...[error.cause, ...inner].flatMap(flatten)];
}
