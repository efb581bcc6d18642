import { describe, expect, it } from 'vitest';

import { INT64_MAX, KafkaError } from '@weirhouse/kafka-protocol';
import { ZERO_UUID } from '@weirhouse/shared-kernel';

import { apiCalls } from './testing/api-calls.ts';
import { batchOf, produceRequest } from './testing/requests.ts';
import { TestTube } from './testing/test-tube.ts';

const OMITTED = -2_147_483_648;

function creatable(name: string, changes = {}) {
  const counts = { numPartitions: 2, replicationFactor: 1 };
  return { name, ...counts, assignments: [], configs: [], ...changes };
}

function wanted(name: string) {
  return { name, topicId: ZERO_UUID };
}

describe('topics', () => {
  it.each([2, 3, 4, 5, 6, 7])('are created in version %i', (version) => {
    const client = new TestTube().connect();
    const topics = [creatable('t'), creatable('bad/name')];
    const response = client.call(apiCalls.createTopics, version, { topics });
    expect(response.topics.map(({ errorCode }) => errorCode)).toEqual([0, 17]);
    const again = client.call(apiCalls.createTopics, version, { topics: [creatable('t')] });
    expect(again.topics[0]?.errorCode).toBe(KafkaError.TOPIC_ALREADY_EXISTS);
    const [created] = response.topics;
    expect((created?.configs?.length ?? 0) > 30).toBe(version >= 5);
    expect(created?.topicId !== ZERO_UUID).toBe(version >= 7);
  });

  it('can be checked without being created', () => {
    const client = new TestTube().connect();
    const message = { topics: [creatable('t')], validateOnly: true };
    expect(client.call(apiCalls.createTopics, 7, message).topics[0]?.errorCode).toBe(0);
    expect(client.call(apiCalls.metadata, 9, { topics: null }).topics).toEqual([]);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])(
    'are described by Metadata %i',
    (version) => {
      const tube = new TestTube();
      const topicId = tube.createTopic('t', { partitions: 2 });
      const client = tube.connect();
      const all = version === 0 ? [] : null;
      for (const topics of [all, [wanted('t')]]) {
        const response = client.call(apiCalls.metadata, version, {
          topics,
          allowAutoTopicCreation: version < 4,
          includeTopicAuthorizedOperations: version >= 8,
        });
        expect(response.brokers).toMatchObject([{ nodeId: 1, host: 'broker-1.test', port: 9092 }]);
        expect(response.topics).toHaveLength(1);
        expect(response.topics[0]).toMatchObject({
          errorCode: 0,
          name: 't',
          topicId: version >= 10 ? topicId : ZERO_UUID,
        });
        expect(response.topics[0]?.partitions).toMatchObject([
          { partitionIndex: 0, leaderId: 1, replicaNodes: [1], isrNodes: [1] },
          { partitionIndex: 1, leaderId: 1, replicaNodes: [1], isrNodes: [1] },
        ]);
        const { clusterId } = tube.broker.status();
        expect(response.clusterId).toBe(version >= 2 ? clusterId : null);
        const operations = response.topics[0]?.topicAuthorizedOperations ?? OMITTED;
        expect(operations === OMITTED).toBe(version < 8);
      }
    },
  );

  it('are not described when none is asked for', () => {
    const tube = new TestTube();
    tube.createTopic('t');
    expect(tube.connect().call(apiCalls.metadata, 1, { topics: [] }).topics).toEqual([]);
  });

  it('are found by id from Metadata 12 on', () => {
    const tube = new TestTube();
    const topicId = tube.createTopic('t');
    const topics = [
      { name: null, topicId },
      { name: null, topicId: 'BBBBBBBBBBBBBBBBBBBBBA' },
    ];
    const response = tube.connect().call(apiCalls.metadata, 12, { topics });
    expect(response.topics).toMatchObject([
      { errorCode: 0, name: 't', topicId },
      { errorCode: KafkaError.UNKNOWN_TOPIC_ID, name: null },
    ]);
  });

  it('are made by Metadata when the client and the broker want it', () => {
    const tube = new TestTube({ settings: { 'num.partitions': '3' } });
    const client = tube.connect();
    const ask = (name: string, allowAutoTopicCreation: boolean) =>
      client.call(apiCalls.metadata, 9, { topics: [wanted(name)], allowAutoTopicCreation });
    expect(ask('a', false).topics[0]?.errorCode).toBe(KafkaError.UNKNOWN_TOPIC_OR_PARTITION);
    const [made] = ask('a', true).topics;
    expect([made?.errorCode, made?.partitions.length]).toEqual([0, 3]);
    expect(ask('bad/name', true).topics[0]?.errorCode).toBe(KafkaError.INVALID_TOPIC_EXCEPTION);
    const strict = new TestTube({ settings: { 'auto.create.topics.enable': 'false' } });
    const refused = strict
      .connect()
      .call(apiCalls.metadata, 9, { topics: [wanted('a')], allowAutoTopicCreation: true });
    expect(refused.topics[0]?.errorCode).toBe(KafkaError.UNKNOWN_TOPIC_OR_PARTITION);
  });

  it.each([1, 2, 3, 4, 5, 6])('are deleted in version %i, with their files', (version) => {
    const tube = new TestTube();
    const topicId = tube.createTopic('t');
    const client = tube.connect();
    client.call(apiCalls.produce, 9, produceRequest('t'));
    const message =
      version >= 6
        ? { topics: [{ name: null, topicId }, wanted('missing')] }
        : { topicNames: ['t', 'missing'] };
    const response = client.call(apiCalls.deleteTopics, version, message);
    expect(response.responses.map(({ errorCode }) => errorCode)).toEqual([0, 3]);
    expect(client.call(apiCalls.metadata, 9, { topics: null }).topics).toEqual([]);
    tube.advance(120_000);
    expect(tube.disk.list('').filter((name) => name.startsWith('t-'))).toEqual([]);
    expect(tube.createTopic('t')).not.toBe(topicId);
  });

  it.each([0, 1, 2, 3])('grow in CreatePartitions %i', (version) => {
    const tube = new TestTube();
    tube.createTopic('t');
    const client = tube.connect();
    const grow = (count: number) =>
      client.call(apiCalls.createPartitions, version, {
        topics: [{ name: 't', count, assignments: null }],
      }).results[0]?.errorCode;
    expect([grow(3), grow(2)]).toEqual([0, KafkaError.INVALID_PARTITIONS]);
    const request = produceRequest('t', { index: 2 });
    const answer = client.call(apiCalls.produce, 9, request).responses[0]?.partitionResponses[0];
    expect(answer?.errorCode).toBe(0);
  });

  it.each([1, 2, 3, 4])('tell their settings in DescribeConfigs %i', (version) => {
    const tube = new TestTube({ settings: { 'log.retention.ms': '1000' } });
    tube.createTopic('t', { configs: { 'cleanup.policy': 'compact' } });
    const response = tube.connect().call(apiCalls.describeConfigs, version, {
      resources: [
        { resourceType: 2, resourceName: 't', configurationKeys: null },
        { resourceType: 2, resourceName: 'missing', configurationKeys: null },
        { resourceType: 4, resourceName: '1', configurationKeys: ['log.retention.ms'] },
      ],
      includeSynonyms: true,
      includeDocumentation: version >= 3,
    });
    const [topic, missing, broker] = response.results;
    const config = (name: string) => topic?.configs.find((entry) => entry.name === name);
    expect(config('cleanup.policy')).toMatchObject({ value: 'compact', configSource: 1 });
    expect(config('retention.ms')).toMatchObject({ value: '1000', configSource: 4 });
    expect(config('segment.ms')).toMatchObject({ value: '604800000', configSource: 5 });
    expect(Boolean(config('segment.ms')?.documentation)).toBe(version >= 3);
    expect(missing?.errorCode).toBe(KafkaError.UNKNOWN_TOPIC_OR_PARTITION);
    expect(broker?.configs).toMatchObject([{ name: 'log.retention.ms', value: '1000' }]);
  });

  it.each([0, 1])('change their settings in IncrementalAlterConfigs %i', (version) => {
    const tube = new TestTube();
    tube.createTopic('t');
    const client = tube.connect();
    const alter = (value: string, validateOnly = false) =>
      client.call(apiCalls.incrementalAlterConfigs, version, {
        resources: [
          {
            resourceType: 2,
            resourceName: 't',
            configs: [{ name: 'retention.ms', configOperation: 0, value }],
          },
        ],
        validateOnly,
      }).responses[0]?.errorCode;
    const present = () =>
      client.call(apiCalls.describeConfigs, 4, {
        resources: [{ resourceType: 2, resourceName: 't', configurationKeys: ['retention.ms'] }],
      }).results[0]?.configs[0]?.value;
    expect([alter('5000', true), present()]).toEqual([0, '604800000']);
    expect([alter('5000'), present()]).toEqual([0, '5000']);
    expect([alter('soon'), present()]).toEqual([KafkaError.INVALID_CONFIG, '5000']);
  });

  it.each([0, 1, 2])('take a whole set of settings in AlterConfigs %i', (version) => {
    const tube = new TestTube();
    tube.createTopic('t', { configs: { 'segment.ms': '9999' } });
    const client = tube.connect();
    const configs = [{ name: 'retention.ms', value: '5000' }];
    const resources = [{ resourceType: 2, resourceName: 't', configs }];
    expect(client.call(apiCalls.alterConfigs, version, { resources }).responses).toMatchObject([
      { errorCode: 0, resourceName: 't' },
    ]);
    const [result] = client.call(apiCalls.describeConfigs, 4, {
      resources: [{ resourceType: 2, resourceName: 't', configurationKeys: null }],
    }).results;
    const overrides = result?.configs.filter(({ configSource }) => configSource === 1);
    expect(overrides).toMatchObject([{ name: 'retention.ms', value: '5000' }]);
  });

  it.each([0, 1, 2])('are described with the cluster in DescribeCluster %i', (version) => {
    const tube = new TestTube();
    const response = tube.connect().call(apiCalls.describeCluster, version, { endpointType: 1 });
    expect(response).toMatchObject({ errorCode: 0, controllerId: 1 });
    expect(response.clusterId).toBe(tube.broker.status().clusterId);
    expect(response.brokers).toMatchObject([{ brokerId: 1, host: 'broker-1.test', port: 9092 }]);
    if (version === 0) return;
    const controllers = tube.connect().call(apiCalls.describeCluster, version, { endpointType: 2 });
    expect(controllers.errorCode).toBe(KafkaError.MISMATCHED_ENDPOINT_TYPE);
  });

  it('are described page by page', () => {
    const tube = new TestTube();
    tube.createTopic('b', { partitions: 3 });
    tube.createTopic('a', { partitions: 2 });
    const client = tube.connect();
    const seen: string[] = [];
    let cursor: { topicName: string; partitionIndex: number } | null = null;
    do {
      const response: ReturnType<typeof apiCalls.describeTopicPartitions.read> = client.call(
        apiCalls.describeTopicPartitions,
        0,
        { topics: [], responsePartitionLimit: 2, cursor },
      );
      for (const topic of response.topics)
        for (const { partitionIndex } of topic.partitions)
          seen.push(`${topic.name}${partitionIndex}`);
      cursor = response.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(['a0', 'a1', 'b0', 'b1', 'b2']);
  });
});

describe('offsets of a partition', () => {
  function arrange() {
    const tube = new TestTube();
    tube.createTopic('t');
    const client = tube.connect();
    for (const text of ['a', 'b', 'c'])
      client.call(apiCalls.produce, 9, produceRequest('t', { records: batchOf(text) }));
    return { tube, client };
  }

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])('are listed in version %i', (version) => {
    const { client, tube } = arrange();
    const list = (timestamp: number) => {
      const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp }];
      const message = { replicaId: -1, topics: [{ name: 't', partitions }] };
      const answer = client.call(apiCalls.listOffsets, version, message).topics[0]?.partitions[0];
      return [answer?.errorCode, answer?.offset];
    };
    expect(list(-1)).toEqual([0, 3]);
    expect(list(-2)).toEqual([0, 0]);
    expect(list(tube.time.wallMs() - 1_000_000)).toEqual([0, 0]);
    expect(list(tube.time.wallMs() + 1_000_000)).toEqual([0, -1]);
    const unsupported = [KafkaError.UNSUPPORTED_VERSION, -1];
    expect(list(-3)).toEqual(version >= 7 ? [0, 0] : unsupported);
    expect(list(-4)).toEqual(version >= 8 ? [0, 0] : unsupported);
    expect(list(-5)).toEqual(version >= 9 ? [0, -1] : unsupported);
    expect(list(-6)).toEqual(version >= 11 ? [0, -1] : unsupported);
    expect(list(-7)).toEqual(unsupported);
  });

  it('refuse a partition that is asked for twice and one that does not exist', () => {
    const { client } = arrange();
    const partition = (partitionIndex: number) => {
      return { partitionIndex, currentLeaderEpoch: -1, timestamp: -1 };
    };
    const topics = [{ name: 't', partitions: [partition(0), partition(0), partition(5)] }];
    const answers = client.call(apiCalls.listOffsets, 5, { topics }).topics[0]?.partitions;
    expect(answers?.map(({ errorCode }) => errorCode)).toEqual([42, 42, 3]);
  });

  it.each([2, 3, 4])('end with their leader epoch in OffsetForLeaderEpoch %i', (version) => {
    const { tube } = arrange();
    tube.restart();
    const client = tube.connect();
    const ask = (leaderEpoch: number, currentLeaderEpoch = -1) => {
      const partitions = [{ partition: 0, currentLeaderEpoch, leaderEpoch }];
      const message = { replicaId: version >= 3 ? -1 : -2, topics: [{ topic: 't', partitions }] };
      return client.call(apiCalls.offsetForLeaderEpoch, version, message).topics[0]?.partitions[0];
    };
    expect(ask(0)).toMatchObject({ errorCode: 0, leaderEpoch: 0, endOffset: 3 });
    expect(ask(1)).toMatchObject({ errorCode: 0, leaderEpoch: 1, endOffset: 3 });
    expect(ask(9)).toMatchObject({ errorCode: 0, leaderEpoch: -1, endOffset: -1 });
    expect(ask(0, 0)?.errorCode).toBe(KafkaError.FENCED_LEADER_EPOCH);
    expect(ask(0, 9)?.errorCode).toBe(KafkaError.UNKNOWN_LEADER_EPOCH);
  });

  it.each([0, 1, 2])('move up in DeleteRecords %i', (version) => {
    const { client, tube } = arrange();
    tube.createTopic('compacted', { configs: { 'cleanup.policy': 'compact' } });
    const remove = (name: string, offset: number) => {
      const topics = [{ name, partitions: [{ partitionIndex: 0, offset }] }];
      return client.call(apiCalls.deleteRecords, version, { topics }).topics[0]?.partitions[0];
    };
    expect(remove('t', 2)).toMatchObject({ errorCode: 0, lowWatermark: 2 });
    expect(remove('t', 99)).toMatchObject({ errorCode: 1, lowWatermark: -1 });
    expect(remove('t', -1)).toMatchObject({ errorCode: 0, lowWatermark: 3 });
    expect(remove('compacted', 0)?.errorCode).toBe(KafkaError.POLICY_VIOLATION);
    expect(remove('t', INT64_MAX)?.errorCode).toBe(1);
  });
});
