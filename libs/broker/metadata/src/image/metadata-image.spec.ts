import { defaultPartitionChangeRecord } from '@weirhouse/kafka-protocol/messages/partition-change-record';
import { describe, expect, it } from 'vitest';
import { ConfigResourceType } from '../configs/resolver.ts';
import { unfenceBroker } from '../controller/brokers.ts';
import { deleteTopics } from '../controller/delete-topics.ts';
import type { MetadataRecord, MetadataRecordBodies } from '../records.ts';
import { clusterOf, type SpecCluster } from '../spec-builders.ts';

function topicIdOf(cluster: SpecCluster, name: string): string {
  return cluster.image.topics.find(name)?.topicId ?? '';
}

function changeOf(
  cluster: SpecCluster,
  change: Partial<MetadataRecordBodies['partitionChange']>,
): MetadataRecord {
  const place = { topicId: topicIdOf(cluster, 'orders'), partitionId: 0 };
  return {
    kind: 'partitionChange',
    body: { ...defaultPartitionChangeRecord(), ...place, ...change },
  };
}

describe('a MetadataImage', () => {
  it('finds topics by name and by id, and partitions by id and index', () => {
    const cluster = clusterOf(1);
    cluster.addTopic('orders', { numPartitions: 3 });
    const { topics } = cluster.image;
    const topic = topics.find('orders');
    expect(topics.findById(topic?.topicId ?? '')).toBe(topic);
    expect(topics.findPartition(topic?.topicId ?? '', 2)).toMatchObject({ index: 2, leader: 0 });
    expect(topics.findPartition(topic?.topicId ?? '', 3)).toBeUndefined();
    expect([topics.size, topics.partitionCount]).toEqual([1, 3]);
  });

  it('forgets a deleted topic with its partitions and settings', () => {
    const cluster = clusterOf(1);
    const configs = [{ name: 'retention.ms', value: '1' }];
    cluster.addTopic('orders', { numPartitions: 3, configs });
    const topicId = topicIdOf(cluster, 'orders');
    const request = { topics: [], topicNames: ['orders'], timeoutMs: 0 };
    cluster.run(deleteTopics(cluster.context, request));
    const { topics, configs: overrides } = cluster.image;
    expect(topics.find('orders')).toBeUndefined();
    expect(topics.findById(topicId)).toBeUndefined();
    expect(topics.findCollision('orders_')).toBeUndefined();
    expect(topics.partitionCount).toBe(0);
    expect(overrides.of(ConfigResourceType.TOPIC, 'orders').size).toBe(0);
  });

  it('raises the partition epoch with every change, the leader epoch with a leader', () => {
    const cluster = clusterOf(2);
    cluster.addTopic('orders', { assignments: [{ partitionIndex: 0, brokerIds: [0, 1] }] });
    cluster.commit([changeOf(cluster, { isr: [0] })]);
    const partition = () => cluster.image.topics.find('orders')?.partitions[0];
    expect(partition()).toMatchObject({ isr: [0], leader: 0, leaderEpoch: 0, partitionEpoch: 1 });
    cluster.commit([changeOf(cluster, { leader: 1, isr: [1] })]);
    expect(partition()).toMatchObject({ isr: [1], leader: 1, leaderEpoch: 1, partitionEpoch: 2 });
    cluster.commit([changeOf(cluster, { leader: 1 })]);
    expect(partition()).toMatchObject({ leader: 1, leaderEpoch: 2, partitionEpoch: 3 });
  });

  it('keeps its own copy of credentials', () => {
    const cluster = clusterOf(0);
    const salt = Buffer.from('salt');
    const body = {
      name: 'agent',
      mechanism: 1,
      salt,
      storedKey: Buffer.from('stored'),
      serverKey: Buffer.from('server'),
      iterations: 4096,
      principal: 'User:sa-1',
    };
    cluster.image.replay({ kind: 'userScramCredential', body });
    salt.fill(0);
    const credential = cluster.image.credentials.find('agent', 1);
    expect(credential).toMatchObject({ principal: 'User:sa-1', salt: Buffer.from('salt') });
  });

  it('knows which brokers are active', () => {
    const cluster = clusterOf(2);
    const epoch = cluster.image.brokers.find(1)?.epoch ?? -1;
    cluster.commit([{ kind: 'fenceBroker', body: { id: 1, epoch } }]);
    expect(cluster.image.brokers.listActive().map(({ id }) => id)).toEqual([0]);
    cluster.commit(unfenceBroker(cluster.context, 1));
    expect(cluster.image.brokers.listActive()).toHaveLength(2);
    const change = { fenced: 0, inControlledShutdown: 1, logDirs: [], cordonedLogDirs: null };
    const body = { brokerId: 1, brokerEpoch: epoch, ...change };
    cluster.commit([{ kind: 'brokerRegistrationChange', body }]);
    expect(cluster.image.brokers.listActive().map(({ id }) => id)).toEqual([0]);
    cluster.commit([{ kind: 'unregisterBroker', body: { brokerId: 1, brokerEpoch: epoch } }]);
    expect(cluster.image.brokers.find(1)).toBeUndefined();
  });

  it('keeps quotas by entity, whatever the order of its parts', () => {
    const cluster = clusterOf(0);
    const user = { entityType: 'user', entityName: 'agent' };
    const client = { entityType: 'client-id', entityName: null };
    const key = 'producer_byte_rate';
    const quota = { key, value: 5, remove: false };
    cluster.commit([{ kind: 'clientQuota', body: { entity: [user, client], ...quota } }]);
    expect(cluster.image.quotas.list()).toHaveLength(1);
    const removal = { key, value: 0, remove: true };
    cluster.commit([{ kind: 'clientQuota', body: { entity: [client, user], ...removal } }]);
    expect(cluster.image.quotas.list()).toEqual([]);
  });

  it.each<[string, MetadataRecord]>([
    ['a change of an unknown topic', { kind: 'removeTopic', body: { topicId: 'unknown' } }],
    ['another life of a broker', { kind: 'fenceBroker', body: { id: 0, epoch: 99 } }],
    ['a topic twice', { kind: 'topic', body: { name: 'orders', topicId: 'another' } }],
  ])('calls a log corrupt that has %s', (_, record) => {
    const cluster = clusterOf(1);
    cluster.addTopic('orders');
    const replay = (): void => cluster.image.replay(record);
    expect(replay).toThrow(expect.objectContaining({ code: 'corrupt' }));
  });

  it('calls a log corrupt that skips a partition', () => {
    const cluster = clusterOf(1);
    cluster.addTopic('orders');
    expect(() => cluster.commit([changeOf(cluster, { partitionId: 7 })])).toThrow(/orders-7/);
  });
});
