import { describe, expect, it } from 'vitest';

import { BatchCursor } from '@weirhouse/kafka-protocol';
import { ZERO_UUID } from '@weirhouse/shared-kernel';

import { apiCalls } from './testing/api-calls.ts';
import { batchOf, fetchRequest, produceRequest } from './testing/requests.ts';
import { TestTube } from './testing/test-tube.ts';

const commit = {
  groupId: 'g',
  generationIdOrMemberEpoch: -1,
  topics: [
    {
      name: 't',
      topicId: ZERO_UUID,
      partitions: [
        {
          partitionIndex: 0,
          committedOffset: 42,
          committedLeaderEpoch: -1,
          committedMetadata: 'm',
        },
      ],
    },
  ],
};
const acl = {
  resourceType: 2,
  resourceName: 't',
  resourcePatternType: 3,
  principal: 'User:agent',
  host: '*',
  operation: 3,
  permissionType: 3,
  origin: null,
};
const everyAcl = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
};

/** A broker with something of everything. */
function arrange(seed = 1) {
  const tube = new TestTube({ superUsers: ['User:ANONYMOUS'], seed });
  const topicId = tube.createTopic('t', { configs: { 'retention.ms': '-1' } });
  const client = tube.connect();
  for (const text of ['a', 'b'])
    client.call(apiCalls.produce, 9, produceRequest('t', { records: batchOf(text) }));
  client.call(apiCalls.findCoordinator, 1, { key: 'g' });
  client.call(apiCalls.offsetCommit, 5, commit);
  client.call(apiCalls.createAcls, 3, { creations: [acl] });
  return { tube, topicId };
}

/** Everything that must survive, as a client sees it. */
function look(tube: TestTube) {
  const client = tube.connect();
  const [topic] = client.call(apiCalls.metadata, 12, {
    topics: [{ name: 't', topicId: ZERO_UUID }],
  }).topics;
  const [config] = client.call(apiCalls.describeConfigs, 4, {
    resources: [{ resourceType: 2, resourceName: 't', configurationKeys: ['retention.ms'] }],
  }).results;
  const [fetched] = client.call(apiCalls.fetch, 11, fetchRequest('t')).responses;
  const records = fetched?.partitions[0]?.records;
  const cursor = new BatchCursor().reset(Buffer.isBuffer(records) ? records : Buffer.alloc(0));
  const offsets: number[] = [];
  while (cursor.next()) offsets.push(cursor.view.baseOffset);
  client.call(apiCalls.findCoordinator, 1, { key: 'g' });
  const [offset] = client.call(apiCalls.offsetFetch, 5, {
    groupId: 'g',
    topics: [{ name: 't', partitionIndexes: [0] }],
  }).topics;
  return {
    topicId: topic?.topicId,
    retention: config?.configs[0]?.value,
    offsets,
    committed: offset?.partitions[0]?.committedOffset,
    acls: client.call(apiCalls.describeAcls, 3, everyAcl).resources.length,
    clusterId: tube.broker.status().clusterId,
  };
}

describe('a restart', () => {
  it.each(['in order', 'kill', 'power'] as const)('keeps what was acknowledged (%s)', (how) => {
    for (let seed = 1; seed <= 20; seed++) {
      const { topicId, tube } = arrange(seed);
      const before = look(tube);
      expect(before).toMatchObject({ topicId, offsets: [0, 1], committed: 42, acls: 1 });
      expect(before.retention).toBe('-1');
      if (how === 'in order') tube.restart();
      else tube.crash(how);
      expect(look(tube)).toEqual(before);
      tube.crash('kill');
      expect(look(tube)).toEqual(before);
    }
  });

  it('takes the lead with a higher epoch each time', () => {
    const { tube } = arrange();
    const epochs = [tube.broker.status().leaderEpoch];
    for (let life = 0; life < 3; life++) {
      tube.restart();
      epochs.push(tube.broker.status().leaderEpoch);
    }
    expect(epochs).toEqual([1, 2, 3, 4]);
  });

  it('finishes the removal of a topic that a crash interrupted', () => {
    const { tube } = arrange();
    tube.connect().send(apiCalls.deleteTopics, 1, { topicNames: ['t'] });
    tube.endTurn();
    while (tube.disk.pendingCount > 0 && tube.broker.services.image.topics.find('t') !== undefined)
      tube.disk.completeOne();
    tube.crash('power');
    tube.advance(120_000);
    const missing = { topics: [{ name: 't', topicId: ZERO_UUID }], allowAutoTopicCreation: false };
    expect(tube.connect().call(apiCalls.metadata, 12, missing).topics[0]?.errorCode).toBe(3);
    expect(tube.disk.list('').filter((name) => name.startsWith('t-'))).toEqual([]);
  });

  it('refuses a register of another cluster', () => {
    const { tube } = arrange();
    const stolen = { clusterId: 'BBBBBBBBBBBBBBBBBBBBBA', leaderId: 9, leaderEpoch: 5, isr: [9] };
    tube.register.read((outcome) => {
      const version = outcome.kind === 'value' ? outcome.current.version : undefined;
      tube.register.compareAndSet(version, stolen, () => undefined);
    });
    expect(() => tube.restart()).toThrow(/not in sync/);
  });

  it('goes offline when the disk fails: refuses to write, says so, and stays up', () => {
    const { tube } = arrange();
    tube.disk.fault = (operation) => (operation === 'wal-write' ? 'io' : undefined);
    const exchange = tube.connect().send(apiCalls.produce, 9, produceRequest('t'));
    tube.settle();
    const answer = exchange.response().responses[0]?.partitionResponses[0];
    expect(answer?.errorCode).toBe(56);
    expect(tube.broker.status()).toMatchObject({ state: 'failed' });
    expect(tube.failure).toBeDefined();
  });

  it('answers everything that waits for the disk when it fails, and refuses what comes later', () => {
    const { tube } = arrange();
    tube.disk.fault = (operation) => (operation === 'wal-write' ? 'io' : undefined);
    const topics = ['x', 'y'].map((name) => {
      const counts = { numPartitions: 1, replicationFactor: 1 };
      return { name, ...counts, assignments: [], configs: [] };
    });
    const [admin, member, reader, late] = [0, 1, 2, 3].map(() => tube.connect());
    const created = topics.map((topic) =>
      tube.connect().send(apiCalls.createTopics, 5, { topics: [topic] }),
    );
    const committed = member?.send(apiCalls.offsetCommit, 5, commit);
    const wanted = { groupId: 'g', topics: [{ name: 't', partitionIndexes: [0] }] };
    const fetched = reader?.send(apiCalls.offsetFetch, 5, wanted);
    tube.settle();
    const creationErrors = created.map((exchange) => exchange.response().topics[0]?.errorCode);
    expect(creationErrors).toEqual([56, 56]);
    expect(committed?.response().topics[0]?.partitions[0]?.errorCode).toBe(16);
    expect(fetched?.response().errorCode).toBe(16);
    const later = late?.call(apiCalls.createTopics, 5, { topics });
    expect(later?.topics.map(({ errorCode }) => errorCode)).toEqual([56, 56]);
    expect(admin?.call(apiCalls.metadata, 5, { topics: null }).topics).toHaveLength(2);
  });

  it('ends parked requests and timers when it stops', () => {
    const { tube } = arrange();
    const client = tube.connect();
    client.send(apiCalls.fetch, 11, {
      ...fetchRequest('t', { partitions: [{ fetchOffset: 2 }] }),
      maxWaitMs: 60_000,
    });
    tube.broker.shutdown(() => undefined);
    tube.settle();
    expect(client.isClosed).toBe(true);
    expect(tube.time.pendingTimers).toBe(0);
    expect(tube.broker.status().state).toBe('stopped');
  });
});
