import { describe, expect, it } from 'vitest';

import { KafkaError } from '@weirhouse/kafka-protocol';
import { ZERO_UUID } from '@weirhouse/shared-kernel';

import { apiCalls } from './testing/api-calls.ts';
import type { TestClient } from './testing/test-client.ts';
import { TestTube } from './testing/test-tube.ts';

const GROUP = 'group';
const PROTOCOLS = [{ name: 'range', metadata: Buffer.from('subscription of t') }];

function joinMessage(memberId = '', changes = {}) {
  return {
    groupId: GROUP,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    memberId,
    groupInstanceId: null,
    protocolType: 'consumer',
    protocols: PROTOCOLS,
    ...changes,
  };
}

/** Joins alone and syncs; gives member id and generation. */
function joinAndSync(client: TestClient, version = 5) {
  client.call(apiCalls.findCoordinator, 1, { key: GROUP });
  let joined = client.call(apiCalls.joinGroup, version, joinMessage());
  if (joined.errorCode === KafkaError.MEMBER_ID_REQUIRED)
    joined = client.call(apiCalls.joinGroup, version, joinMessage(joined.memberId));
  const { generationId, memberId } = joined;
  const assignments = [{ memberId, assignment: Buffer.from(`all for ${memberId}`) }];
  const isNamed = version >= 7;
  const synced = client.call(apiCalls.syncGroup, isNamed ? 5 : 3, {
    groupId: GROUP,
    generationId,
    memberId,
    groupInstanceId: null,
    protocolType: isNamed ? 'consumer' : null,
    protocolName: isNamed ? 'range' : null,
    assignments,
  });
  return { joined, synced, memberId, generationId };
}

function commitMessage(offset: number, changes = {}) {
  const partition = {
    partitionIndex: 0,
    committedOffset: offset,
    committedLeaderEpoch: 0,
    committedMetadata: 'note',
  };
  return {
    groupId: GROUP,
    generationIdOrMemberEpoch: -1,
    memberId: '',
    groupInstanceId: null,
    retentionTimeMs: -1,
    topics: [{ name: 't', topicId: ZERO_UUID, partitions: [partition] }],
    ...changes,
  };
}

function arrange() {
  const tube = new TestTube();
  const topicId = tube.createTopic('t', { partitions: 2 });
  const client = tube.connect();
  client.call(apiCalls.findCoordinator, 1, { key: GROUP });
  return { tube, topicId, client };
}

describe('groups', () => {
  it.each([0, 1, 2, 3, 4, 5, 6])(
    'finds the coordinator in version %i and makes its topic',
    (version) => {
      const client = new TestTube().connect();
      const message = version >= 4 ? { coordinatorKeys: [GROUP, 'other'] } : { key: GROUP };
      const response = client.call(apiCalls.findCoordinator, version, message);
      const found = version >= 4 ? response.coordinators : [response];
      expect(found).toHaveLength(version >= 4 ? 2 : 1);
      for (const coordinator of found)
        expect(coordinator).toMatchObject({
          errorCode: 0,
          nodeId: 1,
          host: 'broker-1.test',
          port: 9092,
        });
      const { topics } = client.call(apiCalls.metadata, 9, { topics: null });
      expect(topics[0]).toMatchObject({ name: '__consumer_offsets', isInternal: true });
      expect(topics[0]?.partitions).toHaveLength(4);
    },
  );

  it('has no coordinators for share groups yet', () => {
    const client = new TestTube().connect();
    const errorOf = (keyType: number) =>
      client.call(apiCalls.findCoordinator, 6, { keyType, coordinatorKeys: ['k'] }).coordinators[0];
    expect(errorOf(1)?.errorCode).toBe(KafkaError.NONE);
    expect(errorOf(2)?.errorCode).toBe(KafkaError.INVALID_REQUEST);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])(
    'lets a member join and sync in version %i',
    (version) => {
      const { client } = arrange();
      const { generationId, joined, memberId, synced } = joinAndSync(client, version);
      expect(joined).toMatchObject({ errorCode: 0, leader: memberId, protocolName: 'range' });
      expect(joined.members[0]?.metadata).toEqual(PROTOCOLS[0]?.metadata);
      expect(synced).toMatchObject({ errorCode: 0 });
      expect(synced.assignment.toString()).toBe(`all for ${memberId}`);
      const beat = { groupId: GROUP, generationId, memberId, groupInstanceId: null };
      for (const heartbeatVersion of [0, 3, 4])
        expect(client.call(apiCalls.heartbeat, heartbeatVersion, beat).errorCode).toBe(0);
    },
  );

  it('answers a sync only when the assignment is durable', () => {
    const { client, tube } = arrange();
    const joined = client.call(apiCalls.joinGroup, 3, joinMessage());
    const exchange = client.send(apiCalls.syncGroup, 3, {
      groupId: GROUP,
      generationId: joined.generationId,
      memberId: joined.memberId,
      groupInstanceId: null,
      assignments: [{ memberId: joined.memberId, assignment: Buffer.from('a') }],
    });
    tube.endTurn();
    expect(exchange.isAnswered).toBe(false);
    tube.settle();
    expect(exchange.response().errorCode).toBe(0);
  });

  it('tells a second member to come back and the first to rebalance', () => {
    const { client, tube } = arrange();
    const first = joinAndSync(client);
    const other = tube.connect();
    const required = other.call(apiCalls.joinGroup, 5, joinMessage());
    expect(required.errorCode).toBe(KafkaError.MEMBER_ID_REQUIRED);
    const parked = other.send(apiCalls.joinGroup, 5, joinMessage(required.memberId));
    tube.settle();
    expect(parked.isAnswered).toBe(false);
    const beat = { groupId: GROUP, groupInstanceId: null, ...first };
    expect(client.call(apiCalls.heartbeat, 3, beat).errorCode).toBe(
      KafkaError.REBALANCE_IN_PROGRESS,
    );
    const rejoined = client.call(apiCalls.joinGroup, 5, joinMessage(first.memberId));
    expect(rejoined).toMatchObject({ errorCode: 0, generationId: first.generationId + 1 });
    expect(rejoined.members).toHaveLength(2);
    expect(parked.response()).toMatchObject({ errorCode: 0, members: [] });
  });

  it('removes a member whose session ends', () => {
    const { client, tube } = arrange();
    const { generationId, memberId } = joinAndSync(client);
    tube.advance(10_020);
    const beat = { groupId: GROUP, generationId, memberId, groupInstanceId: null };
    expect(client.call(apiCalls.heartbeat, 3, beat).errorCode).toBe(KafkaError.UNKNOWN_MEMBER_ID);
  });

  it.each([0, 2, 3, 4, 5])('lets a member leave in version %i', (version) => {
    const { client } = arrange();
    const { memberId } = joinAndSync(client);
    const members = [{ memberId, groupInstanceId: null, reason: null }];
    const message = version >= 3 ? { groupId: GROUP, members } : { groupId: GROUP, memberId };
    expect(client.call(apiCalls.leaveGroup, version, message).errorCode).toBe(0);
    const { groups } = client.call(apiCalls.describeGroups, 5, { groups: [GROUP] });
    expect(groups[0]).toMatchObject({ groupState: 'Empty', members: [] });
  });

  it.each([2, 3, 4, 5, 6, 7, 8, 9, 10])('commits offsets in version %i', (version) => {
    const { client, topicId } = arrange();
    const message = commitMessage(42);
    const topics =
      version >= 10
        ? message.topics.map((topic) => ({ ...topic, name: '', topicId }))
        : message.topics;
    const response = client.call(apiCalls.offsetCommit, version, { ...message, topics });
    expect(response.topics[0]).toMatchObject(
      version >= 10 ? { topicId } : { name: 't', topicId: ZERO_UUID },
    );
    expect(response.topics[0]?.partitions).toMatchObject([{ partitionIndex: 0, errorCode: 0 }]);
    const fetched = client.call(apiCalls.offsetFetch, 5, {
      groupId: GROUP,
      topics: [{ name: 't', partitionIndexes: [0, 1] }],
    });
    expect(fetched.topics[0]?.partitions).toMatchObject([
      { committedOffset: 42, metadata: 'note', errorCode: 0 },
      { committedOffset: -1, metadata: '', errorCode: 0 },
    ]);
  });

  it('refuses commits for what does not exist, partition by partition', () => {
    const { client } = arrange();
    const partition = { ...commitMessage(1).topics[0]?.partitions[0], committedOffset: 1 };
    const partitions = [1, 7, 0].map((partitionIndex) => ({
      partitionIndex,
      committedOffset: 1,
      committedLeaderEpoch: -1,
      committedMetadata: partition.committedMetadata ?? null,
    }));
    const topics = [
      { name: 'missing', topicId: ZERO_UUID, partitions: partitions.slice(0, 1) },
      { name: 't', topicId: ZERO_UUID, partitions },
    ];
    const response = client.call(apiCalls.offsetCommit, 5, commitMessage(1, { topics }));
    const errors = response.topics.map((topic) => topic.partitions.map((p) => p.errorCode));
    expect(errors).toEqual([[3], [0, 3, 0]]);
    const byId = [{ name: '', topicId: 'BBBBBBBBBBBBBBBBBBBBBA', partitions }];
    const unknown = client.call(apiCalls.offsetCommit, 10, commitMessage(1, { topics: byId }));
    expect(unknown.topics[0]?.partitions[0]?.errorCode).toBe(KafkaError.UNKNOWN_TOPIC_ID);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])('fetches offsets in version %i', (version) => {
    const { client, topicId } = arrange();
    client.call(apiCalls.offsetCommit, 5, commitMessage(42));
    const wanted = { partitionIndexes: [0] };
    const named = version >= 10 ? { name: '', topicId } : { name: 't', topicId: ZERO_UUID };
    const message =
      version >= 8
        ? {
            groups: [
              {
                groupId: GROUP,
                memberId: null,
                memberEpoch: -1,
                topics: [{ ...named, ...wanted }],
              },
              { groupId: GROUP, memberId: null, memberEpoch: -1, topics: null },
            ],
          }
        : { groupId: GROUP, topics: [{ name: 't', ...wanted }] };
    const response = client.call(apiCalls.offsetFetch, version, message);
    const lists = version >= 8 ? response.groups.map(({ topics }) => topics) : [response.topics];
    for (const topics of lists) {
      expect(topics[0]).toMatchObject(version >= 10 ? { topicId } : { name: 't' });
      expect(topics[0]?.partitions).toMatchObject([{ committedOffset: 42, errorCode: 0 }]);
    }
  });

  it('shows a committed offset only when it is durable', () => {
    const { client, tube } = arrange();
    tube.connect().send(apiCalls.offsetCommit, 5, commitMessage(42));
    const read = client.send(apiCalls.offsetFetch, 5, {
      groupId: GROUP,
      topics: [{ name: 't', partitionIndexes: [0] }],
    });
    tube.endTurn();
    expect(read.isAnswered).toBe(false);
    tube.settle();
    expect(read.response().topics[0]?.partitions[0]?.committedOffset).toBe(42);
  });

  it.each([0, 1, 2, 3, 4, 5, 6])('describes groups in version %i', (version) => {
    const { client } = arrange();
    const { memberId } = joinAndSync(client);
    const { groups } = client.call(apiCalls.describeGroups, version, { groups: [GROUP, 'none'] });
    expect(groups[0]).toMatchObject({ groupState: 'Stable', protocolType: 'consumer' });
    expect(groups[0]?.members[0]).toMatchObject({ memberId, clientHost: '/10.0.0.7' });
    expect(groups[1]).toMatchObject({
      groupState: 'Dead',
      errorCode: version >= 6 ? KafkaError.GROUP_ID_NOT_FOUND : 0,
    });
  });

  it.each([0, 1, 2, 3, 4, 5])('lists groups in version %i', (version) => {
    const { client } = arrange();
    joinAndSync(client);
    const { errorCode, groups } = client.call(apiCalls.listGroups, version);
    expect(errorCode).toBe(0);
    expect(groups).toMatchObject([{ groupId: GROUP, protocolType: 'consumer' }]);
    if (version < 4) return;
    const empty = client.call(apiCalls.listGroups, version, { statesFilter: ['Empty'] });
    expect(empty.groups).toEqual([]);
  });

  it.each([0, 1, 2])('deletes empty groups in version %i', (version) => {
    const { client } = arrange();
    const { memberId } = joinAndSync(client);
    const remove = () =>
      client
        .call(apiCalls.deleteGroups, version, { groupsNames: [GROUP, 'none'] })
        .results.map(({ errorCode }) => errorCode);
    expect(remove()).toEqual([KafkaError.NON_EMPTY_GROUP, KafkaError.GROUP_ID_NOT_FOUND]);
    client.call(apiCalls.leaveGroup, 1, { groupId: GROUP, memberId });
    expect(remove()).toEqual([0, KafkaError.GROUP_ID_NOT_FOUND]);
  });

  it('deletes single offsets, and all of a deleted topic', () => {
    const { client } = arrange();
    const offsetOf = () =>
      client.call(apiCalls.offsetFetch, 5, {
        groupId: GROUP,
        topics: [{ name: 't', partitionIndexes: [0] }],
      }).topics[0]?.partitions[0]?.committedOffset;
    client.call(apiCalls.offsetCommit, 5, commitMessage(42));
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0 }] }];
    const deleted = client.call(apiCalls.offsetDelete, 0, { groupId: GROUP, topics });
    expect(deleted.topics[0]?.partitions[0]?.errorCode).toBe(0);
    expect(offsetOf()).toBe(-1);
    client.call(apiCalls.offsetCommit, 5, commitMessage(43));
    client.call(apiCalls.deleteTopics, 1, { topicNames: ['t'] });
    expect(offsetOf()).toBe(-1);
  });

  it('answers 16 for groups when the offsets topic does not exist', () => {
    const response = new TestTube().connect().call(apiCalls.heartbeat, 0, { groupId: GROUP });
    expect(response.errorCode).toBe(KafkaError.NOT_COORDINATOR);
  });
});
