import { Consumer, stringDeserializers, type Message } from '@platformatic/kafka';
import { NOTHING, untilQuiet, type Handlers } from '../driver-loop.ts';
import { base, outgoing, newProducer, type TextConsumer, type TextProducer } from './client.ts';

type Transaction = Awaited<ReturnType<TextProducer['beginTransaction']>>;
interface Transactional {
  readonly producer: TextProducer;
  current?: Transaction;
  /** Members whose offsets the current transaction commits. */
  readonly consumers: TextConsumer[];
}

const transactional = new Map<string, Transactional>();

const owner = (producer: string): Transactional => {
  const found = transactional.get(producer);
  if (found === undefined) throw new Error('no such producer');
  return found;
};

const transactionOf = (producer: string) => {
  const { current } = owner(producer);
  if (current === undefined) throw new Error('no transaction');
  return current;
};

async function closeConsumers(producer: string): Promise<typeof NOTHING> {
  for (const consumer of owner(producer).consumers.splice(0)) await consumer.close(true);
  return NOTHING;
}

export const transactionHandlers: Handlers = {
  'txn-open': (ask, on) => {
    const producer = newProducer(on, ask.transactionalId);
    transactional.set(ask.producer, { producer, consumers: [] });
    return Promise.resolve(NOTHING);
  },
  'txn-begin': async (ask) => {
    const producer = owner(ask.producer);
    producer.current = await producer.producer.beginTransaction();
    return NOTHING;
  },
  'txn-send': async (ask) => {
    const messages = ask.records.map((record) => outgoing(ask.topic, record));
    await transactionOf(ask.producer).send({ messages });
    return NOTHING;
  },
  'txn-offsets': async (ask, on) => {
    // The client commits offsets of messages that a member of the group has read.
    const consumer: TextConsumer = new Consumer({
      ...base(on),
      groupId: ask.group,
      deserializers: stringDeserializers,
      maxWaitTime: 100,
    });
    owner(ask.producer).consumers.push(consumer);
    const stream = await consumer.consume({
      topics: [ask.topic],
      mode: 'earliest',
      autocommit: false,
    });
    const read: Message<string, string, string, string>[] = [];
    stream.on('data', (message) => read.push(message));
    const [last = 0] = Object.values(ask.offsets);
    await untilQuiet(() => read.length, last);
    const message = read.find(({ offset }) => Number(offset) === last - 1);
    if (message === undefined) throw new Error(`no message at ${last - 1}`);
    await transactionOf(ask.producer).addConsumer(consumer);
    await transactionOf(ask.producer).addOffset(message);
    return NOTHING;
  },
  'txn-commit': async (ask) => {
    await transactionOf(ask.producer).commit();
    return closeConsumers(ask.producer);
  },
  'txn-abort': async (ask) => {
    await transactionOf(ask.producer).abort();
    return closeConsumers(ask.producer);
  },
  'txn-close': async (ask) => {
    await owner(ask.producer).producer.close();
    return NOTHING;
  },
};
