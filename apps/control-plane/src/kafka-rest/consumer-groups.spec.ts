import { Consumer as ModernConsumer } from '@platformatic/kafka';
import { Kafka, logLevel, type Consumer } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KAFKA_SETUP_MAX_MS, startKafkaRest, type KafkaRest } from '../testing/kafka-rest.ts';

const WAIT = { timeout: 60_000, interval: 50 };

let rest: KafkaRest;
let consumer: Consumer;

beforeAll(async () => {
  rest = await startKafkaRest();
  await call('POST', '/topics', { topic_name: 'orders', partitions_count: 2 });
  const kafka = new Kafka({
    brokers: [rest.broker.bootstrap],
    clientId: 'billing-service',
    logLevel: logLevel.NOTHING,
    sasl: { mechanism: 'scram-sha-512', ...rest.superUser },
  });
  const producer = kafka.producer();
  await producer.connect();
  const messages = [0, 0, 0, 1].map((partition) => ({ partition, value: 'x' }));
  await producer.send({ topic: 'orders', messages });
  await producer.disconnect();
  consumer = kafka.consumer({ groupId: 'billing' });
  await consumer.connect();
  await consumer.subscribe({ topic: 'orders', fromBeginning: true });
  const joined = new Promise((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, resolve);
  });
  await consumer.run({ autoCommit: false, eachMessage: async () => undefined });
  await joined;
  const offsets = [
    { topic: 'orders', partition: 0, offset: '1' },
    { topic: 'orders', partition: 1, offset: '1' },
  ];
  await consumer.commitOffsets(offsets);
}, KAFKA_SETUP_MAX_MS);

afterAll(async () => {
  await consumer.disconnect();
  await rest.stop();
});

function call(method: string, path: string, body?: unknown) {
  return rest.call(rest.owner, method, path, body);
}

async function memberId(): Promise<string> {
  const { body } = await call('GET', '/consumer-groups/billing/consumers');
  return (body as { data: { consumer_id: string }[] }).data[0]?.consumer_id ?? '';
}

describe('consumer groups', () => {
  it('are told with their state, and so are their members', async () => {
    await expect
      .poll(async () => (await call('GET', '/consumer-groups/billing')).body, WAIT)
      .toMatchObject({
        kind: 'KafkaConsumerGroup',
        consumer_group_id: 'billing',
        is_simple: false,
        state: 'STABLE',
        type: 'CLASSIC',
        partition_assignor: 'RoundRobinAssigner',
        is_mixed_consumer_group: false,
      });
    expect((await call('GET', '/consumer-groups')).body).toMatchObject({
      kind: 'KafkaConsumerGroupList',
      data: [{ consumer_group_id: 'billing' }],
    });
    const consumer_id = await memberId();
    const member = { kind: 'KafkaConsumer', consumer_id, client_id: 'billing-service' };
    const path = `/consumer-groups/billing/consumers/${encodeURIComponent(consumer_id)}`;
    expect((await call('GET', path)).body).toMatchObject(member);
    expect((await call('GET', `${path}/assignments`)).body).toMatchObject({
      kind: 'KafkaConsumerAssignmentList',
      data: [
        { topic_name: 'orders', partition_id: 0 },
        { topic_name: 'orders', partition_id: 1 },
      ],
    });
  });

  it('tell how far they are behind', async () => {
    const consumer_id = await memberId();
    const first = { partition_id: 0, current_offset: 1, log_end_offset: 3, lag: 2, consumer_id };
    const second = { partition_id: 1, current_offset: 1, log_end_offset: 1, lag: 0, consumer_id };
    const lags = await call('GET', '/consumer-groups/billing/lags');
    expect(lags.body).toMatchObject({ kind: 'KafkaConsumerLagList', data: [first, second] });
    const one = await call('GET', '/consumer-groups/billing/lags/orders/partitions/0');
    expect(one.body).toMatchObject({ kind: 'KafkaConsumerLag', topic_name: 'orders', ...first });
    expect((await call('GET', '/consumer-groups/billing/lag-summary')).body).toMatchObject({
      kind: 'KafkaConsumerGroupLagSummary',
      max_lag_consumer_id: consumer_id,
      max_lag_client_id: 'billing-service',
      max_lag_topic_name: 'orders',
      max_lag_partition_id: 0,
      max_lag: 2,
      total_lag: 2,
    });
  });

  it('of the newer protocol are told alike, and keep their lag when their members are gone', async () => {
    const next = new ModernConsumer({
      clientId: 'next-service',
      groupId: 'next',
      bootstrapBrokers: [rest.broker.bootstrap],
      groupProtocol: 'consumer',
      sasl: { mechanism: 'SCRAM-SHA-512', ...rest.superUser },
    });
    const messages = await next.consume({
      topics: ['orders'],
      mode: 'earliest',
      autocommit: false,
    });
    await expect
      .poll(async () => (await call('GET', '/consumer-groups/next')).body, WAIT)
      .toMatchObject({ state: 'STABLE', type: 'CONSUMER', is_simple: false });
    const members = (await call('GET', '/consumer-groups/next/consumers')).body;
    expect(members).toMatchObject({ data: [{ client_id: 'next-service' }] });
    const id = (members as { data: { consumer_id: string }[] }).data[0]?.consumer_id ?? '';
    const path = `/consumer-groups/next/consumers/${encodeURIComponent(id)}`;
    await expect
      .poll(async () => (await call('GET', `${path}/assignments`)).body, WAIT)
      .toMatchObject({ data: [{ partition_id: 0 }, { partition_id: 1 }] });
    await next.commit({
      offsets: [{ topic: 'orders', partition: 0, offset: 1n, leaderEpoch: 0 }],
    });
    const lag = { partition_id: 0, current_offset: 1, log_end_offset: 3, lag: 2 };
    expect((await call('GET', '/consumer-groups/next/lags')).body).toMatchObject({
      data: [{ ...lag, consumer_id: id, client_id: 'next-service' }],
    });
    await messages.close();
    await next.close();
    await expect
      .poll(async () => (await call('GET', '/consumer-groups/next')).body, WAIT)
      .toMatchObject({ state: 'EMPTY', type: 'CONSUMER' });
    expect((await call('GET', '/consumer-groups/next/lags')).body).toMatchObject({
      data: [{ ...lag, consumer_id: '', client_id: '', instance_id: null }],
    });
    expect((await call('GET', '/consumer-groups/next/lag-summary')).body).toMatchObject({
      max_lag: 2,
      total_lag: 2,
      max_lag_consumer_id: '',
      max_lag_topic_name: 'orders',
    });
    const { body } = await call('GET', '/consumer-groups');
    const listed = (body as { data: { consumer_group_id: string; type: string }[] }).data;
    expect(listed.map(({ consumer_group_id, type }) => [consumer_group_id, type])).toEqual([
      ['billing', 'CLASSIC'],
      ['next', 'CONSUMER'],
    ]);
  });

  it('of the older protocol keep it, too, when their members are gone', async () => {
    const kafka = new Kafka({
      brokers: [rest.broker.bootstrap],
      logLevel: logLevel.NOTHING,
      sasl: { mechanism: 'scram-sha-512', ...rest.superUser },
    });
    const admin = kafka.admin();
    await admin.connect();
    const partitions = [{ partition: 0, offset: '2' }];
    await admin.setOffsets({ groupId: 'left', topic: 'orders', partitions });
    await admin.disconnect();
    const group = (await call('GET', '/consumer-groups/left')).body;
    expect(group).toMatchObject({ state: 'EMPTY', type: 'CLASSIC' });
    expect((await call('GET', '/consumer-groups/left/lags')).body).toMatchObject({
      data: [{ partition_id: 0, current_offset: 2, lag: 1, consumer_id: '' }],
    });
    expect((await call('GET', '/consumer-groups/left/consumers')).body).toMatchObject({
      data: [],
    });
  });

  it('that do not exist are 404, and so is what they do not have', async () => {
    for (const path of [
      '/consumer-groups/none',
      '/consumer-groups/none/lags',
      '/consumer-groups/none/lag-summary',
      '/consumer-groups/billing/consumers/none',
      '/consumer-groups/billing/lags/orders/partitions/9',
    ]) {
      const answer = await call('GET', path);
      expect([path, answer.status]).toEqual([path, 404]);
    }
  });

  it('are shown only to those who may describe them', async () => {
    const nobody = await rest.newKey();
    const list = await rest.call(nobody, 'GET', '/consumer-groups');
    expect([list.status, list.body]).toMatchObject([200, { data: [] }]);
    for (const path of ['', '/consumers', '/lags', '/lag-summary']) {
      const refused = await rest.call(nobody, 'GET', `/consumer-groups/billing${path}`);
      expect([refused.status, refused.body]).toMatchObject([403, { error_code: 40301 }]);
    }
  });
});
