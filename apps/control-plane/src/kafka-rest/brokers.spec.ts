import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TEST_URL } from '../testing/test-app.ts';
import { KAFKA_SETUP_MAX_MS, startKafkaRest, type KafkaRest } from '../testing/kafka-rest.ts';

let rest: KafkaRest;

beforeAll(async () => {
  rest = await startKafkaRest();
  await call('POST', '/topics', { topic_name: 'orders', partitions_count: 2 });
}, KAFKA_SETUP_MAX_MS);

afterAll(async () => {
  await rest.stop();
});

function call(method: string, path: string, body?: unknown) {
  return rest.call(rest.owner, method, path, body);
}

async function list(path: string): Promise<readonly Record<string, unknown>[]> {
  const answer = await call('GET', path);
  expect([path, answer.status]).toEqual([path, 200]);
  const { data, metadata } = answer.body as {
    readonly data: readonly Record<string, unknown>[];
    readonly metadata: unknown;
  };
  const self = `${TEST_URL}/kafka/v3/clusters/${rest.clusterId}${path}`;
  expect(metadata).toEqual({ self, next: null });
  return data;
}

describe('brokers', () => {
  it('are told with the address that clients reach them at', async () => {
    const [host, port] = rest.broker.bootstrap.split(':');
    const base = `${TEST_URL}/kafka/v3/clusters/${rest.clusterId}/brokers/1`;
    const broker = {
      kind: 'KafkaBroker',
      metadata: { self: base, resource_name: `crn:///kafka=${rest.clusterId}/broker=1` },
      cluster_id: rest.clusterId,
      broker_id: 1,
      host,
      port: Number(port),
      rack: null,
      configs: { related: `${base}/configs` },
      partition_replicas: { related: `${base}/partition-replicas` },
    };
    expect(await list('/brokers')).toEqual([broker]);
    expect((await call('GET', '/brokers/1')).body).toEqual(broker);
  });

  it('are where the links of clusters and partitions lead', async () => {
    const cluster = (await call('GET', '')).body as { controller: { related: string } };
    expect(cluster.controller.related).toMatch(/\/brokers\/1$/u);
    const partition = (await call('GET', '/topics/orders/partitions/1')).body as {
      leader: { related: string };
    };
    expect(partition.leader.related).toMatch(/\/topics\/orders\/partitions\/1\/replicas\/1$/u);
    expect((await call('GET', '/topics/orders/partitions/1/replicas/1')).status).toBe(200);
  });

  it('that do not exist are 404, and numbers that are none 400', async () => {
    const body = { data: [{ name: 'log.retention.ms', value: '1' }] };
    for (const path of ['', '/configs', '/configs/log.retention.ms', '/partition-replicas']) {
      const answer = await call('GET', `/brokers/7${path}`);
      expect([answer.status, answer.body]).toMatchObject([404, { error_code: 40401 }]);
    }
    expect((await call('POST', '/brokers/7/configs:alter', body)).status).toBe(404);
    expect((await call('GET', '/brokers/x')).status).toBe(400);
  });

  it('cannot be removed here, and that is said', async () => {
    const removal = await call('POST', '/brokers:delete', { broker_ids: [1] });
    expect([removal.status, removal.body]).toMatchObject([
      404,
      { message: expect.stringContaining('not offered') },
    ]);
    const one = await call('DELETE', '/brokers/1');
    expect([one.status, one.body]).toMatchObject([
      405,
      { message: expect.stringContaining('not offered') },
    ]);
  });
});

describe('settings of a broker', () => {
  it('are listed of one and of all, with their source', async () => {
    const ofOne = await list('/brokers/1/configs');
    expect(ofOne.find(({ name }) => name === 'cluster.id' || name === 'node.id')).toBeDefined();
    expect(ofOne.find(({ name }) => name === 'auto.create.topics.enable')).toMatchObject({
      kind: 'KafkaBrokerConfig',
      broker_id: 1,
      value: 'false',
      source: 'STATIC_BROKER_CONFIG',
    });
    const ofAll = await list('/brokers/-/configs');
    expect(ofAll.map(({ name }) => name)).toEqual(ofOne.map(({ name }) => name));
    const one = await call('GET', '/brokers/1/configs/log.retention.ms');
    expect(one.body).toMatchObject({ kind: 'KafkaBrokerConfig', name: 'log.retention.ms' });
    expect((await call('GET', '/brokers/1/configs/no.such')).status).toBe(404);
  });

  it('change one by one and together, and not when they are only checked', async () => {
    const path = '/brokers/1/configs/max.connections.per.ip';
    const made = async () => (await call('GET', path)).body;
    expect((await call('PUT', path, { value: '500' })).status).toBe(204);
    expect(await made()).toMatchObject({ value: '500', source: 'DYNAMIC_BROKER_CONFIG' });
    expect((await call('DELETE', path)).status).toBe(204);
    expect(await made()).toMatchObject({ source: 'STATIC_BROKER_CONFIG' });
    const data = [{ name: 'max.connections.per.ip', value: '600' }];
    const alter = '/brokers/1/configs:alter';
    expect((await call('POST', alter, { data, validate_only: true })).status).toBe(204);
    expect(await made()).toMatchObject({ source: 'STATIC_BROKER_CONFIG' });
    expect((await call('POST', alter, { data })).status).toBe(204);
    expect(await made()).toMatchObject({ value: '600' });
    expect((await call('PUT', path, { value: 'x' })).status).toBe(400);
    expect((await call('PUT', path, {})).status).toBe(400);
  });
});

describe('replicas and reassignments', () => {
  it('of a partition are told with who leads and who is in sync', async () => {
    const base = `${TEST_URL}/kafka/v3/clusters/${rest.clusterId}`;
    const replica = {
      kind: 'KafkaReplica',
      metadata: {
        self: `${base}/topics/orders/partitions/1/replicas/1`,
        resource_name: `crn:///kafka=${rest.clusterId}/topic=orders/partition=1/replica=1`,
      },
      cluster_id: rest.clusterId,
      topic_name: 'orders',
      partition_id: 1,
      broker_id: 1,
      is_leader: true,
      is_in_sync: true,
      broker: { related: `${base}/brokers/1` },
    };
    expect(await list('/topics/orders/partitions/1/replicas')).toEqual([replica]);
    expect((await call('GET', '/topics/orders/partitions/1/replicas/1')).body).toEqual(replica);
    const held = await list('/brokers/1/partition-replicas');
    const orders = held.filter(({ topic_name }) => topic_name === 'orders');
    expect(orders).toMatchObject([{ partition_id: 0 }, replica]);
    for (const path of [
      '/topics/orders/partitions/9/replicas',
      '/topics/none/partitions/0/replicas',
    ])
      expect((await call('GET', path)).body).toMatchObject({ error_code: 40403 });
    expect((await call('GET', '/topics/orders/partitions/0/replicas/9')).status).toBe(404);
  });

  it('are not moved while there is one broker', async () => {
    expect(await list('/topics/-/partitions/-/reassignment')).toEqual([]);
    expect(await list('/topics/orders/partitions/-/reassignment')).toEqual([]);
    const none = await call('GET', '/topics/orders/partitions/0/reassignment');
    expect([none.status, none.body]).toMatchObject([404, { error_code: 40401 }]);
    const topic = await call('GET', '/topics/none/partitions/-/reassignment');
    expect([topic.status, topic.body]).toMatchObject([404, { error_code: 40403 }]);
  });
});

describe('a caller without rights', () => {
  it('sees where brokers are, as on the wire, and nothing of what is in them', async () => {
    const nobody = await rest.newKey();
    const get = (path: string) => rest.call(nobody, 'GET', path);
    expect((await get('/brokers')).body).toMatchObject({ data: [{ broker_id: 1 }] });
    expect((await get('/brokers/1/partition-replicas')).body).toMatchObject({ data: [] });
    for (const path of [
      '/brokers/1/configs',
      '/brokers/-/configs',
      '/brokers/1/configs/log.retention.ms',
      '/topics/orders/partitions/0/replicas',
      '/topics/-/partitions/-/reassignment',
      '/topics/orders/partitions/-/reassignment',
    ]) {
      const answer = await get(path);
      expect([path, answer.status]).toEqual([path, 403]);
    }
    const data = [{ name: 'max.connections.per.ip', value: '1' }];
    const refused = await rest.call(nobody, 'POST', '/brokers/1/configs:alter', { data });
    expect([refused.status, refused.body]).toMatchObject([403, { error_code: 40301 }]);
  });
});
