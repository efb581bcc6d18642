import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { FetchIsolationLevels } from '@platformatic/kafka';
import type { Incoming } from '../../matrix/operations.ts';
import { NOTHING, serve, untilQuiet, type Handlers } from '../driver-loop.ts';
import { withAdmin, withConsumer, outgoing, incoming, newProducer } from './client.ts';
import { groupHandlers } from './groups.ts';
import { transactionHandlers } from './transactions.ts';
import { adminHandlers } from './administration.ts';

let reads = 0;

const topicHandlers: Handlers = {
  'create-topic': (ask, on) =>
    withAdmin(on, async (admin) => {
      const configs = Object.entries(ask.configs ?? {}).map(([name, value]) => ({ name, value }));
      await admin.createTopics({ topics: [ask.topic], partitions: ask.partitions, configs });
      return NOTHING;
    }),
  'grow-topic': (ask, on) =>
    withAdmin(on, async (admin) => {
      // Its types know no absent assignments, which Kafka needs for placing partitions by itself.
      const topics = [{ name: ask.topic, count: ask.partitions, assignments: null as never }];
      await admin.createPartitions({ topics });
      return NOTHING;
    }),
  'delete-topic': (ask, on) =>
    withAdmin(on, async (admin) => {
      await admin.deleteTopics({ topics: [ask.topic] });
      return NOTHING;
    }),
  'describe-topic': (ask, on) =>
    withAdmin(on, async (admin) => {
      const { topics } = await admin.metadata({ topics: [ask.topic], forceUpdate: true });
      return { partitions: topics.get(ask.topic)?.partitionsCount ?? 0 };
    }),
  'list-topics': (_, on) => withAdmin(on, async (admin) => ({ topics: await admin.listTopics() })),
};

const recordHandlers: Handlers = {
  produce: async (ask, on) => {
    const producer = newProducer(on);
    try {
      await producer.send({
        acks: -1,
        idempotent: ask.idempotent === true,
        compression: ask.codec ?? 'none',
        messages: ask.records.map((record) => outgoing(ask.topic, record)) as never,
      });
      return NOTHING;
    } finally {
      await producer.close();
    }
  },
  read: (ask, on) =>
    withConsumer(on, `platformatic-read-${process.pid}-${++reads}`, async (consumer) => {
      const stream = await consumer.consume({
        topics: [ask.topic],
        mode: 'earliest',
        autocommit: false,
        isolationLevel:
          ask.committed === true
            ? FetchIsolationLevels.READ_COMMITTED
            : FetchIsolationLevels.READ_UNCOMMITTED,
      });
      const records: Incoming[] = [];
      stream.on('data', (message) => records.push(incoming(message)));
      stream.on('error', () => undefined);
      await untilQuiet(() => records.length, ask.count);
      return { records };
    }),
};

const entryPoint = createRequire(import.meta.url).resolve('@platformatic/kafka');
const { version } = JSON.parse(
  readFileSync(`${entryPoint.slice(0, entryPoint.indexOf('/dist/'))}/package.json`, 'utf8'),
) as { version: string };
serve(version, {
  ...topicHandlers,
  ...recordHandlers,
  ...groupHandlers,
  ...transactionHandlers,
  ...adminHandlers,
});
