import { waitFor } from '@weirhouse/testing-harness';
import { expect } from 'vitest';
import { expectRefusal, type Scenarios } from '../scenario.ts';

export const topicScenarios: Scenarios<'topic-create' | 'topic-grow' | 'topic-delete'> = {
  'topic-create': async ({ client, checker, name }) => {
    const topic = name();
    await client.call('create-topic', {
      topic,
      partitions: 3,
      configs: { 'max.message.bytes': '2000' },
    });
    expect((await client.call('list-topics', {})).topics).toContain(topic);
    expect((await client.call('describe-topic', { topic })).partitions).toBe(3);
    expect((await checker.call('describe-topic', { topic })).partitions).toBe(3);
    await expectRefusal(
      checker.call('produce', { topic, records: [{ value: 'x'.repeat(3000) }] }),
      /large/i,
    );
    await expectRefusal(client.call('create-topic', { topic, partitions: 3 }), /exist/i);
  },
  'topic-grow': async ({ client, checker, topic: newTopic }) => {
    const topic = await newTopic(2);
    await client.call('grow-topic', { topic, partitions: 4 });
    await waitFor(
      'four partitions',
      async () => (await checker.call('describe-topic', { topic })).partitions === 4,
    );
    await expectRefusal(client.call('grow-topic', { topic, partitions: 3 }), /partition/i);
  },
  'topic-delete': async ({ client, checker, topic: newTopic }) => {
    const topic = await newTopic();
    await client.call('delete-topic', { topic });
    await waitFor('the topic to be gone', async () => {
      const { topics } = await checker.call('list-topics', {});
      return !topics.includes(topic);
    });
  },
};
