import { describe, expect, it } from 'vitest';

import { AclOperation, AclResourceType } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import { ZERO_UUID } from '@weirhouse/shared-kernel';

import { apiCalls } from './testing/api-calls.ts';
import { fetchRequest, produceRequest } from './testing/requests.ts';
import type { TestClient } from './testing/test-client.ts';
import { TestTube } from './testing/test-tube.ts';

const TOPIC = 29;
const GROUP = 30;
const CLUSTER = 31;
const TRANSACTIONAL_ID = 53;
const { GROUP: GROUPS, TOPIC: TOPICS } = AclResourceType;

/** ACL: resource type, name, operation. */
type Grant = readonly [resourceType: number, name: string, operation: number];

/** One API: what is asked, the error without rights, and the rights that lift it. */
interface Row {
  readonly name: string;
  readonly ask: (client: TestClient) => number | undefined;
  readonly denied: number;
  readonly grants: readonly Grant[];
}

const cluster = (operation: number): Grant => [AclResourceType.CLUSTER, 'kafka-cluster', operation];
const topic = (operation: number): Grant => [TOPICS, 't', operation];
const group = (operation: number): Grant => [GROUPS, 'g', operation];

const partitions = [{ partitionIndex: 0 }];
const commitPartitions = [
  { partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1, committedMetadata: null },
];
const config = [{ resourceType: 2, resourceName: 't', configs: [] }];
const anyAcl = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
};

const ROWS: readonly Row[] = [
  {
    name: 'Produce',
    ask: (client) =>
      client.call(apiCalls.produce, 9, produceRequest('t')).responses[0]?.partitionResponses[0]
        ?.errorCode,
    denied: TOPIC,
    grants: [topic(AclOperation.WRITE)],
  },
  {
    name: 'Produce with a transactional id',
    ask: (client) =>
      client.call(apiCalls.produce, 9, produceRequest('t', { transactionalId: 'x' })).responses[0]
        ?.partitionResponses[0]?.errorCode,
    denied: TRANSACTIONAL_ID,
    grants: [[AclResourceType.TRANSACTIONAL_ID, 'x', AclOperation.WRITE]],
  },
  {
    name: 'Fetch',
    ask: (client) =>
      client.call(apiCalls.fetch, 11, fetchRequest('t')).responses[0]?.partitions[0]?.errorCode,
    denied: TOPIC,
    grants: [topic(AclOperation.READ)],
  },
  {
    name: 'Fetch as a replica',
    ask: (client) => client.call(apiCalls.fetch, 11, fetchRequest('t', { replicaId: 2 })).errorCode,
    denied: CLUSTER,
    grants: [cluster(AclOperation.CLUSTER_ACTION)],
  },
  {
    name: 'ListOffsets',
    ask: (client) =>
      client.call(apiCalls.listOffsets, 5, {
        topics: [
          { name: 't', partitions: [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1 }] },
        ],
      }).topics[0]?.partitions[0]?.errorCode,
    denied: TOPIC,
    grants: [topic(AclOperation.DESCRIBE)],
  },
  {
    name: 'Metadata',
    ask: (client) =>
      client.call(apiCalls.metadata, 9, { topics: [{ name: 't', topicId: ZERO_UUID }] }).topics[0]
        ?.errorCode,
    denied: TOPIC,
    grants: [topic(AclOperation.READ)],
  },
  {
    name: 'OffsetForLeaderEpoch',
    ask: (client) =>
      client.call(apiCalls.offsetForLeaderEpoch, 3, {
        topics: [
          { topic: 't', partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch: 0 }] },
        ],
      }).topics[0]?.partitions[0]?.errorCode,
    denied: TOPIC,
    grants: [topic(AclOperation.DESCRIBE)],
  },
  {
    name: 'DescribeTopicPartitions',
    ask: (client) =>
      client.call(apiCalls.describeTopicPartitions, 0, {
        topics: [{ name: 't' }],
        responsePartitionLimit: 10,
      }).topics[0]?.errorCode,
    denied: TOPIC,
    grants: [topic(AclOperation.DESCRIBE)],
  },
  {
    name: 'CreateTopics by the cluster',
    ask: (client) => createTopic(client, 'new'),
    denied: TOPIC,
    grants: [cluster(AclOperation.CREATE)],
  },
  {
    name: 'CreateTopics by the topic',
    ask: (client) => createTopic(client, 'new'),
    denied: TOPIC,
    grants: [[TOPICS, 'new', AclOperation.CREATE]],
  },
  {
    name: 'DeleteTopics',
    ask: (client) =>
      client.call(apiCalls.deleteTopics, 1, { topicNames: ['t'] }).responses[0]?.errorCode,
    denied: TOPIC,
    grants: [topic(AclOperation.DELETE)],
  },
  {
    name: 'DeleteRecords',
    ask: (client) =>
      client.call(apiCalls.deleteRecords, 1, {
        topics: [{ name: 't', partitions: [{ partitionIndex: 0, offset: 0 }] }],
      }).topics[0]?.partitions[0]?.errorCode,
    denied: TOPIC,
    grants: [topic(AclOperation.DELETE)],
  },
  {
    name: 'CreatePartitions',
    ask: (client) =>
      client.call(apiCalls.createPartitions, 1, {
        topics: [{ name: 't', count: 2, assignments: null }],
      }).results[0]?.errorCode,
    denied: TOPIC,
    grants: [topic(AclOperation.ALTER)],
  },
  {
    name: 'DescribeConfigs of a topic',
    ask: (client) =>
      client.call(apiCalls.describeConfigs, 1, {
        resources: [{ resourceType: 2, resourceName: 't', configurationKeys: null }],
      }).results[0]?.errorCode,
    denied: TOPIC,
    grants: [topic(AclOperation.DESCRIBE_CONFIGS)],
  },
  {
    name: 'DescribeConfigs of a broker',
    ask: (client) =>
      client.call(apiCalls.describeConfigs, 1, {
        resources: [{ resourceType: 4, resourceName: '1', configurationKeys: null }],
      }).results[0]?.errorCode,
    denied: CLUSTER,
    grants: [cluster(AclOperation.DESCRIBE_CONFIGS)],
  },
  {
    name: 'AlterConfigs',
    ask: (client) =>
      client.call(apiCalls.alterConfigs, 1, { resources: config }).responses[0]?.errorCode,
    denied: TOPIC,
    grants: [topic(AclOperation.ALTER_CONFIGS)],
  },
  {
    name: 'IncrementalAlterConfigs',
    ask: (client) =>
      client.call(apiCalls.incrementalAlterConfigs, 1, { resources: config }).responses[0]
        ?.errorCode,
    denied: TOPIC,
    grants: [topic(AclOperation.ALTER_CONFIGS)],
  },
  {
    name: 'InitProducerId by the cluster',
    ask: (client) => client.call(apiCalls.initProducerId, 4, { transactionalId: null }).errorCode,
    denied: CLUSTER,
    grants: [cluster(AclOperation.IDEMPOTENT_WRITE)],
  },
  {
    name: 'InitProducerId by any topic',
    ask: (client) => client.call(apiCalls.initProducerId, 4, { transactionalId: null }).errorCode,
    denied: CLUSTER,
    grants: [topic(AclOperation.WRITE)],
  },
  {
    name: 'FindCoordinator',
    ask: (client) => client.call(apiCalls.findCoordinator, 1, { key: 'g' }).errorCode,
    denied: GROUP,
    grants: [group(AclOperation.DESCRIBE)],
  },
  {
    name: 'FindCoordinator of a transaction',
    ask: (client) => client.call(apiCalls.findCoordinator, 1, { key: 'x', keyType: 1 }).errorCode,
    denied: TRANSACTIONAL_ID,
    grants: [[AclResourceType.TRANSACTIONAL_ID, 'x', AclOperation.DESCRIBE]],
  },
  {
    name: 'JoinGroup',
    ask: (client) => client.call(apiCalls.joinGroup, 2, { groupId: 'g' }).errorCode,
    denied: GROUP,
    grants: [group(AclOperation.READ)],
  },
  {
    name: 'SyncGroup',
    ask: (client) => client.call(apiCalls.syncGroup, 2, { groupId: 'g' }).errorCode,
    denied: GROUP,
    grants: [group(AclOperation.READ)],
  },
  {
    name: 'Heartbeat',
    ask: (client) => client.call(apiCalls.heartbeat, 2, { groupId: 'g' }).errorCode,
    denied: GROUP,
    grants: [group(AclOperation.READ)],
  },
  {
    name: 'LeaveGroup',
    ask: (client) => client.call(apiCalls.leaveGroup, 2, { groupId: 'g' }).errorCode,
    denied: GROUP,
    grants: [group(AclOperation.READ)],
  },
  {
    name: 'OffsetCommit: the group',
    ask: commitOffset,
    denied: GROUP,
    grants: [group(AclOperation.READ), topic(AclOperation.READ)],
  },
  {
    name: 'OffsetFetch: the group',
    ask: (client) =>
      client.call(apiCalls.offsetFetch, 5, {
        groupId: 'g',
        topics: [{ name: 't', partitionIndexes: [0] }],
      }).errorCode,
    denied: GROUP,
    grants: [group(AclOperation.DESCRIBE)],
  },
  {
    name: 'DescribeGroups',
    ask: (client) =>
      client.call(apiCalls.describeGroups, 2, { groups: ['g'] }).groups[0]?.errorCode,
    denied: GROUP,
    grants: [group(AclOperation.DESCRIBE)],
  },
  {
    name: 'DeleteGroups',
    ask: (client) =>
      client.call(apiCalls.deleteGroups, 1, { groupsNames: ['g'] }).results[0]?.errorCode,
    denied: GROUP,
    grants: [group(AclOperation.DELETE)],
  },
  {
    name: 'OffsetDelete',
    ask: (client) =>
      client.call(apiCalls.offsetDelete, 0, { groupId: 'g', topics: [{ name: 't', partitions }] })
        .errorCode,
    denied: GROUP,
    grants: [group(AclOperation.DELETE), topic(AclOperation.READ)],
  },
  {
    name: 'DescribeAcls',
    ask: (client) => client.call(apiCalls.describeAcls, 1, anyAcl).errorCode,
    denied: CLUSTER,
    grants: [cluster(AclOperation.DESCRIBE)],
  },
  {
    name: 'CreateAcls',
    ask: (client) =>
      client.call(apiCalls.createAcls, 1, {
        creations: [aclCreation([TOPICS, 'x', AclOperation.READ], 'User:other')],
      }).results[0]?.errorCode,
    denied: CLUSTER,
    grants: [cluster(AclOperation.ALTER)],
  },
  {
    name: 'DeleteAcls',
    ask: (client) =>
      client.call(apiCalls.deleteAcls, 1, {
        filters: [{ ...anyAcl, principalFilter: 'User:other' }],
      }).filterResults[0]?.errorCode,
    denied: CLUSTER,
    grants: [cluster(AclOperation.ALTER)],
  },
  {
    name: 'DescribeUserScramCredentials',
    ask: (client) =>
      client.call(apiCalls.describeUserScramCredentials, 0, { users: null }).errorCode,
    denied: CLUSTER,
    grants: [cluster(AclOperation.DESCRIBE)],
  },
  {
    name: 'AlterUserScramCredentials',
    ask: (client) =>
      client.call(apiCalls.alterUserScramCredentials, 0, {
        deletions: [{ name: 'nobody', mechanism: 1 }],
      }).results[0]?.errorCode,
    denied: CLUSTER,
    grants: [cluster(AclOperation.ALTER)],
  },
];

function createTopic(client: TestClient, name: string): number | undefined {
  const counts = { numPartitions: 1, replicationFactor: 1 };
  const topics = [{ name, ...counts, assignments: [], configs: [] }];
  return client.call(apiCalls.createTopics, 2, { topics }).topics[0]?.errorCode;
}

function commitOffset(client: TestClient): number | undefined {
  const topics = [{ name: 't', topicId: ZERO_UUID, partitions: commitPartitions }];
  const message = { groupId: 'g', generationIdOrMemberEpoch: -1, topics };
  return client.call(apiCalls.offsetCommit, 2, message).topics[0]?.partitions[0]?.errorCode;
}

function aclCreation([resourceType, resourceName, operation]: Grant, principal: string) {
  return {
    resourceType,
    resourceName,
    resourcePatternType: 3,
    principal,
    host: '*',
    operation,
    permissionType: 3,
    origin: null,
  };
}

/** A broker where User:ANONYMOUS may do only what `grants` say; the topic t and the group topic exist. */
function arrange(grants: readonly Grant[]): TestTube {
  const prepare: Grant[] = [
    [TOPICS, 't', AclOperation.CREATE],
    [GROUPS, 'prepare', AclOperation.DESCRIBE],
  ];
  const acls = [...prepare, ...grants].map((grant) => {
    const { resourcePatternType, origin: _, ...acl } = aclCreation(grant, 'User:ANONYMOUS');
    return { ...acl, patternType: resourcePatternType };
  });
  const tube = new TestTube({ acls, settings: { 'allow.everyone.if.no.acl.found': 'false' } });
  expect(createTopic(tube.connect(), 't')).toBe(0);
  tube.connect().call(apiCalls.findCoordinator, 1, { key: 'prepare' });
  return tube;
}

const AUTHORIZATION_ERRORS = new Set<number | undefined>([TOPIC, GROUP, CLUSTER, TRANSACTIONAL_ID]);

describe('authorization', () => {
  it.each(ROWS)('refuses $name without rights', ({ ask, denied }) => {
    expect(ask(arrange([]).connect())).toBe(denied);
  });

  it.each(ROWS)('allows $name with the right ACL', ({ ask, grants }) => {
    expect(AUTHORIZATION_ERRORS.has(ask(arrange(grants).connect()))).toBe(false);
  });

  it.each(ROWS.filter(({ grants }) => grants.length === 2))(
    'refuses $name when one of its two rights is missing',
    ({ ask, denied, grants }) => {
      const [first, second] = grants as [Grant, Grant];
      expect(ask(arrange([second]).connect())).toBe(denied);
      const tube = arrange([first, group(AclOperation.READ), [TOPICS, 'other', AclOperation.READ]]);
      expect([TOPIC, KafkaError.GROUP_ID_NOT_FOUND]).toContain(ask(tube.connect()));
    },
  );

  it('lets super users do everything', () => {
    const tube = new TestTube({
      superUsers: ['User:ANONYMOUS'],
      settings: { 'allow.everyone.if.no.acl.found': 'false' },
    });
    tube.createTopic('t');
    const client = tube.connect();
    for (const { ask } of ROWS.filter(({ name }) => name !== 'DeleteTopics'))
      expect(AUTHORIZATION_ERRORS.has(ask(client))).toBe(false);
  });

  it('hides whether a topic exists from those who may not describe it', () => {
    const client = arrange([]).connect();
    const errors = ['t', 'missing'].map(
      (name) =>
        client.call(apiCalls.metadata, 9, {
          topics: [{ name, topicId: ZERO_UUID }],
          allowAutoTopicCreation: true,
        }).topics[0]?.errorCode,
    );
    expect(errors).toEqual([TOPIC, TOPIC]);
    expect(client.call(apiCalls.metadata, 9, { topics: null }).topics).toEqual([]);
    expect(client.call(apiCalls.listGroups, 4).groups).toEqual([]);
  });

  it('leaves offsets of topics that may not be described out of "all"', () => {
    const tube = arrange([group(AclOperation.READ), topic(AclOperation.READ)]);
    expect(commitOffset(tube.connect())).toBe(0);
    const all = { groupId: 'g', topics: null };
    expect(tube.connect().call(apiCalls.offsetFetch, 5, all).topics).toHaveLength(1);
    const blind = arrange([group(AclOperation.DESCRIBE)]);
    const named = { groupId: 'g', topics: [{ name: 't', partitionIndexes: [0] }] };
    const [answer] = blind.connect().call(apiCalls.offsetFetch, 5, named).topics;
    expect(answer?.partitions[0]?.errorCode).toBe(TOPIC);
  });

  it('does not tell the settings of a created topic to those who may not describe them', () => {
    const tube = arrange([[TOPICS, 'new', AclOperation.CREATE]]);
    const topics = [
      { name: 'new', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
    ];
    const [result] = tube.connect().call(apiCalls.createTopics, 7, { topics }).topics;
    expect(result).toMatchObject({ errorCode: 0, topicConfigErrorCode: TOPIC, configs: null });
  });
});

describe('ACLs', () => {
  it.each([1, 2, 3])('are created, listed and deleted in version %i', (version) => {
    const client = new TestTube({ superUsers: ['User:ANONYMOUS'] }).connect();
    const creation = aclCreation([TOPICS, 't', AclOperation.READ], 'User:agent');
    const wrong = { ...creation, resourceName: '' };
    const creations = [creation, wrong];
    const created = client.call(apiCalls.createAcls, version, { creations });
    expect(created.results.map(({ errorCode }) => errorCode)).toEqual([
      0,
      KafkaError.INVALID_REQUEST,
    ]);
    const listed = client.call(apiCalls.describeAcls, version, anyAcl);
    expect(listed.resources).toMatchObject([
      { resourceType: 2, resourceName: 't', acls: [{ principal: 'User:agent', operation: 3 }] },
    ]);
    const deleted = client.call(apiCalls.deleteAcls, version, { filters: [anyAcl] });
    expect(deleted.filterResults[0]?.matchingAcls).toHaveLength(1);
    expect(client.call(apiCalls.describeAcls, version, anyAcl).resources).toEqual([]);
  });
});

describe('SCRAM credentials', () => {
  it('are altered and described, keys never shown', () => {
    const client = new TestTube({ superUsers: ['User:ANONYMOUS'] }).connect();
    const upsertion = {
      name: 'agent',
      mechanism: 1,
      iterations: 4_096,
      salt: Buffer.from('salt'),
      saltedPassword: Buffer.alloc(32, 7),
      principal: null,
    };
    const upsertions = [upsertion, { ...upsertion, name: 'robot', iterations: 1 }];
    const altered = client.call(apiCalls.alterUserScramCredentials, 0, { upsertions });
    expect(altered.results).toMatchObject([
      { user: 'agent', errorCode: 0 },
      { user: 'robot', errorCode: KafkaError.UNACCEPTABLE_CREDENTIAL },
    ]);
    const { results } = client.call(apiCalls.describeUserScramCredentials, 0, { users: null });
    expect(results).toMatchObject([
      { user: 'agent', credentialInfos: [{ mechanism: 1, iterations: 4_096 }] },
    ]);
  });
});
