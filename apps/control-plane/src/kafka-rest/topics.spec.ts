import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TEST_URL } from '../testing/test-app.ts';
import {
  KAFKA_SETUP_MAX_MS,
  startKafkaRest,
  type KafkaRest,
  type TestKey,
} from '../testing/kafka-rest.ts';

let rest: KafkaRest;
let nobody: TestKey;

beforeAll(async () => {
  rest = await startKafkaRest();
  nobody = await rest.newKey();
}, KAFKA_SETUP_MAX_MS);

afterAll(async () => {
  await rest.stop();
});

function call(method: string, path: string, body?: unknown) {
  return rest.call(rest.owner, method, path, body);
}

describe('topics', () => {
  it('are made with their partitions and settings, and brokers have them', async () => {
    const created = await call('POST', '/topics', {
      topic_name: 'orders',
      partitions_count: 4,
      configs: [{ name: 'retention.ms', value: '60000' }],
    });
    const base = `${TEST_URL}/kafka/v3/clusters/${rest.clusterId}/topics/orders`;
    expect(created.status).toBe(201);
    expect(created.headers['location']).toBe(base);
    expect(created.body).toEqual({
      kind: 'KafkaTopic',
      metadata: { self: base, resource_name: `crn:///kafka=${rest.clusterId}/topic=orders` },
      cluster_id: rest.clusterId,
      topic_name: 'orders',
      is_internal: false,
      replication_factor: 1,
      partitions_count: 4,
      partitions: { related: `${base}/partitions` },
      configs: { related: `${base}/configs` },
      partition_reassignments: { related: `${base}/partitions/-/reassignment` },
    });
    const { topics } = await rest.admin.metadata(['orders']);
    expect(topics[0]?.partitions).toHaveLength(4);
    expect((await call('GET', '/topics/orders')).body).toEqual(created.body);
    const list = await call('GET', '/topics');
    expect(list.body).toMatchObject({
      kind: 'KafkaTopicList',
      metadata: { self: base.replace('/orders', ''), next: null },
    });
    expect((list.body as { data: unknown[] }).data).toContainEqual(created.body);
  });

  it('are only checked when that is asked for', async () => {
    const body = { topic_name: 'maybe', validate_only: true };
    const checked = await call('POST', '/topics', body);
    expect(checked.status).toBe(200);
    expect(checked.headers['location']).toBeUndefined();
    expect((await call('GET', '/topics/maybe')).status).toBe(404);
  });

  it('grow, and never shrink', async () => {
    await call('POST', '/topics', { topic_name: 'grows', partitions_count: 1 });
    const grown = await call('PATCH', '/topics/grows', { partitions_count: 3 });
    expect(grown.status).toBe(200);
    expect(grown.body).toMatchObject({ partitions_count: 3 });
    const same = await call('PATCH', '/topics/grows', { partitions_count: 3 });
    expect(same.status).toBe(400);
    expect(same.body).toMatchObject({ error_code: 40002 });
    const partitions = await call('GET', '/topics/grows/partitions');
    expect(partitions.body).toMatchObject({
      kind: 'KafkaPartitionList',
      data: [{ partition_id: 0 }, { partition_id: 1 }, { partition_id: 2 }],
    });
    expect((await call('GET', '/topics/grows/partitions/2')).status).toBe(200);
    const none = await call('GET', '/topics/grows/partitions/3');
    expect(none.body).toMatchObject({ error_code: 40403 });
  });

  it('are gone when they are deleted', async () => {
    await call('POST', '/topics', { topic_name: 'goes' });
    const deleted = await call('DELETE', '/topics/goes');
    expect([deleted.status, deleted.body]).toEqual([204, undefined]);
    for (const method of ['GET', 'DELETE']) {
      const gone = await call(method, '/topics/goes');
      expect([gone.status, gone.body]).toMatchObject([404, { error_code: 40403 }]);
    }
  });

  it('say what the caller may do to them when asked', async () => {
    const reader = await rest.newKey();
    await rest.allow(reader.principal, { resourceName: 'orders', operation: 'read' });
    const answer = await rest.call(
      reader,
      'GET',
      '/topics/orders?include_authorized_operations=true',
    );
    expect(answer.body).toMatchObject({ authorized_operations: ['READ', 'DESCRIBE'] });
  });

  it.each([
    ['a name that exists', { topic_name: 'orders' }],
    ['a name that no topic can have', { topic_name: 'a b' }],
    ['an unknown setting', { topic_name: 'x', configs: [{ name: 'no.such', value: '1' }] }],
    [
      'a value that makes no sense',
      { topic_name: 'x', configs: [{ name: 'retention.ms', value: 'x' }] },
    ],
    ['more replicas than brokers', { topic_name: 'x', replication_factor: 3 }],
    ['no name', { partitions_count: 1 }],
    ['no partitions', { topic_name: 'x', partitions_count: 0 }],
  ])('are refused with 400 for %s', async (_, body) => {
    const refused = await call('POST', '/topics', body);
    expect([refused.status, refused.body]).toMatchObject([400, { error_code: 40002 }]);
    expect((await call('GET', '/topics/x')).status).toBe(404);
  });

  it('leave a record of who changed what', async () => {
    await call('POST', '/topics', { topic_name: 'audited' });
    const [record] = await rest.database.prisma.auditRecord.findMany({
      where: { action: 'kafka.CreateTopics', resourceCrn: { endsWith: '/topic=audited' } },
    });
    expect(record).toMatchObject({
      actor: rest.owner.principal,
      organizationId: rest.tenant.organizationId,
    });
  });
});

describe('callers', () => {
  it('may do what their ACLs allow, and nothing else', async () => {
    const list = await rest.call(nobody, 'GET', '/topics');
    expect(list.body).toMatchObject({ data: [] });
    for (const [method, path, body] of [
      ['GET', '/topics/orders'],
      ['POST', '/topics', { topic_name: 'theirs' }],
      ['PATCH', '/topics/orders', { partitions_count: 9 }],
      ['DELETE', '/topics/orders'],
      ['GET', '/topics/orders/configs'],
      ['POST', '/topics/orders/configs:alter', { data: [{ name: 'retention.ms', value: '1' }] }],
      ['GET', '/topics/orders/partitions'],
      ['GET', '/broker-configs'],
      ['GET', '/acls'],
    ] as const) {
      const refused = await rest.call(nobody, method, path, body);
      expect([method, path, refused.status, refused.body]).toMatchObject([
        method,
        path,
        403,
        { error_code: 40301 },
      ]);
    }
    expect((await call('GET', '/topics/orders')).status).toBe(200);
  });

  it('are held against ACLs that name hosts by their own address', async () => {
    const here = await rest.newKey();
    await rest.allow(here.principal, { resourceName: 'orders', operation: 'describe' });
    expect((await rest.call(here, 'GET', '/topics/orders')).status).toBe(200);
    const elsewhere = await rest.newKey();
    const acl = { resourceName: 'orders', operation: 'describe', host: '10.9.8.7' } as const;
    await rest.allow(elsewhere.principal, acl);
    expect((await rest.call(elsewhere, 'GET', '/topics/orders')).status).toBe(403);
    const address = { ...acl, host: '127.0.0.1' };
    await rest.allow(elsewhere.principal, address);
    expect((await rest.call(elsewhere, 'GET', '/topics/orders')).status).toBe(200);
  });
});

describe('the cluster', () => {
  it('links to what it holds', async () => {
    const answer = await call('GET', '');
    const base = `${TEST_URL}/kafka/v3/clusters/${rest.clusterId}`;
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      kind: 'KafkaCluster',
      metadata: { self: base, resource_name: `crn:///kafka=${rest.clusterId}` },
      controller: { related: `${base}/brokers/1` },
      topics: { related: `${base}/topics` },
    });
  });

  it('is not there for Cloud keys, keys of other clusters and other organizations', async () => {
    const cloud = { id: rest.tenant.keyId, secret: rest.tenant.secret, principal: '' };
    expect((await rest.call(cloud, 'GET', '')).status).toBe(401);
    const spec = { display_name: 'd', availability: 'SINGLE_ZONE', cloud: 'AWS', region: 'local' };
    const other = await rest.tenant.call('POST', '/cmk/v2/clusters', {
      spec: { ...spec, config: { kind: 'Basic' }, environment: { id: rest.environmentId } },
    });
    const { id } = other.body as { readonly id: string };
    const key = await rest.newKey(id);
    const refused = await rest.call(key, 'GET', '/topics');
    expect([refused.status, refused.body]).toMatchObject([401, { error_code: 40101 }]);
  });
});
