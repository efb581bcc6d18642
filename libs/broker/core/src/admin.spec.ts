import { describe, expect, it } from 'vitest';

import { KafkaError } from '@weirhouse/kafka-protocol';
import { ZERO_UUID } from '@weirhouse/shared-kernel';

import { adminCalls } from './testing/admin-calls.ts';
import { apiCalls } from './testing/api-calls.ts';
import { produceRequest } from './testing/requests.ts';
import { TestTube } from './testing/test-tube.ts';

const clientSoftware = { clientSoftwareName: 'test', clientSoftwareVersion: '1' };

const UNKNOWN = KafkaError.UNKNOWN_TOPIC_OR_PARTITION;

describe('log directories', () => {
  it.each([1, 2, 3, 4, 5])('are described with sizes in version %i', (version) => {
    const tube = new TestTube();
    tube.createTopic('t', { partitions: 2 });
    const client = tube.connect();
    client.call(apiCalls.produce, 9, produceRequest('t', { index: 1 }));
    const response = client.call(adminCalls.describeLogDirs, version, { topics: null });
    const [result] = response.results;
    expect(result).toMatchObject({ errorCode: 0, logDir: '/data', isCordoned: false });
    expect(result?.totalBytes).toBe(version >= 4 ? 1e9 : -1);
    const [topic] = result?.topics ?? [];
    expect(topic?.partitions).toMatchObject([{ partitionIndex: 0, partitionSize: 0 }, {}]);
    expect(topic?.partitions[1]?.partitionSize).toBeGreaterThan(60);
  });

  it('are described for the partitions that were named', () => {
    const tube = new TestTube();
    tube.createTopic('t', { partitions: 2 });
    const topics = [
      { topic: 't', partitions: [1, 9] },
      { topic: 'none', partitions: [0] },
    ];
    const { results } = tube.connect().call(adminCalls.describeLogDirs, 4, { topics });
    expect(results[0]?.topics).toMatchObject([{ name: 't', partitions: [{ partitionIndex: 1 }] }]);
  });

  it('take replicas only where they are', () => {
    const tube = new TestTube();
    tube.createTopic('t');
    const topics = [{ name: 't', partitions: [0, 9] }];
    const dirs = [
      { path: '/data', topics },
      { path: '/elsewhere', topics },
    ];
    const { results } = tube.connect().call(adminCalls.alterReplicaLogDirs, 2, { dirs });
    const noDirectory = KafkaError.LOG_DIR_NOT_FOUND;
    expect(results[0]?.partitions.map(({ errorCode }) => errorCode)).toEqual([
      0,
      UNKNOWN,
      noDirectory,
      noDirectory,
    ]);
  });
});

describe('leaders and replicas of one broker', () => {
  it.each([0, 1, 2])('need no election, says version %i', (version) => {
    const tube = new TestTube();
    tube.createTopic('t');
    const client = tube.connect();
    const some = [{ topic: 't', partitions: [0, 4] }];
    const named = client.call(adminCalls.electLeaders, version, { topicPartitions: some });
    const [topic] = named.replicaElectionResults;
    expect(topic?.partitionResult.map(({ errorCode }) => errorCode)).toEqual([
      KafkaError.ELECTION_NOT_NEEDED,
      UNKNOWN,
    ]);
    const all = client.call(adminCalls.electLeaders, version, { topicPartitions: null });
    expect(all.replicaElectionResults).toEqual([{ topic: 't', partitionResult: [] }]);
  });

  it('are reassigned to where they are, and nowhere else', () => {
    const tube = new TestTube();
    tube.createTopic('t');
    const client = tube.connect();
    const move = (replicas: readonly number[] | null) => {
      const topics = [{ name: 't', partitions: [{ partitionIndex: 0, replicas }] }];
      const response = client.call(adminCalls.alterPartitionReassignments, 1, { topics });
      return response.responses[0]?.partitions[0]?.errorCode;
    };
    expect(move([1])).toBe(0);
    expect(move([2])).toBe(KafkaError.INVALID_REPLICA_ASSIGNMENT);
    expect(move(null)).toBe(KafkaError.NO_REASSIGNMENT_IN_PROGRESS);
    const listed = client.call(adminCalls.listPartitionReassignments, 0, { topics: null });
    expect(listed).toMatchObject({ errorCode: 0, topics: [] });
  });
});

describe('the quorum', () => {
  it.each([0, 1, 2])('is the broker itself in version %i', (version) => {
    const tube = new TestTube();
    const topics = [
      { topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] },
      { topicName: 'other', partitions: [{ partitionIndex: 0 }] },
    ];
    const response = tube.connect().call(adminCalls.describeQuorum, version, { topics });
    const [log, other] = response.topics.map(({ partitions }) => partitions[0]);
    expect(log).toMatchObject({ errorCode: 0, leaderId: 1, currentVoters: [{ replicaId: 1 }] });
    expect(log?.highWatermark).toBeGreaterThan(0);
    expect(log?.currentVoters[0]?.logEndOffset).toBe(log?.highWatermark);
    const directory = version >= 2 ? 'folder-of-a-test-tubeA' : ZERO_UUID;
    expect(log?.currentVoters[0]?.replicaDirectoryId).toBe(directory);
    expect(other?.errorCode).toBe(UNKNOWN);
    expect(response.nodes).toHaveLength(version >= 2 ? 1 : 0);
  });

  it('has fixed voters', () => {
    const client = new TestTube().connect();
    const voter = { voterId: 5, voterDirectoryId: ZERO_UUID };
    const added = client.call(adminCalls.addRaftVoter, 1, { ...voter, clusterId: null });
    const removed = client.call(adminCalls.removeRaftVoter, 0, { ...voter, clusterId: 'other' });
    expect(added.errorCode).toBe(KafkaError.UNSUPPORTED_VERSION);
    expect(removed.errorCode).toBe(KafkaError.INCONSISTENT_CLUSTER_ID);
  });

  it('does not lose its only broker', () => {
    const client = new TestTube().connect();
    const unregister = (brokerId: number) =>
      client.call(adminCalls.unregisterBroker, 0, { brokerId }).errorCode;
    expect(unregister(9)).toBe(KafkaError.BROKER_ID_NOT_REGISTERED);
    expect(unregister(1)).toBe(KafkaError.INVALID_REQUEST);
  });
});

describe('features', () => {
  it('are finalized at a level that survives a restart, with a higher epoch', () => {
    const tube = new TestTube();
    const versions = () => tube.connect().call(apiCalls.apiVersions, 3, clientSoftware);
    const level = (feature: string) =>
      versions().finalizedFeatures.find(({ name }) => name === feature)?.maxVersionLevel ?? 0;
    const epoch = versions().finalizedFeaturesEpoch;
    const target = level('group.version') === 1 ? 0 : 1;
    const featureUpdates = [
      { feature: 'group.version', maxVersionLevel: target, upgradeType: 2, allowDowngrade: false },
    ];
    const message = { featureUpdates };
    expect(tube.connect().call(adminCalls.updateFeatures, 2, message).errorCode).toBe(0);
    expect(level('group.version')).toBe(target);
    expect(versions().finalizedFeaturesEpoch).toBeGreaterThan(epoch);
    tube.restart();
    expect(level('group.version')).toBe(target);
  });
});

describe('config resources', () => {
  it('are listed by type', () => {
    const tube = new TestTube();
    tube.createTopic('t');
    const client = tube.connect();
    const list = (resourceTypes: readonly number[]) =>
      client.call(adminCalls.listConfigResources, 1, { resourceTypes });
    expect(list([]).configResources).toEqual([
      { resourceName: '1', resourceType: 8 },
      { resourceName: '1', resourceType: 4 },
      { resourceName: 't', resourceType: 2 },
    ]);
    expect(list([2]).configResources).toEqual([{ resourceName: 't', resourceType: 2 }]);
    expect(list([3]).errorCode).toBe(KafkaError.UNSUPPORTED_VERSION);
    expect(client.call(adminCalls.listConfigResources, 0).configResources).toEqual([]);
  });
});

describe('broker loggers', () => {
  const root = { resourceType: 8, resourceName: '1' };

  it('take a level at once and forget it with the process', () => {
    const tube = new TestTube();
    const level = () => {
      const resources = [{ ...root, configurationKeys: null }];
      const { results } = tube.connect().call(apiCalls.describeConfigs, 4, { resources });
      return results[0]?.configs.map(({ name, value }) => `${name}=${value}`);
    };
    expect(level()).toEqual(['root=INFO']);
    expect(alterLogger(tube, { value: 'DEBUG' })).toBe(0);
    expect(level()).toEqual(['root=DEBUG']);
    tube.restart();
    expect(level()).toEqual(['root=INFO']);
  });

  it.each<[string, LoggerChange, number]>([
    ['another broker', { broker: '2' }, KafkaError.INVALID_REQUEST],
    ['an unknown logger', { name: 'no.such' }, KafkaError.INVALID_CONFIG],
    ['an unknown level', { value: 'LOUD' }, KafkaError.INVALID_CONFIG],
    ['an append', { operation: 2 }, KafkaError.INVALID_REQUEST],
    ['to remove the root level', { operation: 1 }, KafkaError.INVALID_REQUEST],
  ])('refuse %s', (_, change, expected) => {
    expect(alterLogger(new TestTube(), change)).toBe(expected);
  });
});

interface LoggerChange {
  readonly broker?: string;
  readonly name?: string;
  readonly operation?: number;
  readonly value?: string;
}

function alterLogger(tube: TestTube, change: LoggerChange) {
  const { broker: resourceName = '1', name = 'root', operation = 0, value = 'INFO' } = change;
  const configs = [{ name, configOperation: operation, value }];
  const resources = [{ resourceType: 8, resourceName, configs }];
  return tube.connect().call(apiCalls.incrementalAlterConfigs, 1, { resources }).responses[0]
    ?.errorCode;
}

describe('settings of the broker', () => {
  it('count at once when they are changed for all brokers, and after a restart', () => {
    const tube = new TestTube();
    tube.createTopic('t');
    const client = tube.connect();
    const produce = () =>
      tube.connect().call(apiCalls.produce, 9, produceRequest('t')).responses[0]
        ?.partitionResponses[0]?.errorCode;
    expect(produce()).toBe(0);
    const configs = [{ name: 'message.max.bytes', configOperation: 0, value: '20' }];
    const resources = [{ resourceType: 4, resourceName: '', configs }];
    client.call(apiCalls.incrementalAlterConfigs, 1, { resources });
    expect(produce()).toBe(KafkaError.MESSAGE_TOO_LARGE);
    tube.restart();
    expect(produce()).toBe(KafkaError.MESSAGE_TOO_LARGE);
  });
});

describe('settings that belong to the platform', () => {
  const RESERVED = { reservedSettings: ['max.connections', 'ssl.keystore.location'] };

  function changes(client: ReturnType<TestTube['connect']>, name: string, resourceName = '') {
    const change = { name, configOperation: 0, value: '50' };
    const resource = { resourceType: 4, resourceName };
    const both = [
      client.call(apiCalls.incrementalAlterConfigs, 1, {
        resources: [{ ...resource, configs: [change] }],
      }),
      client.call(apiCalls.alterConfigs, 2, {
        resources: [{ ...resource, configs: [{ name, value: '50' }] }],
      }),
    ];
    return both.map(({ responses }) => responses[0]?.errorCode);
  }

  it('are changed by nobody else, plain or for a listener', () => {
    const client = new TestTube(RESERVED).connect();
    const refused = [KafkaError.POLICY_VIOLATION, KafkaError.POLICY_VIOLATION];
    expect(changes(client, 'max.connections')).toEqual(refused);
    expect(changes(client, 'listener.name.plain.max.connections', '1')).toEqual(refused);
    expect(changes(client, 'listener.name.plain.ssl.keystore.location', '1')).toEqual(refused);
    expect(changes(client, 'log.cleaner.backoff.ms')).toEqual([0, 0]);
  });

  it('are changed by super users', () => {
    const tube = new TestTube({ ...RESERVED, superUsers: ['User:ANONYMOUS'] });
    expect(changes(tube.connect(), 'max.connections')).toEqual([0, 0]);
  });
});

describe('administration without rights', () => {
  const tube = new TestTube({
    settings: { 'allow.everyone.if.no.acl.found': 'false' },
    superUsers: ['User:root'],
  });
  const client = tube.connect();
  const denied = KafkaError.CLUSTER_AUTHORIZATION_FAILED;

  it('is refused for everything', () => {
    const election = [{ topic: 't', partitions: [0] }];
    const answers = [
      client.call(adminCalls.describeLogDirs, 3).errorCode,
      client.call(adminCalls.electLeaders, 2).errorCode,
      client.call(adminCalls.electLeaders, 0, { topicPartitions: election })
        .replicaElectionResults[0]?.partitionResult[0]?.errorCode,
      client.call(adminCalls.alterPartitionReassignments, 1).errorCode,
      client.call(adminCalls.listPartitionReassignments, 0).errorCode,
      client.call(adminCalls.describeQuorum, 2).errorCode,
      client.call(adminCalls.updateFeatures, 2).errorCode,
      client.call(adminCalls.unregisterBroker, 0, { brokerId: 1 }).errorCode,
      client.call(adminCalls.listConfigResources, 1).errorCode,
      client.call(adminCalls.addRaftVoter, 0).errorCode,
      client.call(adminCalls.removeRaftVoter, 0).errorCode,
    ];
    expect(answers).toEqual(answers.map(() => denied));
    const dirs = [{ path: '/data', topics: [{ name: 't', partitions: [0] }] }];
    const { results } = client.call(adminCalls.alterReplicaLogDirs, 1, { dirs });
    expect(results[0]?.partitions).toEqual([{ partitionIndex: 0, errorCode: denied }]);
  });
});
