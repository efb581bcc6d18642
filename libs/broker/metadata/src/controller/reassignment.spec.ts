import { KafkaError } from '@weirhouse/kafka-protocol';
import { describe, expect, it } from 'vitest';
import { clusterOf, type SpecCluster } from '../spec-builders.ts';
import { alterPartitionReassignments, listPartitionReassignments } from './alter-reassignments.ts';

/** `orders` with one partition on these brokers; the first leads. */
function clusterWithOrders(brokers: number, replicas: readonly number[]): SpecCluster {
  const cluster = clusterOf(brokers);
  cluster.addTopic('orders', { assignments: [{ partitionIndex: 0, brokerIds: replicas }] });
  return cluster;
}

function partitionOf(cluster: SpecCluster) {
  const partition = cluster.image.topics.find('orders')?.partitions[0];
  if (partition === undefined) throw new Error('orders exists');
  return partition;
}

function move(
  cluster: SpecCluster,
  replicas: readonly number[] | null,
  options: { allowChange?: boolean; partitionIndex?: number; name?: string } = {},
) {
  const { allowChange = true, name = 'orders', partitionIndex = 0 } = options;
  const { responses } = cluster.run(
    alterPartitionReassignments(cluster.context, {
      timeoutMs: 1000,
      allowReplicationFactorChange: allowChange,
      topics: [{ name, partitions: [{ partitionIndex, replicas }] }],
    }),
  );
  return responses[0]?.partitions[0]?.errorCode;
}

function listed(cluster: SpecCluster, indexes?: readonly number[]) {
  const topics = indexes === undefined ? null : [{ name: 'orders', partitionIndexes: indexes }];
  return listPartitionReassignments(cluster.image, { timeoutMs: 1000, topics }).topics;
}

describe('alterPartitionReassignments', () => {
  it('does nothing for a target that is what the partition has', () => {
    const cluster = clusterWithOrders(1, [0]);
    const before = cluster.log.length;
    expect(move(cluster, [0])).toBe(KafkaError.NONE);
    expect(cluster.log).toHaveLength(before);
    expect(listed(cluster)).toEqual([]);
  });

  it('reorders replicas at once and leaves the leader', () => {
    const cluster = clusterWithOrders(3, [0, 1, 2]);
    expect(move(cluster, [2, 0, 1])).toBe(KafkaError.NONE);
    expect(partitionOf(cluster)).toMatchObject({ replicas: [2, 0, 1], leader: 0, leaderEpoch: 0 });
  });

  it('drops a leading replica at once and lets another one lead', () => {
    const cluster = clusterWithOrders(3, [0, 1, 2]);
    expect(move(cluster, [1, 2])).toBe(KafkaError.NONE);
    const state = { replicas: [1, 2], isr: [1, 2], leader: 1, leaderEpoch: 1 };
    expect(partitionOf(cluster)).toMatchObject(state);
    expect(partitionOf(cluster).directories).toHaveLength(2);
  });

  it('keeps old and new replicas until the new ones are in sync, and lists that', () => {
    const cluster = clusterWithOrders(3, [0]);
    expect(move(cluster, [1])).toBe(KafkaError.NONE);
    const ongoing = { replicas: [1, 0], addingReplicas: [1], removingReplicas: [0] };
    expect(partitionOf(cluster)).toMatchObject({ ...ongoing, isr: [0], leader: 0 });
    expect(listed(cluster)).toEqual([
      { name: 'orders', partitions: [{ partitionIndex: 0, ...ongoing }] },
    ]);
    expect(listed(cluster, [0])).toHaveLength(1);
    expect(listed(cluster, [1])).toEqual([]);
  });

  it('takes another target while one is under way', () => {
    const cluster = clusterWithOrders(3, [0]);
    move(cluster, [1]);
    expect(move(cluster, [2])).toBe(KafkaError.NONE);
    const state = { replicas: [2, 0], addingReplicas: [2], removingReplicas: [0] };
    expect(partitionOf(cluster)).toMatchObject(state);
  });

  it('cancels what is under way', () => {
    const cluster = clusterWithOrders(3, [0]);
    move(cluster, [1, 2]);
    expect(move(cluster, null)).toBe(KafkaError.NONE);
    const state = { replicas: [0], addingReplicas: [], removingReplicas: [], leader: 0 };
    expect(partitionOf(cluster)).toMatchObject(state);
    expect(move(cluster, null)).toBe(KafkaError.NO_REASSIGNMENT_IN_PROGRESS);
  });

  it.each<[string, readonly number[], number]>([
    ['an unknown broker', [9], KafkaError.INVALID_REPLICA_ASSIGNMENT],
    ['an empty target', [], KafkaError.INVALID_REPLICA_ASSIGNMENT],
    ['a broker named twice', [1, 1], KafkaError.INVALID_REPLICA_ASSIGNMENT],
  ])('refuses %s', (_, replicas, expected) => {
    expect(move(clusterWithOrders(3, [0]), replicas)).toBe(expected);
  });

  it('refuses another replication factor where the request forbids it', () => {
    const cluster = clusterWithOrders(3, [0]);
    const allowChange = false;
    expect(move(cluster, [0, 1], { allowChange })).toBe(KafkaError.INVALID_REPLICATION_FACTOR);
    expect(move(cluster, [1], { allowChange })).toBe(KafkaError.NONE);
  });

  it('tells unknown topics and partitions', () => {
    const cluster = clusterWithOrders(1, [0]);
    const unknown = KafkaError.UNKNOWN_TOPIC_OR_PARTITION;
    expect(move(cluster, [0], { name: 'none' })).toBe(unknown);
    expect(move(cluster, [0], { partitionIndex: 7 })).toBe(unknown);
  });
});
