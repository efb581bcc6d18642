import { KafkaError } from '@weirhouse/kafka-protocol';
import { describe, expect, it } from 'vitest';
import { clusterOf, type SpecCluster } from '../spec-builders.ts';
import { fenceBroker, unfenceBroker, unregisterBroker } from './brokers.ts';
import { electLeaders, ElectionType } from './elect-leaders.ts';

function clusterWithOrders(): SpecCluster {
  const cluster = clusterOf(3);
  cluster.addTopic('orders', { assignments: [{ partitionIndex: 0, brokerIds: [0, 1] }] });
  return cluster;
}

function elect(
  cluster: SpecCluster,
  electionType: number,
  topicPartitions: readonly { topic: string; partitions: readonly number[] }[] | null = [
    { topic: 'orders', partitions: [0] },
  ],
) {
  const request = { electionType, topicPartitions, timeoutMs: 1000 };
  return cluster.run(electLeaders(cluster.context, request));
}

function codes(response: ReturnType<typeof elect>) {
  return response.replicaElectionResults.map(({ partitionResult }) =>
    partitionResult.map(({ errorCode }) => errorCode),
  );
}

const { PREFERRED, UNCLEAN } = ElectionType;

describe('electLeaders', () => {
  it('gives the lead back to the preferred replica', () => {
    const cluster = clusterWithOrders();
    cluster.commit(fenceBroker(cluster.context, 0));
    cluster.commit(unfenceBroker(cluster.context, 0));
    expect(codes(elect(cluster, PREFERRED))).toEqual([[KafkaError.PREFERRED_LEADER_NOT_AVAILABLE]]);
    const topicId = cluster.image.topics.find('orders')?.topicId ?? '';
    const isr = [1, 0];
    const place = { topicId, partitionId: 0, isr, leader: -2, leaderRecoveryState: -1 };
    const body = { ...place, replicas: null, removingReplicas: null, addingReplicas: null };
    const rest = { eligibleLeaderReplicas: null, lastKnownElr: null, directories: null };
    cluster.commit([{ kind: 'partitionChange', body: { ...body, ...rest } }]);
    expect(codes(elect(cluster, PREFERRED))).toEqual([[KafkaError.NONE]]);
    expect(cluster.image.topics.find('orders')?.partitions[0]).toMatchObject({ leader: 0 });
  });

  it('elects nobody where the preferred replica leads', () => {
    const cluster = clusterWithOrders();
    expect(codes(elect(cluster, PREFERRED))).toEqual([[KafkaError.ELECTION_NOT_NEEDED]]);
    expect(codes(elect(cluster, UNCLEAN))).toEqual([[KafkaError.ELECTION_NOT_NEEDED]]);
  });

  it('leaves out of an election of all what needs none', () => {
    const cluster = clusterWithOrders();
    const topics = elect(cluster, PREFERRED, null).replicaElectionResults;
    expect(topics).toEqual([{ topic: 'orders', partitionResult: [] }]);
  });

  it('lets a replica that is not in sync lead only in an unclean election', () => {
    const cluster = clusterWithOrders();
    cluster.commit(fenceBroker(cluster.context, 1));
    cluster.commit(fenceBroker(cluster.context, 0));
    expect(codes(elect(cluster, UNCLEAN))).toEqual([[KafkaError.ELIGIBLE_LEADERS_NOT_AVAILABLE]]);
    cluster.commit(unfenceBroker(cluster.context, 1));
    expect(cluster.image.topics.find('orders')?.partitions[0]).toMatchObject({ leader: -1 });
    expect(codes(elect(cluster, PREFERRED))).toEqual([[KafkaError.PREFERRED_LEADER_NOT_AVAILABLE]]);
    expect(codes(elect(cluster, UNCLEAN))).toEqual([[KafkaError.NONE]]);
    const led = { leader: 1, isr: [1], leaderRecoveryState: 1 };
    expect(cluster.image.topics.find('orders')?.partitions[0]).toMatchObject(led);
  });

  it('tells what is unknown', () => {
    const unknown = KafkaError.UNKNOWN_TOPIC_OR_PARTITION;
    const response = elect(clusterWithOrders(), PREFERRED, [
      { topic: 'orders', partitions: [7] },
      { topic: 'none', partitions: [0] },
    ]);
    expect(codes(response)).toEqual([[unknown], [unknown]]);
    expect(elect(clusterWithOrders(), 5).errorCode).toBe(KafkaError.INVALID_REQUEST);
  });
});

describe('unregisterBroker', () => {
  it('forgets a broker, and others lead', () => {
    const cluster = clusterWithOrders();
    expect(cluster.run(unregisterBroker(cluster.context, 0, 2)).errorCode).toBe(KafkaError.NONE);
    expect(cluster.image.brokers.find(0)).toBeUndefined();
    expect(cluster.image.topics.find('orders')?.partitions[0]).toMatchObject({ leader: 1 });
  });

  it('refuses an unknown broker and the controller itself', () => {
    const cluster = clusterWithOrders();
    const unregister = (id: number) => cluster.run(unregisterBroker(cluster.context, id, 2));
    expect(unregister(9).errorCode).toBe(KafkaError.BROKER_ID_NOT_REGISTERED);
    expect(unregister(2).errorCode).toBe(KafkaError.INVALID_REQUEST);
  });
});
