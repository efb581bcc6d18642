import { KafkaError } from '@weirhouse/kafka-protocol';
import { describe, expect, it } from 'vitest';
import type { PartitionImage } from '../image/topics-image.ts';
import {
  CLUSTER_ID,
  clusterOf,
  registrationOf,
  shapeOnlyCrypto,
  seededRandom,
  SpecCluster,
} from '../spec-builders.ts';
import { bootstrapRecords, METADATA_VERSION } from './bootstrap.ts';
import { fenceBroker, registerBroker, unfenceBroker } from './brokers.ts';
import { allocateProducerIds } from './producer-ids.ts';

const quiet = { brokerEpoch: 50, sessionAlive: false, fenced: true };

function clusterWithPartition(...replicas: readonly number[]): SpecCluster {
  const cluster = clusterOf(3);
  cluster.addTopic('orders', { assignments: [{ partitionIndex: 0, brokerIds: replicas }] });
  return cluster;
}

function partitionOf(cluster: SpecCluster): PartitionImage | undefined {
  return cluster.image.topics.find('orders')?.partitions[0];
}

describe('registerBroker', () => {
  it('records the broker fenced, with the offset of its record as epoch', () => {
    const cluster = clusterOf(0);
    const request = registrationOf(4, { rack: 'zone-a' });
    const response = cluster.run(registerBroker(cluster.context, request, quiet));
    expect(response).toEqual({ throttleTimeMs: 0, errorCode: 0, brokerEpoch: 50 });
    const broker = cluster.image.brokers.find(4);
    expect(broker).toMatchObject({ id: 4, epoch: 50, fenced: true, rack: 'zone-a' });
    const endpoint = { host: 'b4', port: 9092, securityProtocol: 3 };
    expect(broker?.endpoints.get('CLIENT')).toEqual(endpoint);
  });

  it.each([
    ['another cluster', { clusterId: 'other' }, 104],
    ['no listeners', { listeners: [] }, 119],
    ['no features', { features: [] }, 35],
    [
      'an older metadata version',
      { features: [{ name: 'metadata.version', minSupportedVersion: 1, maxSupportedVersion: 2 }] },
      35,
    ],
  ])('refuses %s', (_, change, expected) => {
    const { context } = clusterOf(0);
    const result = registerBroker(context, registrationOf(4, change), quiet);
    expect(result).toMatchObject({ records: [], response: { errorCode: expected } });
  });

  it('refuses a second process with the id of a live one, but not its own next life', () => {
    const { context } = clusterOf(1);
    const alive = { ...quiet, sessionAlive: true };
    const other = registrationOf(0, { incarnationId: 'rgqakbFFARouTlCBTFjH1g' });
    expect(registerBroker(context, other, alive).response.errorCode).toBe(101);
    expect(registerBroker(context, other, quiet).response.errorCode).toBe(0);
    expect(registerBroker(context, registrationOf(0), alive).response.errorCode).toBe(0);
  });

  it('hands the partitions of a broker that starts again to others', () => {
    const cluster = clusterWithPartition(0, 1);
    cluster.run(registerBroker(cluster.context, registrationOf(0), quiet));
    expect(partitionOf(cluster)).toMatchObject({ isr: [1], leader: 1, leaderEpoch: 1 });
  });

  it('lets the controller lead its own partitions at once, in a new epoch', () => {
    const cluster = clusterWithPartition(0);
    const own = { brokerEpoch: 50, sessionAlive: false, fenced: false };
    cluster.run(registerBroker(cluster.context, registrationOf(0), own));
    expect(cluster.image.brokers.find(0)?.fenced).toBe(false);
    expect(partitionOf(cluster)).toMatchObject({ isr: [0], leader: 0, leaderEpoch: 1 });
  });
});

describe('fencing', () => {
  it('moves leadership to the next replica in sync, and unfencing does not move it back', () => {
    const cluster = clusterWithPartition(0, 1, 2);
    cluster.commit(fenceBroker(cluster.context, 0));
    expect(partitionOf(cluster)).toMatchObject({ isr: [1, 2], leader: 1, leaderEpoch: 1 });
    cluster.commit(unfenceBroker(cluster.context, 0));
    expect(partitionOf(cluster)).toMatchObject({ isr: [1, 2], leader: 1, leaderEpoch: 1 });
  });

  it('passes over a broker that is shutting down', () => {
    const cluster = clusterWithPartition(0, 1, 2);
    const brokerEpoch = cluster.image.brokers.find(1)?.epoch ?? -1;
    const change = { fenced: 0, inControlledShutdown: 1, logDirs: [], cordonedLogDirs: null };
    const body = { brokerId: 1, brokerEpoch, ...change };
    cluster.commit([{ kind: 'brokerRegistrationChange', body }]);
    cluster.commit(fenceBroker(cluster.context, 0));
    expect(partitionOf(cluster)).toMatchObject({ isr: [1, 2], leader: 2 });
  });

  it('only shrinks the in-sync set of partitions that others lead', () => {
    const cluster = clusterWithPartition(0, 1);
    cluster.commit(fenceBroker(cluster.context, 1));
    expect(partitionOf(cluster)).toMatchObject({ isr: [0], leader: 0, leaderEpoch: 0 });
  });

  it('keeps the last replica in sync, leaderless, until it is back', () => {
    const cluster = clusterWithPartition(0, 1);
    cluster.commit(fenceBroker(cluster.context, 1));
    cluster.commit(fenceBroker(cluster.context, 0));
    expect(partitionOf(cluster)).toMatchObject({ isr: [0], leader: -1, leaderEpoch: 1 });
    cluster.commit(unfenceBroker(cluster.context, 1));
    expect(partitionOf(cluster)).toMatchObject({ isr: [0], leader: -1 });
    cluster.commit(unfenceBroker(cluster.context, 0));
    expect(partitionOf(cluster)).toMatchObject({ isr: [0], leader: 0, leaderEpoch: 2 });
  });

  it('is nothing when the broker is unknown or in that state already', () => {
    const { context } = clusterOf(1);
    expect([...unfenceBroker(context, 0), ...unfenceBroker(context, 9)]).toEqual([]);
    expect(fenceBroker(context, 9)).toEqual([]);
  });
});

describe('allocateProducerIds', () => {
  it('gives each caller a block of its own', () => {
    const cluster = clusterOf(1);
    const brokerEpoch = cluster.image.brokers.find(0)?.epoch ?? -1;
    const next = () =>
      cluster.run(allocateProducerIds(cluster.context, { brokerId: 0, brokerEpoch }));
    expect(next()).toMatchObject({ errorCode: 0, producerIdStart: 0, producerIdLen: 1000 });
    expect(next()).toMatchObject({ errorCode: 0, producerIdStart: 1000, producerIdLen: 1000 });
  });

  it('refuses unknown brokers and former lives', () => {
    const { context } = clusterOf(1);
    const code = (brokerId: number) =>
      allocateProducerIds(context, { brokerId, brokerEpoch: 99 }).response.errorCode;
    expect(code(0)).toBe(KafkaError.STALE_BROKER_EPOCH);
    expect(code(9)).toBe(KafkaError.BROKER_ID_NOT_REGISTERED);
  });
});

describe('bootstrapRecords', () => {
  it('give a new cluster its features, credentials and ACLs', () => {
    const cluster = new SpecCluster();
    const credential = {
      name: 'admin',
      mechanism: 2,
      iterations: 4096,
      salt: Buffer.from('salt'),
      saltedPassword: Buffer.from('salted'),
      principal: null,
    };
    const acl = {
      resourceType: 2,
      resourceName: '*',
      patternType: 3,
      principal: 'User:admin',
      host: '*',
      operation: 2,
      permissionType: 3,
    };
    cluster.commit(
      bootstrapRecords({
        random: seededRandom(1),
        crypto: shapeOnlyCrypto,
        featureLevels: new Map([
          ['group.version', 1],
          ['transaction.version', 0],
        ]),
        credentials: [credential],
        acls: [acl],
      }),
    );
    const { image } = cluster;
    expect(image.clusterId).toBe(CLUSTER_ID);
    expect([...image.features]).toEqual([
      ['metadata.version', METADATA_VERSION],
      ['group.version', 1],
    ]);
    expect(image.featureLevel('transaction.version')).toBe(0);
    expect(image.credentials.find('admin', 2)?.iterations).toBe(4096);
    expect([...image.acls.values()]).toMatchObject([acl]);
  });
});
