import { KafkaError } from '@weirhouse/kafka-protocol';
import { expect, test } from 'vitest';

import { ShardWorld } from '../testing/shard-world.ts';
import { stabilize, subscription, TestClient } from '../testing/test-client.ts';

test('a stable group is described with metadata and assignments', () => {
  const world = new ShardWorld();
  const client = new TestClient(world, 'app');
  stabilize(world, [client]);
  expect(world.shard.describeGroup('orders', { apiVersion: 5 })).toEqual({
    errorCode: 0,
    errorMessage: null,
    groupId: 'orders',
    groupState: 'Stable',
    protocolType: 'consumer',
    protocolData: 'range',
    members: [
      {
        memberId: client.memberId,
        groupInstanceId: null,
        clientId: 'app',
        clientHost: '/127.0.0.1',
        memberMetadata: subscription(['clicks']),
        memberAssignment: Buffer.from('a0'),
      },
    ],
  });
});

test('while a group rebalances its members are named and nothing of them is shown', () => {
  const world = new ShardWorld();
  new TestClient(world, 'app').enter();
  const described = world.shard.describeGroup('orders', { apiVersion: 5 });
  expect(described).toMatchObject({ groupState: 'PreparingRebalance', protocolData: '' });
  expect(described.members[0]?.memberMetadata).toHaveLength(0);
});

test('an unknown group is dead, and from version 6 on an error', () => {
  const { shard } = new ShardWorld();
  const old = shard.describeGroup('none', { apiVersion: 5 });
  expect(old).toMatchObject({ errorCode: 0, groupState: 'Dead', errorMessage: null });
  const recent = shard.describeGroup('none', { apiVersion: 6 });
  expect(recent).toMatchObject({
    errorCode: KafkaError.GROUP_ID_NOT_FOUND,
    groupState: 'Dead',
    errorMessage: 'Group none not found.',
  });
});

test('groups are listed by state and type, without regard to case', () => {
  const world = new ShardWorld();
  stabilize(world, [new TestClient(world, 'app', 'live')]);
  new TestClient(world, 'tool', 'manual').commit(7);
  const list = (statesFilter: string[], typesFilter: string[]): string[] =>
    world.shard.listGroups({ statesFilter, typesFilter }).map((group) => group.groupId);
  expect(list([], [])).toEqual(['live', 'manual']);
  expect(list(['sTABLE'], [])).toEqual(['live']);
  expect(list(['Empty', 'Dead'], ['Classic'])).toEqual(['manual']);
  expect(list([], ['consumer'])).toEqual([]);
  expect(world.shard.listGroups({ statesFilter: [], typesFilter: [] })[0]).toEqual({
    groupId: 'live',
    protocolType: 'consumer',
    groupState: 'Stable',
    groupType: 'classic',
  });
});
