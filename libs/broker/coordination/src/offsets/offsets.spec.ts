import { KafkaError } from '@weirhouse/kafka-protocol';
import { ZERO_UUID } from '@weirhouse/shared-kernel';
import { expect, test } from 'vitest';

import type { OffsetDeleteAnswer } from '../messages.ts';
import { ShardWorld } from '../testing/shard-world.ts';
import { commitError, Reply, stabilize, TestClient } from '../testing/test-client.ts';

const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';
const OTHER_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAg';

function stableWorld(): { readonly world: ShardWorld; readonly client: TestClient } {
  const world = new ShardWorld();
  const client = new TestClient(world, 'app');
  stabilize(world, [client]);
  return { world, client };
}

function deleteOffsets(world: ShardWorld, groupId: string, name: string): OffsetDeleteAnswer {
  const reply = new Reply<OffsetDeleteAnswer>();
  const topics = [{ name, partitions: [{ partitionIndex: 0 }] }];
  world.run(world.shard.offsetDelete({ groupId, topics }, { nowMs: world.nowMs }, reply.take));
  return reply.answer;
}

function deleteGroup(world: ShardWorld, groupId: string): number {
  const reply = new Reply<number>();
  world.run(world.shard.deleteGroup(groupId, world.nowMs, reply.take));
  return reply.answer;
}

test('a member commits under its generation and reads it back', () => {
  const { client } = stableWorld();
  expect(commitError(client.commit(42))).toBe(KafkaError.NONE);
  expect(client.fetch()).toBe(42);
});

test('a commit is answered when it is durable', () => {
  const { world, client } = stableWorld();
  world.commitsAtOnce = false;
  const commit = client.commit(42);
  expect(commit.isAnswered).toBe(false);
  world.commit();
  expect(commitError(commit)).toBe(KafkaError.NONE);
});

test('a commit that the log refuses is not kept and shows a coordinator error', () => {
  const { world, client } = stableWorld();
  client.commit(41);
  world.commitsAtOnce = false;
  const commit = client.commit(42);
  world.failWrites(KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND);
  expect(commitError(commit)).toBe(KafkaError.COORDINATOR_NOT_AVAILABLE);
  expect(client.fetch()).toBe(41);
});

test('commits of old generations, strangers and fenced members are refused', () => {
  const { world, client } = stableWorld();
  const error = (changes: object): number | undefined => commitError(client.commit(1, changes));
  expect(error({ generationIdOrMemberEpoch: 0 })).toBe(KafkaError.ILLEGAL_GENERATION);
  expect(error({ memberId: 'none' })).toBe(KafkaError.UNKNOWN_MEMBER_ID);
  expect(error({ groupInstanceId: 'none' })).toBe(KafkaError.UNKNOWN_MEMBER_ID);
  const anonymous = { generationIdOrMemberEpoch: -1, memberId: '' };
  expect(error(anonymous)).toBe(KafkaError.UNKNOWN_MEMBER_ID);
  expect(world.shard.offsetFetch({ groupId: 'orders', topics: null }).topics).toEqual([]);
});

test('between join and sync commits are told to wait for the rebalance', () => {
  const world = new ShardWorld({ initialRebalanceDelayMs: 0 });
  const client = new TestClient(world, 'app');
  client.accept(client.enter());
  expect(commitError(client.commit(1))).toBe(KafkaError.REBALANCE_IN_PROGRESS);
});

test('while others join a member may still commit what it has done', () => {
  const { world, client } = stableWorld();
  new TestClient(world, 'late').enter();
  expect(client.state()).toBe('PreparingRebalance');
  expect(commitError(client.commit(9))).toBe(KafkaError.NONE);
});

test('commits keep the session alive', () => {
  const { world, client } = stableWorld();
  for (let offset = 0; offset < 5; offset += 1) {
    world.advance(9_000);
    expect(commitError(client.commit(offset))).toBe(KafkaError.NONE);
  }
});

test('a consumer that assigns itself makes a simple group', () => {
  const world = new ShardWorld();
  const tool = new TestClient(world, 'tool', 'manual');
  expect(commitError(tool.commit(5))).toBe(KafkaError.NONE);
  expect(tool.state()).toBe('Empty');
  world.reload(KafkaError.NOT_LEADER_OR_FOLLOWER);
  expect(tool.state()).toBe('Empty');
  expect(tool.fetch()).toBe(5);
});

test('a generation without a group is unknown, in the words of the version', () => {
  const world = new ShardWorld();
  const client = new TestClient(world, 'app');
  const changes = { generationIdOrMemberEpoch: 3 };
  expect(commitError(client.commit(1, changes, 9))).toBe(KafkaError.GROUP_ID_NOT_FOUND);
  expect(commitError(client.commit(1, changes, 8))).toBe(KafkaError.ILLEGAL_GENERATION);
  expect(world.shard.groupCount).toBe(0);
});

test('metadata over the limit fails for its partition only', () => {
  const world = new ShardWorld();
  const tool = new TestClient(world, 'tool', 'manual');
  const partition = (partitionIndex: number, length: number): object => ({
    partitionIndex,
    committedOffset: 1,
    committedLeaderEpoch: -1,
    committedMetadata: 'x'.repeat(length),
  });
  const partitions = [partition(0, 4096), partition(1, 4097)];
  const topics = [{ name: 'clicks', topicId: ZERO_UUID, partitions }];
  const reply = tool.commit(0, { topics } as object);
  expect(reply.answer.topics[0]?.partitions).toEqual([
    { partitionIndex: 0, errorCode: KafkaError.NONE },
    { partitionIndex: 1, errorCode: KafkaError.OFFSET_METADATA_TOO_LARGE },
  ]);
  expect(world.log).toHaveLength(1);
});

test('what is not committed is offset -1 without an error', () => {
  const world = new ShardWorld();
  const topics = [{ name: 'clicks', topicId: ZERO_UUID, partitionIndexes: [0] }];
  expect(world.shard.offsetFetch({ groupId: 'none', topics })).toEqual({
    groupId: 'none',
    errorCode: 0,
    topics: [
      {
        name: 'clicks',
        topicId: ZERO_UUID,
        partitions: [
          {
            partitionIndex: 0,
            committedOffset: -1,
            committedLeaderEpoch: -1,
            metadata: '',
            errorCode: 0,
          },
        ],
      },
    ],
  });
});

test('null topics list everything that is committed', () => {
  const world = new ShardWorld();
  const tool = new TestClient(world, 'tool', 'manual');
  tool.commit(5, { metadata: 'here' });
  tool.commit(6, { topic: 'views' });
  const { topics } = world.shard.offsetFetch({ groupId: 'manual', topics: null });
  expect(topics.map((topic) => [topic.name, topic.partitions[0]])).toEqual([
    [
      'clicks',
      {
        partitionIndex: 0,
        committedOffset: 5,
        committedLeaderEpoch: 5,
        metadata: 'here',
        errorCode: 0,
      },
    ],
    [
      'views',
      {
        partitionIndex: 0,
        committedOffset: 6,
        committedLeaderEpoch: 5,
        metadata: '',
        errorCode: 0,
      },
    ],
  ]);
});

test('an offset of a deleted topic is not shown for the new topic of that name', () => {
  const world = new ShardWorld();
  const tool = new TestClient(world, 'tool', 'manual');
  const partitions = [
    { partitionIndex: 0, committedOffset: 5, committedLeaderEpoch: -1, committedMetadata: null },
  ];
  tool.commit(0, { topics: [{ name: 'clicks', topicId: TOPIC_ID, partitions }] });
  const fetch = (topicId: string): number | undefined =>
    world.shard.offsetFetch({
      groupId: 'manual',
      topics: [{ name: 'clicks', topicId, partitionIndexes: [0] }],
    }).topics[0]?.partitions[0]?.committedOffset;
  expect([fetch(TOPIC_ID), fetch(ZERO_UUID), fetch(OTHER_TOPIC_ID)]).toEqual([5, 5, -1]);
  world.run(
    world.shard.onTopicsDeleted([{ name: 'clicks', topicId: OTHER_TOPIC_ID }], world.nowMs),
  );
  expect(tool.fetch()).toBe(5);
  world.run(world.shard.onTopicsDeleted([{ name: 'clicks', topicId: TOPIC_ID }], world.nowMs));
  expect(tool.fetch()).toBe(-1);
});

test('deleting a topic removes its offsets in every group and leaves the others', () => {
  const world = new ShardWorld();
  const tools = [new TestClient(world, 'a', 'first'), new TestClient(world, 'b', 'second')];
  for (const tool of tools) {
    tool.commit(5);
    tool.commit(6, { topic: 'views' });
  }
  world.run(world.shard.onTopicsDeleted([{ name: 'clicks', topicId: ZERO_UUID }], world.nowMs));
  expect(tools.map((tool) => tool.fetch())).toEqual([-1, -1]);
  expect(tools.map((tool) => tool.fetch('views'))).toEqual([6, 6]);
});

test('only an empty group can be deleted, and then nothing of it is left', () => {
  const { world, client } = stableWorld();
  client.commit(5);
  expect(deleteGroup(world, 'orders')).toBe(KafkaError.NON_EMPTY_GROUP);
  client.leave();
  expect(deleteGroup(world, 'orders')).toBe(KafkaError.NONE);
  expect(deleteGroup(world, 'orders')).toBe(KafkaError.GROUP_ID_NOT_FOUND);
  expect(client.fetch()).toBe(-1);
  expect(world.replicatedState()).toEqual([]);
  world.reload(KafkaError.NOT_LEADER_OR_FOLLOWER);
  expect(world.shard.groupCount).toBe(0);
});

test('deleting a group that somebody is about to join forgets the id it was given', () => {
  const world = new ShardWorld();
  const tool = new TestClient(world, 'tool');
  tool.commit(5);
  const client = new TestClient(world, 'app');
  client.memberId = client.join().answer.memberId;
  expect(deleteGroup(world, 'orders')).toBe(KafkaError.NONE);
  expect(world.timerKeys).toEqual([]);
  expect(client.join().answer.errorCode).toBe(KafkaError.UNKNOWN_MEMBER_ID);
});

test('offsets of a topic that members consume cannot be deleted', () => {
  const { world, client } = stableWorld();
  client.commit(5);
  client.commit(6, { topic: 'views' });
  const subscribed = deleteOffsets(world, 'orders', 'clicks');
  expect(subscribed.topics[0]?.partitions[0]?.errorCode).toBe(KafkaError.GROUP_SUBSCRIBED_TO_TOPIC);
  const other = deleteOffsets(world, 'orders', 'views');
  expect(other.topics[0]?.partitions[0]?.errorCode).toBe(KafkaError.NONE);
  expect([client.fetch(), client.fetch('views')]).toEqual([5, -1]);
});

test('consumers whose subscription cannot be read count as subscribed to everything', () => {
  const world = new ShardWorld();
  const client = new TestClient(world, 'app');
  const join = client.enter({ protocols: [{ name: 'range', metadata: Buffer.from([0]) }] });
  world.advance(3_000);
  client.accept(join);
  client.sync({});
  client.commit(5);
  const answer = deleteOffsets(world, 'orders', 'clicks');
  expect(answer.topics[0]?.partitions[0]?.errorCode).toBe(KafkaError.GROUP_SUBSCRIBED_TO_TOPIC);
});

test('before the first generation nothing of a consumer group can be deleted', () => {
  const world = new ShardWorld();
  new TestClient(world, 'tool').commit(5);
  new TestClient(world, 'app').enter();
  const answer = deleteOffsets(world, 'orders', 'clicks');
  expect(answer.topics[0]?.partitions[0]?.errorCode).toBe(KafkaError.GROUP_SUBSCRIBED_TO_TOPIC);
});

test('offsets of unknown groups, and of live groups that are no consumers, are refused', () => {
  const world = new ShardWorld({ initialRebalanceDelayMs: 0 });
  expect(deleteOffsets(world, 'none', 'clicks').errorCode).toBe(KafkaError.GROUP_ID_NOT_FOUND);
  new TestClient(world, 'worker').enter({ protocolType: 'connect' });
  expect(deleteOffsets(world, 'orders', 'clicks').errorCode).toBe(KafkaError.NON_EMPTY_GROUP);
});
