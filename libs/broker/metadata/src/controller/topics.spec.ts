import { KafkaError } from '@weirhouse/kafka-protocol';
import type { CreatePartitionsTopic } from '@weirhouse/kafka-protocol/messages/create-partitions-request';
import type { CreateTopicsRequestCreatableTopic } from '@weirhouse/kafka-protocol/messages/create-topics-request';
import type { DeleteTopicsRequest } from '@weirhouse/kafka-protocol/messages/delete-topics-request';
import { ZERO_UUID } from '@weirhouse/shared-kernel';
import { describe, expect, it } from 'vitest';
import { clusterOf, type SpecCluster, type SpecTopic, topicsRequest } from '../spec-builders.ts';
import { createPartitions } from './create-partitions.ts';
import { createTopics, hideTopicConfigs } from './create-topics.ts';
import { deleteTopics } from './delete-topics.ts';

function manual(
  ...lists: readonly (readonly number[])[]
): Partial<CreateTopicsRequestCreatableTopic> {
  return { assignments: lists.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })) };
}

function codesOf(cluster: SpecCluster, ...topics: readonly SpecTopic[]): number[] {
  const result = createTopics(cluster.context, topicsRequest(...topics));
  return result.response.topics.map(({ errorCode }) => errorCode);
}

describe('createTopics', () => {
  it('makes a topic with the brokers defaults, led and in sync', () => {
    const settings = { 'num.partitions': '4', 'default.replication.factor': '2' };
    const cluster = clusterOf(3, settings);
    const response = cluster.run(createTopics(cluster.context, topicsRequest({ name: 'orders' })));
    const [result] = response.topics;
    expect(result).toMatchObject({ errorCode: 0, numPartitions: 4, replicationFactor: 2 });
    const topic = cluster.image.topics.find('orders');
    expect(topic?.topicId).toBe(result?.topicId);
    expect(topic?.partitions).toHaveLength(4);
    for (const partition of topic?.partitions ?? []) {
      expect(partition.isr).toEqual(partition.replicas);
      expect(partition.leader).toBe(partition.replicas[0]);
      expect(partition).toMatchObject({ leaderEpoch: 0, partitionEpoch: 0 });
      expect(partition.directories).toHaveLength(2);
    }
  });

  it('answers with all settings of the topic and where they come from', () => {
    const cluster = clusterOf(1, { 'log.retention.hours': '1' });
    const configs = [{ name: 'cleanup.policy', value: 'compact, delete' }];
    const request = topicsRequest({ name: 'orders', configs });
    const { topics } = cluster.run(createTopics(cluster.context, request));
    const [result] = topics;
    expect(result?.configs).toHaveLength(33);
    expect(result?.configs).toContainEqual({
      name: 'cleanup.policy',
      value: 'compact,delete',
      readOnly: false,
      configSource: 1,
      isSensitive: false,
    });
    const retention = result?.configs?.find(({ name }) => name === 'retention.ms');
    expect(retention).toMatchObject({ value: '3600000', configSource: 5 });
    expect(topics.map((topic) => hideTopicConfigs(topic))[0]).toMatchObject({
      configs: null,
      topicConfigErrorCode: KafkaError.TOPIC_AUTHORIZATION_FAILED,
      numPartitions: -1,
    });
  });

  it('checks everything and makes nothing when it only validates', () => {
    const cluster = clusterOf(1);
    const request = topicsRequest({ name: 'orders' }, { name: 'bad name' });
    const result = createTopics(cluster.context, { ...request, validateOnly: true });
    expect(result.records).toEqual([]);
    expect(result.response.topics).toMatchObject([
      { errorCode: 0, numPartitions: 1, topicId: ZERO_UUID },
      { errorCode: KafkaError.INVALID_TOPIC_EXCEPTION },
    ]);
  });

  it('takes an assignment made by hand', () => {
    const cluster = clusterOf(3);
    cluster.addTopic('orders', manual([2, 0], [1, 2]));
    const replicas = cluster.image.topics.find('orders')?.partitions.map((p) => p.replicas);
    expect(replicas).toEqual([
      [2, 0],
      [1, 2],
    ]);
  });

  it('leaves fenced brokers of an assignment out of sync', () => {
    const cluster = clusterOf(2);
    const epoch = cluster.image.brokers.find(0)?.epoch ?? -1;
    cluster.commit([{ kind: 'fenceBroker', body: { id: 0, epoch } }]);
    cluster.addTopic('orders', manual([0, 1]));
    const partition = cluster.image.topics.find('orders')?.partitions[0];
    expect(partition).toMatchObject({ replicas: [0, 1], isr: [1], leader: 1 });
  });

  it.each([
    ['', KafkaError.INVALID_TOPIC_EXCEPTION],
    ['.', KafkaError.INVALID_TOPIC_EXCEPTION],
    ['..', KafkaError.INVALID_TOPIC_EXCEPTION],
    ['a b', KafkaError.INVALID_TOPIC_EXCEPTION],
    ['a/b', KafkaError.INVALID_TOPIC_EXCEPTION],
    ['\u00fcber', KafkaError.INVALID_TOPIC_EXCEPTION],
    ['x'.repeat(250), KafkaError.INVALID_TOPIC_EXCEPTION],
    ['x'.repeat(249), KafkaError.NONE],
    ['__cluster_metadata', KafkaError.INVALID_REQUEST],
    ['__consumer_offsets', KafkaError.NONE],
    ['orders', KafkaError.TOPIC_ALREADY_EXISTS],
    ['my.topic', KafkaError.INVALID_TOPIC_EXCEPTION],
  ])('answers the name %j with %i', (name, expected) => {
    const cluster = clusterOf(1);
    cluster.addTopic('orders');
    cluster.addTopic('my_topic');
    expect(codesOf(cluster, { name })).toEqual([expected]);
  });

  it('refuses two names of one request that collide, and makes the first', () => {
    const codes = codesOf(clusterOf(1), { name: 'a.b' }, { name: 'a_b' });
    expect(codes).toEqual([KafkaError.NONE, KafkaError.INVALID_TOPIC_EXCEPTION]);
  });

  it('answers a repeated name once, with an error, and makes the others', () => {
    const cluster = clusterOf(1);
    const request = topicsRequest({ name: 'a' }, { name: 'b' }, { name: 'a' });
    const response = cluster.run(createTopics(cluster.context, request));
    expect(response.topics.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ['a', KafkaError.INVALID_REQUEST],
      ['b', KafkaError.NONE],
    ]);
    expect(cluster.image.topics.find('a')).toBeUndefined();
  });

  it.each<[string, Partial<CreateTopicsRequestCreatableTopic>, number]>([
    ['no partitions', { numPartitions: 0 }, KafkaError.INVALID_PARTITIONS],
    ['fewer than none', { numPartitions: -2 }, KafkaError.INVALID_PARTITIONS],
    ['no replicas', { replicationFactor: 0 }, KafkaError.INVALID_REPLICATION_FACTOR],
    ['more replicas than brokers', { replicationFactor: 3 }, KafkaError.INVALID_REPLICATION_FACTOR],
    ['too many partitions', { numPartitions: 10_001 }, KafkaError.POLICY_VIOLATION],
    ['a billion partitions', { numPartitions: 1_000_000_000 }, KafkaError.POLICY_VIOLATION],
    ['counts and an assignment', { ...manual([0]), numPartitions: 1 }, KafkaError.INVALID_REQUEST],
    [
      'a factor and an assignment',
      { ...manual([0]), replicationFactor: 1 },
      KafkaError.INVALID_REQUEST,
    ],
    ['an empty list', manual([]), KafkaError.INVALID_REPLICA_ASSIGNMENT],
    ['a broker twice', manual([0, 0]), KafkaError.INVALID_REPLICA_ASSIGNMENT],
    ['an unknown broker', manual([7]), KafkaError.INVALID_REPLICA_ASSIGNMENT],
    ['lists of different length', manual([0], [0, 1]), KafkaError.INVALID_REPLICA_ASSIGNMENT],
    [
      'a gap',
      { assignments: [{ partitionIndex: 1, brokerIds: [0] }] },
      KafkaError.INVALID_REPLICA_ASSIGNMENT,
    ],
    [
      'a partition twice',
      {
        assignments: [
          { partitionIndex: 0, brokerIds: [0] },
          { partitionIndex: 0, brokerIds: [1] },
        ],
      },
      KafkaError.INVALID_REPLICA_ASSIGNMENT,
    ],
    [
      'an unknown setting',
      { configs: [{ name: 'no.such', value: '1' }] },
      KafkaError.INVALID_CONFIG,
    ],
    [
      'a null setting',
      { configs: [{ name: 'retention.ms', value: null }] },
      KafkaError.INVALID_CONFIG,
    ],
    [
      'a bad setting',
      { configs: [{ name: 'retention.ms', value: 'x' }] },
      KafkaError.INVALID_CONFIG,
    ],
    [
      'settings that contradict',
      {
        configs: [
          { name: 'min.compaction.lag.ms', value: '2' },
          { name: 'max.compaction.lag.ms', value: '1' },
        ],
      },
      KafkaError.INVALID_CONFIG,
    ],
  ])('refuses %s', (_, change, expected) => {
    const cluster = clusterOf(2);
    const result = createTopics(cluster.context, topicsRequest({ name: 'orders', ...change }));
    expect(result.response.topics[0]).toMatchObject({ errorCode: expected, configs: [] });
    expect(result.response.topics[0]?.errorMessage).toMatch(/\S/);
    expect(result.records).toEqual([]);
  });

  it('refuses when no broker could lead', () => {
    const cluster = clusterOf(1);
    const epoch = cluster.image.brokers.find(0)?.epoch ?? -1;
    cluster.commit([{ kind: 'fenceBroker', body: { id: 0, epoch } }]);
    const unready = codesOf(cluster, { name: 'a' }, { name: 'b', ...manual([0]) });
    expect(unready).toEqual([
      KafkaError.INVALID_REPLICATION_FACTOR,
      KafkaError.INVALID_REPLICA_ASSIGNMENT,
    ]);
  });
});

describe('createPartitions', () => {
  function grow(cluster: SpecCluster, ...topics: readonly Partial<CreatePartitionsTopic>[]) {
    const full = topics.map((topic) =>
      Object.assign({ name: 'orders', count: 3, assignments: null }, topic),
    );
    return createPartitions(cluster.context, { topics: full, timeoutMs: 0, validateOnly: false });
  }

  function clusterWithOrders(): SpecCluster {
    const cluster = clusterOf(3);
    cluster.addTopic('orders', manual([0, 1], [1, 2]));
    return cluster;
  }

  it('adds partitions with as many replicas as the topic has', () => {
    const cluster = clusterWithOrders();
    expect(cluster.run(grow(cluster, { count: 4 })).results).toEqual([
      { name: 'orders', errorCode: 0, errorMessage: null },
    ]);
    const partitions = cluster.image.topics.find('orders')?.partitions ?? [];
    expect(partitions.map(({ replicas }) => replicas.length)).toEqual([2, 2, 2, 2]);
    expect(partitions.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
  });

  it('takes an assignment made by hand', () => {
    const cluster = clusterWithOrders();
    cluster.run(grow(cluster, { assignments: [{ brokerIds: [2, 0] }] }));
    expect(cluster.image.topics.find('orders')?.partitions[2]?.replicas).toEqual([2, 0]);
  });

  it('makes nothing when it only validates', () => {
    const { context } = clusterWithOrders();
    const topics = [{ name: 'orders', count: 3, assignments: null }];
    const result = createPartitions(context, { topics, timeoutMs: 0, validateOnly: true });
    expect(result).toMatchObject({ records: [], response: { results: [{ errorCode: 0 }] } });
  });

  it.each<[string, Partial<CreatePartitionsTopic>, number]>([
    ['an unknown topic', { name: 'none' }, KafkaError.UNKNOWN_TOPIC_OR_PARTITION],
    ['the same count', { count: 2 }, KafkaError.INVALID_PARTITIONS],
    ['a smaller count', { count: 1 }, KafkaError.INVALID_PARTITIONS],
    ['too many', { count: 10_003 }, KafkaError.POLICY_VIOLATION],
    ['too few assignments', { assignments: [] }, KafkaError.INVALID_REPLICA_ASSIGNMENT],
    [
      'fewer replicas than the topic has',
      { assignments: [{ brokerIds: [0] }] },
      KafkaError.INVALID_REPLICA_ASSIGNMENT,
    ],
  ])('refuses %s', (_, change, expected) => {
    const result = grow(clusterWithOrders(), change);
    expect(result.response.results[0]?.errorCode).toBe(expected);
    expect(result.records).toEqual([]);
  });

  it('refuses a repeated topic', () => {
    const result = grow(clusterWithOrders(), { count: 3 }, { count: 4 });
    expect(result.records).toEqual([]);
    expect(result.response.results).toMatchObject([{ errorCode: KafkaError.INVALID_REQUEST }]);
  });
});

describe('deleteTopics', () => {
  function remove(cluster: SpecCluster, change: Partial<DeleteTopicsRequest>) {
    const request = { topics: [], topicNames: [], timeoutMs: 0, ...change };
    return cluster.run(deleteTopics(cluster.context, request)).responses;
  }

  function clusterWithOrders(settings = {}): SpecCluster {
    const cluster = clusterOf(1, settings);
    cluster.addTopic('orders');
    return cluster;
  }

  it('deletes by name and tells the id', () => {
    const cluster = clusterWithOrders();
    const topicId = cluster.image.topics.find('orders')?.topicId;
    expect(remove(cluster, { topicNames: ['orders'] })).toEqual([
      { name: 'orders', topicId, errorCode: 0, errorMessage: null },
    ]);
    expect(cluster.image.topics.find('orders')).toBeUndefined();
  });

  it('deletes by id and tells the name', () => {
    const cluster = clusterWithOrders();
    const topicId = cluster.image.topics.find('orders')?.topicId ?? '';
    const responses = remove(cluster, { topics: [{ name: null, topicId }] });
    expect(responses).toMatchObject([{ name: 'orders', errorCode: 0 }]);
    expect(cluster.image.topics.size).toBe(0);
  });

  it('gives a topic of the same name another id', () => {
    const cluster = clusterWithOrders();
    const before = cluster.image.topics.find('orders')?.topicId;
    remove(cluster, { topicNames: ['orders'] });
    cluster.addTopic('orders');
    expect(cluster.image.topics.find('orders')?.topicId).not.toBe(before);
  });

  it.each<[string, Partial<DeleteTopicsRequest>, number]>([
    ['an unknown name', { topicNames: ['none'] }, KafkaError.UNKNOWN_TOPIC_OR_PARTITION],
    [
      'an unknown id',
      { topics: [{ name: null, topicId: 'rgqakbFFARouTlCBTFjH1g' }] },
      KafkaError.UNKNOWN_TOPIC_ID,
    ],
    [
      'neither name nor id',
      { topics: [{ name: null, topicId: ZERO_UUID }] },
      KafkaError.INVALID_REQUEST,
    ],
    [
      'both name and id',
      { topics: [{ name: 'orders', topicId: 'rgqakbFFARouTlCBTFjH1g' }] },
      KafkaError.INVALID_REQUEST,
    ],
  ])('refuses %s', (_, change, expected) => {
    const cluster = clusterWithOrders();
    expect(remove(cluster, change)).toMatchObject([{ errorCode: expected }]);
    expect(cluster.image.topics.size).toBe(1);
  });

  it('answers a topic named twice once, and does not delete it', () => {
    const responses = remove(clusterWithOrders(), { topicNames: ['orders', 'orders'] });
    expect(responses.map(({ errorCode }) => errorCode)).toEqual([KafkaError.INVALID_REQUEST]);
  });

  it('refuses when deletion is switched off', () => {
    const cluster = clusterWithOrders({ 'delete.topic.enable': 'false' });
    const responses = remove(cluster, { topicNames: ['orders'] });
    expect(responses).toMatchObject([{ errorCode: KafkaError.TOPIC_DELETION_DISABLED }]);
    expect(cluster.image.topics.size).toBe(1);
  });
});
