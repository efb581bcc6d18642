import { readFileSync } from 'node:fs';
import {
  Admin,
  Consumer,
  Producer,
  stringDeserializers,
  stringSerializers,
  type Message,
} from '@platformatic/kafka';
import type { Connection, Incoming, Outgoing } from '../../matrix/operations.ts';

export type TextConsumer = Consumer<string, string, string, string>;
export type TextProducer = Producer<string, string, string, string>;

export function base(on: Connection) {
  const { mechanism, username, password, token } = on;
  const read = (file: string | undefined): Buffer | undefined =>
    file === undefined ? undefined : readFileSync(file);
  return {
    clientId: 'conformance',
    bootstrapBrokers: [on.bootstrap],
    retries: 4,
    retryDelay: 150,
    ...(mechanism !== undefined && {
      sasl: {
        mechanism,
        ...(username !== undefined && { username }),
        ...(password !== undefined && { password }),
        ...(token !== undefined && { token }),
      },
    }),
    ...(on.protocol.endsWith('SSL') && {
      tls: { ca: read(on.caFile), cert: read(on.certificateFile), key: read(on.keyFile) },
    }),
  };
}

export async function withAdmin<T>(on: Connection, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin({ ...base(on), retries: 2 });
  try {
    return await use(admin);
  } finally {
    await admin.close();
  }
}

export async function withConsumer<T>(
  on: Connection,
  groupId: string,
  use: (consumer: TextConsumer) => Promise<T>,
): Promise<T> {
  const consumer: TextConsumer = new Consumer({
    ...base(on),
    groupId,
    deserializers: stringDeserializers,
    maxWaitTime: 100,
  });
  try {
    return await use(consumer);
  } finally {
    await consumer.close(true);
  }
}

/** The client's types know no null values; a missing value is written as null. */
export function outgoing(topic: string, record: Outgoing) {
  const { key, value, headers = [], timestamp, partition } = record;
  return {
    topic,
    ...(key != null && { key }),
    ...(value !== null && { value }),
    headers: Object.fromEntries(headers),
    ...(timestamp !== undefined && { timestamp: BigInt(timestamp) }),
    ...(partition !== undefined && { partition }),
  };
}

export const incoming = (message: Message<string, string, string, string>): Incoming => ({
  partition: message.partition,
  offset: Number(message.offset),
  key: message.key ?? null,
  value: message.value ?? null,
  headers: message.headerEntries,
  timestamp: Number(message.timestamp),
});

export const newProducer = (on: Connection, transactionalId?: string): TextProducer =>
  new Producer({
    ...base(on),
    serializers: stringSerializers,
    ...(transactionalId !== undefined && { transactionalId, idempotent: true }),
  });
