import { describe, expect, it } from 'vitest';

import { AclOperation, AclResourceType } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import { ZERO_UUID } from '@weirhouse/shared-kernel';

import { AUTHORIZATION_ERRORS, cluster, type Grant } from './testing/access-row.ts';
import { ACCESS_TABLE } from './testing/access-table.ts';
import { apiCalls } from './testing/api-calls.ts';
import type { TestClient } from './testing/test-client.ts';
import { TestTube } from './testing/test-tube.ts';

const TOPIC = KafkaError.TOPIC_AUTHORIZATION_FAILED;
const { GROUP: GROUPS, TOPIC: TOPICS } = AclResourceType;

const topic = (operation: number, name = 't'): Grant => {
  return { resourceType: TOPICS, resourceName: name, operation };
};
const group = (operation: number, name = 'g'): Grant => {
  return { resourceType: GROUPS, resourceName: name, operation };
};

const commitPartitions = [
  { partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1, committedMetadata: null },
];
const anyAcl = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
};

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

function aclCreation(grant: Grant, principal: string) {
  const any = { resourcePatternType: 3, host: '*', permissionType: 3, origin: null };
  return { ...grant, ...any, principal };
}

/** A broker where User:ANONYMOUS may do only what `grants` say; the topic t and the group topic exist. */
function arrange(grants: readonly Grant[]): TestTube {
  const prepare = [topic(AclOperation.CREATE), group(AclOperation.DESCRIBE, 'prepare')];
  const acls = [...prepare, ...grants].map((grant) => {
    const { resourcePatternType, origin: _, ...acl } = aclCreation(grant, 'User:ANONYMOUS');
    return { ...acl, patternType: resourcePatternType };
  });
  const tube = new TestTube({ acls, settings: { 'allow.everyone.if.no.acl.found': 'false' } });
  expect(createTopic(tube.connect(), 't')).toBe(0);
  tube.connect().call(apiCalls.findCoordinator, 1, { key: 'prepare' });
  return tube;
}

describe('authorization', () => {
  it('lets super users do everything', () => {
    const tube = new TestTube({
      superUsers: ['User:ANONYMOUS'],
      settings: { 'allow.everyone.if.no.acl.found': 'false' },
    });
    tube.createTopic('t');
    const client = tube.connect();
    const refusals = new Set<number | undefined>(AUTHORIZATION_ERRORS.values());
    for (const { api, name, version } of ACCESS_TABLE)
      expect([name, refusals.has(client.call(api, version))]).toEqual([name, false]);
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

  it('tells the authorized operations of the cluster to those who may describe it', () => {
    const bit = (operation: number) => 1 << operation;
    const [create, alter] = [AclOperation.CREATE, AclOperation.ALTER].map(cluster);
    const operationsOf = (...grants: Grant[]) => {
      const message = { includeClusterAuthorizedOperations: true };
      const client = arrange(grants).connect();
      const told = client.call(apiCalls.describeCluster, 1, message).clusterAuthorizedOperations;
      const metadata = client.call(apiCalls.metadata, 9, { topics: [], ...message });
      expect(metadata.clusterAuthorizedOperations).toBe(told);
      return told;
    };
    expect(operationsOf(create as Grant)).toBe(0);
    const told = [AclOperation.CREATE, AclOperation.ALTER, AclOperation.DESCRIBE].map(bit);
    expect(operationsOf(create as Grant, alter as Grant)).toBe(told.reduce((a, b) => a | b));
  });

  it('does not tell the settings of a created topic to those who may not describe them', () => {
    const tube = arrange([topic(AclOperation.CREATE, 'new')]);
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
    const creation = aclCreation(topic(AclOperation.READ), 'User:agent');
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
