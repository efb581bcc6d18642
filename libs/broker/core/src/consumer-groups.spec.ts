import { describe, expect, it } from 'vitest';

import { GROUP_VERSION_FEATURE } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import type { ConsumerGroupHeartbeatRequest } from '@weirhouse/kafka-protocol/messages/consumer-group-heartbeat-request';
import { ZERO_UUID } from '@weirhouse/shared-kernel';

import { adminCalls } from './testing/admin-calls.ts';
import { apiCalls } from './testing/api-calls.ts';
import type { TestClient } from './testing/test-client.ts';
import { TestTube, type TestTubeOptions } from './testing/test-tube.ts';

const GROUP = 'consumers';

const JOIN = {
  groupId: GROUP,
  memberId: 'm1',
  memberEpoch: 0,
  rebalanceTimeoutMs: 10_000,
  subscribedTopicNames: ['t'],
  topicPartitions: [],
};

function arrange(options: TestTubeOptions = {}) {
  const settings = { 'group.consumer.assignment.interval.ms': '0', ...options.settings };
  const tube = new TestTube({ ...options, settings });
  const topicId = tube.createTopic('t', { partitions: 4 });
  const client = tube.connect();
  client.call(apiCalls.findCoordinator, 1, { key: GROUP });
  return { tube, topicId, client };
}

function beat(client: TestClient, changes: Partial<ConsumerGroupHeartbeatRequest>, version = 1) {
  const message = { groupId: GROUP, memberId: 'm1', ...changes };
  return client.call(apiCalls.consumerGroupHeartbeat, version, message);
}

function commit(client: TestClient, memberEpoch: number, version: number, topicId = ZERO_UUID) {
  const partition = {
    partitionIndex: 0,
    committedOffset: 5,
    committedLeaderEpoch: -1,
    committedMetadata: null,
  };
  const name = topicId === ZERO_UUID ? 't' : '';
  const response = client.call(apiCalls.offsetCommit, version, {
    groupId: GROUP,
    generationIdOrMemberEpoch: memberEpoch,
    memberId: 'm1',
    topics: [{ name, topicId, partitions: [partition] }],
  });
  return response.topics[0]?.partitions[0]?.errorCode;
}

describe('consumer groups', () => {
  it.each([0, 1])('gives a lone member everything in version %i', (version) => {
    const { client, topicId } = arrange();
    const joined = beat(client, JOIN, version);
    expect(joined).toMatchObject({ errorCode: 0, memberId: 'm1', heartbeatIntervalMs: 5000 });
    expect(joined.assignment?.topicPartitions).toEqual([
      expect.objectContaining({ topicId, partitions: [0, 1, 2, 3] }),
    ]);
    const again = beat(client, { memberEpoch: joined.memberEpoch }, version);
    expect(again).toMatchObject({ errorCode: 0, assignment: null });
  });

  it('makes an id for a member of version 0 that brings none', () => {
    const { client } = arrange();
    const joined = beat(client, { ...JOIN, memberId: '' }, 0);
    expect(joined.memberId).toMatch(/^[\w-]{22}$/);
    expect(beat(client, { ...JOIN, memberId: '' }, 1).errorCode).toBe(KafkaError.INVALID_REQUEST);
  });

  it('answers a heartbeat only when what it says is durable', () => {
    const { client, tube } = arrange();
    const exchange = client.send(apiCalls.consumerGroupHeartbeat, 1, JOIN);
    tube.endTurn();
    expect(exchange.isAnswered).toBe(false);
    tube.settle();
    expect(exchange.response().errorCode).toBe(0);
  });

  it('takes offsets by member epoch, by name and by topic id', () => {
    const { client, topicId } = arrange();
    const { memberEpoch } = beat(client, JOIN);
    expect(commit(client, memberEpoch, 9)).toBe(0);
    expect(commit(client, memberEpoch, 10, topicId)).toBe(0);
    expect(commit(client, memberEpoch - 1, 9)).toBe(KafkaError.STALE_MEMBER_EPOCH);
    expect(commit(client, memberEpoch, 8)).toBe(KafkaError.UNSUPPORTED_VERSION);
    const fetchAs = (memberId: string | null, epoch: number) =>
      client.call(apiCalls.offsetFetch, 9, {
        groups: [{ groupId: GROUP, memberId, memberEpoch: epoch, topics: null }],
      }).groups[0];
    expect(fetchAs('m1', memberEpoch)?.topics[0]?.partitions[0]?.committedOffset).toBe(5);
    expect(fetchAs('m1', memberEpoch + 1)?.errorCode).toBe(KafkaError.STALE_MEMBER_EPOCH);
    expect(fetchAs('other', memberEpoch)?.errorCode).toBe(KafkaError.UNKNOWN_MEMBER_ID);
    expect(fetchAs(null, -1)?.errorCode).toBe(0);
  });

  it('describes, lists and deletes them', () => {
    const { client } = arrange();
    const { memberEpoch } = beat(client, JOIN);
    const described = client.call(apiCalls.consumerGroupDescribe, 1, {
      groupIds: [GROUP, 'none'],
      includeAuthorizedOperations: true,
    });
    expect(described.groups[0]).toMatchObject({
      errorCode: 0,
      groupState: 'Stable',
      groupEpoch: memberEpoch,
      assignmentEpoch: memberEpoch,
      assignorName: 'uniform',
      members: [{ memberId: 'm1', memberEpoch, subscribedTopicNames: ['t'], memberType: 1 }],
    });
    expect(described.groups[1]?.errorCode).toBe(KafkaError.GROUP_ID_NOT_FOUND);
    const asClassic = client.call(apiCalls.describeGroups, 6, { groups: [GROUP] }).groups[0];
    expect(asClassic).toMatchObject({ errorCode: KafkaError.GROUP_ID_NOT_FOUND });
    expect(asClassic?.errorMessage).toContain('not a classic group');
    const listed = (statesFilter: string[], typesFilter: string[]) =>
      client.call(apiCalls.listGroups, 5, { statesFilter, typesFilter }).groups.length;
    expect([listed(['stable'], ['Consumer']), listed([], ['classic'])]).toEqual([1, 0]);
    expect(listed(['empty'], [])).toBe(0);
    const remove = () =>
      client.call(apiCalls.deleteGroups, 2, { groupsNames: [GROUP] }).results[0]?.errorCode;
    expect(remove()).toBe(KafkaError.NON_EMPTY_GROUP);
    beat(client, { memberEpoch: -1 });
    expect(remove()).toBe(0);
    expect(listed([], [])).toBe(0);
  });

  it('refuses to delete offsets of topics that are subscribed to', () => {
    const { client } = arrange();
    commit(client, beat(client, JOIN).memberEpoch, 9);
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0 }] }];
    const deleted = client.call(apiCalls.offsetDelete, 0, { groupId: GROUP, topics });
    expect(deleted.topics[0]?.partitions[0]?.errorCode).toBe(KafkaError.GROUP_SUBSCRIBED_TO_TOPIC);
  });

  it('follows topics as they are made, grow and go', () => {
    const { client, tube } = arrange();
    const wanted = { ...JOIN, subscribedTopicNames: ['t', 'later'] };
    let { memberEpoch } = beat(client, wanted);
    const partitionsOf = (changes: Partial<ConsumerGroupHeartbeatRequest> = {}) => {
      const answer = beat(client, { memberEpoch, ...changes });
      ({ memberEpoch } = answer);
      return answer.assignment?.topicPartitions.map(({ partitions }) => partitions.length);
    };
    tube.createTopic('later');
    expect(partitionsOf()).toEqual([4, 1]);
    const grown = [{ name: 'later', count: 3, assignments: null }];
    client.call(apiCalls.createPartitions, 3, { topics: grown });
    expect(partitionsOf()).toEqual([4, 3]);
    client.call(apiCalls.deleteTopics, 5, { topicNames: ['later'] });
    expect(partitionsOf()).toEqual([4]);
  });

  it('matches patterns only against topics that the member may see', () => {
    const acls = ['team-a', 'team-b'].map((name) => ({
      resourceType: 2,
      resourceName: name,
      patternType: 3,
      principal: 'User:*',
      host: '*',
      operation: 8,
      permissionType: name === 'team-b' ? 2 : 3,
    }));
    const { client, tube } = arrange({ acls });
    const topicId = tube.createTopic('team-a');
    tube.createTopic('team-b');
    const byPattern = { ...JOIN, subscribedTopicNames: null, subscribedTopicRegex: 'team-.' };
    const joined = beat(client, byPattern);
    expect(joined.assignment?.topicPartitions).toEqual([expect.objectContaining({ topicId })]);
    const invalid = beat(client, { ...byPattern, memberId: 'm2', subscribedTopicRegex: '(' });
    expect(invalid.errorCode).toBe(KafkaError.INVALID_REGULAR_EXPRESSION);
  });

  it('lets a group have a session timeout of its own', () => {
    const { client, tube } = arrange({
      settings: { 'group.consumer.session.timeout.ms': '45000' },
    });
    const resource = {
      resourceType: 32,
      resourceName: GROUP,
      configs: [{ name: 'consumer.session.timeout.ms', configOperation: 0, value: '60000' }],
    };
    const altered = client.call(apiCalls.incrementalAlterConfigs, 1, { resources: [resource] });
    expect(altered.responses[0]?.errorCode).toBe(0);
    const { memberEpoch } = beat(client, JOIN);
    tube.advance(59_000);
    expect(beat(client, { memberEpoch }).errorCode).toBe(0);
    tube.advance(61_000);
    expect(beat(client, { memberEpoch }).errorCode).toBe(KafkaError.UNKNOWN_MEMBER_ID);
  });

  it.each(['kill', 'power'] as const)('has its members back after %s', (kind) => {
    const { client, tube } = arrange();
    const { memberEpoch } = beat(client, JOIN);
    tube.crash(kind);
    const later = tube.connect();
    later.call(apiCalls.findCoordinator, 1, { key: GROUP });
    const again = beat(later, { memberEpoch });
    expect(again).toMatchObject({ errorCode: 0, memberEpoch, assignment: null });
    expect(tube.broker.services.image.featureLevel(GROUP_VERSION_FEATURE)).toBe(1);
  });

  it('serves none while group.version is not finalised', () => {
    const { client } = arrange();
    const update = { feature: GROUP_VERSION_FEATURE, maxVersionLevel: 0, upgradeType: 2 };
    const updates = [{ ...update, allowDowngrade: false }];
    client.call(adminCalls.updateFeatures, 2, { featureUpdates: updates });
    expect(beat(client, JOIN).errorCode).toBe(KafkaError.UNSUPPORTED_VERSION);
  });

  it('serves none on a broker that is not to speak their protocol', () => {
    const settings = { 'group.coordinator.rebalance.protocols': 'classic' };
    const { client } = arrange({ settings });
    expect(beat(client, JOIN).errorCode).toBe(KafkaError.UNSUPPORTED_VERSION);
    const { groups } = client.call(apiCalls.consumerGroupDescribe, 1, { groupIds: [GROUP] });
    expect(groups[0]?.errorCode).toBe(KafkaError.UNSUPPORTED_VERSION);
  });
});
