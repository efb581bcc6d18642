import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TEST_URL } from '../testing/test-app.ts';
import { KAFKA_SETUP_MAX_MS, startKafkaRest, type KafkaRest } from '../testing/kafka-rest.ts';

let rest: KafkaRest;

beforeAll(async () => {
  rest = await startKafkaRest();
  const configs = [{ name: 'retention.ms', value: '60000' }];
  await call('POST', '/topics', { topic_name: 'orders', configs });
}, KAFKA_SETUP_MAX_MS);

afterAll(async () => {
  await rest.stop();
});

function call(method: string, path: string, body?: unknown) {
  return rest.call(rest.owner, method, path, body);
}

interface Setting {
  readonly name: string;
  readonly value: string;
  readonly source: string;
  readonly topic_name: string;
}

async function settings(path: string): Promise<readonly Setting[]> {
  const answer = await call('GET', path);
  expect(answer.status).toBe(200);
  return (answer.body as { readonly data: readonly Setting[] }).data;
}

/** The topic's own settings. */
async function own(topic = 'orders'): Promise<Record<string, string>> {
  const listed = await settings(`/topics/${topic}/configs`);
  const set = listed.filter(({ source }) => source === 'DYNAMIC_TOPIC_CONFIG');
  return Object.fromEntries(set.map(({ name, value }) => [name, value]));
}

describe('settings of a topic', () => {
  it('are those that people made, and defaults with their source', async () => {
    expect(await own()).toEqual({ 'retention.ms': '60000' });
    const all = await settings('/topics/orders/configs');
    expect(all.find(({ name }) => name === 'cleanup.policy')).toMatchObject({
      source: 'DEFAULT_CONFIG',
      value: 'delete',
      is_default: true,
    });
    const base = `${TEST_URL}/kafka/v3/clusters/${rest.clusterId}/topics/orders/configs/retention.ms`;
    expect((await call('GET', '/topics/orders/configs/retention.ms')).body).toEqual({
      kind: 'KafkaTopicConfig',
      metadata: {
        self: base,
        resource_name: `crn:///kafka=${rest.clusterId}/topic=orders/config=retention.ms`,
      },
      cluster_id: rest.clusterId,
      topic_name: 'orders',
      name: 'retention.ms',
      value: '60000',
      is_default: false,
      is_read_only: false,
      is_sensitive: false,
      source: 'DYNAMIC_TOPIC_CONFIG',
      synonyms: [{ name: 'retention.ms', value: '60000', source: 'DYNAMIC_TOPIC_CONFIG' }],
    });
  });

  it('of a topic that nobody gave any are all defaults', async () => {
    await call('POST', '/topics', { topic_name: 'plain' });
    expect(await own('plain')).toEqual({});
  });

  it('change together or not at all', async () => {
    await call('POST', '/topics', { topic_name: 'batch' });
    const path = '/topics/batch/configs:alter';
    const both = [
      { name: 'retention.ms', value: '1000' },
      { name: 'cleanup.policy', value: 'compact', operation: 'SET' },
    ];
    const checked = await call('POST', path, { data: both, validate_only: true });
    expect(checked.status).toBe(204);
    expect(await own('batch')).toEqual({});
    expect((await call('POST', path, { data: both })).status).toBe(204);
    expect(await own('batch')).toEqual({ 'retention.ms': '1000', 'cleanup.policy': 'compact' });
    const half = [
      { name: 'retention.ms', operation: 'DELETE' },
      { name: 'cleanup.policy', value: 'no such policy' },
    ];
    const refused = await call('POST', path, { data: half });
    expect([refused.status, refused.body]).toMatchObject([400, { error_code: 40002 }]);
    expect(await own('batch')).toEqual({ 'retention.ms': '1000', 'cleanup.policy': 'compact' });
    const missing = await call('POST', path, { data: [{ name: 'retention.ms' }] });
    expect([missing.status, missing.body]).toMatchObject([400, { error_code: 40002 }]);
    const nowhere = await call('POST', '/topics/none/configs:alter', { data: both });
    expect([nowhere.status, nowhere.body]).toMatchObject([404, { error_code: 40403 }]);
  });

  it('change one by one', async () => {
    await call('POST', '/topics', { topic_name: 'single' });
    const path = '/topics/single/configs/retention.ms';
    expect((await call('PUT', path, { value: '5000' })).status).toBe(204);
    expect(await own('single')).toEqual({ 'retention.ms': '5000' });
    expect((await call('DELETE', path)).status).toBe(204);
    expect(await own('single')).toEqual({});
    expect((await call('PUT', path, { value: 'x' })).status).toBe(400);
    const unknown = await call('GET', '/topics/single/configs/no.such');
    expect([unknown.status, unknown.body]).toMatchObject([404, { error_code: 40401 }]);
  });

  it('can be had for all topics at once', async () => {
    const all = await settings('/topics/-/configs');
    const topics = new Set(all.map(({ topic_name }) => topic_name));
    expect([...topics]).toEqual(expect.arrayContaining(['orders', 'plain']));
  });

  it('can be had as they are without the topic’s own, also of a topic to come', async () => {
    for (const topic of ['orders', 'to-come']) {
      const defaults = await settings(`/topics/${topic}/default-configs`);
      expect(defaults.find(({ name }) => name === 'retention.ms')).toMatchObject({
        value: '604800000',
        source: 'DEFAULT_CONFIG',
      });
    }
    expect((await call('GET', '/topics/to-come')).status).toBe(404);
  });
});

describe('settings of all brokers', () => {
  it('are listed only when somebody made them', async () => {
    expect(await settings('/broker-configs')).toEqual([]);
    const data = [{ name: 'log.retention.ms', value: '86400000' }];
    expect((await call('POST', '/broker-configs:alter', { data })).status).toBe(204);
    expect(await settings('/broker-configs')).toMatchObject([
      {
        kind: 'KafkaClusterConfig',
        config_type: 'BROKER',
        name: 'log.retention.ms',
        value: '86400000',
        source: 'DYNAMIC_DEFAULT_BROKER_CONFIG',
        is_default: false,
      },
    ]);
    // The platform's default is the brokers', so no topic gets a setting of its own by it.
    expect(await own()).toEqual({ 'retention.ms': '60000' });
    expect((await call('DELETE', '/broker-configs/log.retention.ms')).status).toBe(204);
    expect(await settings('/broker-configs')).toEqual([]);
  });

  it('say how many partitions a topic gets whose maker does not', async () => {
    const create = async (topic_name: string) =>
      (await call('POST', '/topics', { topic_name })).body as { readonly partitions_count: number };
    const path = '/broker-configs/num.partitions';
    expect((await call('PUT', path, { value: '6' })).status).toBe(204);
    expect((await call('GET', path)).body).toMatchObject({
      value: '6',
      source: 'DYNAMIC_DEFAULT_BROKER_CONFIG',
      is_read_only: false,
    });
    expect((await create('six')).partitions_count).toBe(6);
    expect((await call('PUT', path, { value: '0' })).status).toBe(400);
    expect((await call('DELETE', path)).status).toBe(204);
    expect((await create('one')).partitions_count).toBe(1);
  });

  it('can be read one by one, also those that nobody made', async () => {
    const path = '/broker-configs/message.max.bytes';
    const unset = await call('GET', path);
    expect(unset.body).toMatchObject({ name: 'message.max.bytes', source: 'DEFAULT_CONFIG' });
    expect((await call('PUT', path, { value: '2000000' })).status).toBe(204);
    expect((await call('GET', path)).body).toMatchObject({
      value: '2000000',
      source: 'DYNAMIC_DEFAULT_BROKER_CONFIG',
    });
    expect((await call('GET', '/broker-configs/no.such')).status).toBe(404);
    expect((await call('PUT', path, { value: 'x' })).status).toBe(400);
  });
});
