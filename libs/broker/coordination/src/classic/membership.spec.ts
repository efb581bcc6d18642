import { KafkaError } from '@weirhouse/kafka-protocol';
import { expect, test } from 'vitest';

import { ShardWorld } from '../testing/shard-world.ts';
import { stabilize, subscription, TestClient } from '../testing/test-client.ts';

function stableTrio(): readonly [ShardWorld, TestClient, TestClient, TestClient] {
  const world = new ShardWorld();
  const [one, two, three] = [
    new TestClient(world, 'one'),
    new TestClient(world, 'two'),
    new TestClient(world, 'three'),
  ] as const;
  stabilize(world, [one, two, three]);
  return [world, one, two, three];
}

test('heartbeats are refused with the reason', () => {
  const [world, one] = stableTrio();
  expect(one.beat()).toBe(KafkaError.NONE);
  expect(one.beat({ generationId: 0 })).toBe(KafkaError.ILLEGAL_GENERATION);
  expect(one.beat({ memberId: 'none' })).toBe(KafkaError.UNKNOWN_MEMBER_ID);
  expect(new TestClient(world, 'x', 'none').beat()).toBe(KafkaError.UNKNOWN_MEMBER_ID);
  expect(new TestClient(world, 'x', '').beat()).toBe(KafkaError.INVALID_GROUP_ID);
});

test('heartbeats between join and sync are taken', () => {
  const world = new ShardWorld({ initialRebalanceDelayMs: 0 });
  const client = new TestClient(world, 'app');
  client.accept(client.enter());
  expect(client.beat()).toBe(KafkaError.NONE);
});

test('a silent member is removed after its session timeout and the others rebalance', () => {
  const [world, one, two, three] = stableTrio();
  world.advance(9_999);
  expect([one.beat(), two.beat()]).toEqual([0, 0]);
  world.advance(1);
  expect(three.beat()).toBe(KafkaError.UNKNOWN_MEMBER_ID);
  expect(one.beat()).toBe(KafkaError.REBALANCE_IN_PROGRESS);
});

test('the last member to leave empties the group, and that is written', () => {
  const world = new ShardWorld();
  const client = new TestClient(world, 'app');
  stabilize(world, [client]);
  world.commitsAtOnce = false;
  const left = client.leave();
  expect(left.isAnswered).toBe(false);
  world.commit();
  expect(left.answer).toEqual({
    errorCode: 0,
    members: [{ memberId: client.memberId, groupInstanceId: null, errorCode: 0 }],
  });
  expect(client.state()).toBe('Empty');
  const [record] = world.shard.snapshotRecords();
  expect(record).toMatchObject({
    value: { generation: 2, leaderId: null, protocolName: null, members: [] },
  });
});

test('an emptied group goes on counting generations, also after a reload', () => {
  const world = new ShardWorld();
  const client = new TestClient(world, 'app');
  stabilize(world, [client]);
  client.leave();
  world.reload(KafkaError.NOT_LEADER_OR_FOLLOWER);
  const next = new TestClient(world, 'next');
  stabilize(world, [next]);
  expect(next.generation).toBe(3);
});

test('several members leave with one request and one rebalance', () => {
  const [, one, two, three] = stableTrio();
  const left = one.leave([
    { memberId: two.memberId, groupInstanceId: null },
    { memberId: 'none', groupInstanceId: null },
    { memberId: three.memberId, groupInstanceId: null },
  ]);
  expect(left.answer.errorCode).toBe(0);
  expect(left.answer.members.map((member) => member.errorCode)).toEqual([
    KafkaError.NONE,
    KafkaError.UNKNOWN_MEMBER_ID,
    KafkaError.NONE,
  ]);
  expect(one.beat()).toBe(KafkaError.REBALANCE_IN_PROGRESS);
  expect(one.enter().answer.members).toHaveLength(1);
});

test('before version 3 the one member that leaves has its error on top', () => {
  const [, one] = stableTrio();
  expect(one.leave([], 2).answer).toEqual({ errorCode: KafkaError.NONE, members: [] });
  expect(one.leave([], 2).answer.errorCode).toBe(KafkaError.UNKNOWN_MEMBER_ID);
});

test('leaving a group that does not exist is an unknown member', () => {
  const world = new ShardWorld();
  const unknown = KafkaError.UNKNOWN_MEMBER_ID;
  expect(new TestClient(world, 'x').leave().answer.errorCode).toBe(unknown);
  const invalid = KafkaError.INVALID_GROUP_ID;
  expect(new TestClient(world, 'x', '').leave().answer.errorCode).toBe(invalid);
});

test('an id that was given out can leave before it ever joined', () => {
  const world = new ShardWorld();
  const client = new TestClient(world, 'app');
  client.memberId = client.join().answer.memberId;
  expect(client.leave().answer.members[0]?.errorCode).toBe(KafkaError.NONE);
  expect(world.shard.groupCount).toBe(0);
  expect(world.timerKeys).toEqual([]);
});

test('a rebalance that waits only for an unused id ends when that id expires', () => {
  const world = new ShardWorld();
  const old = new TestClient(world, 'old');
  stabilize(world, [old]);
  new TestClient(world, 'pending').join();
  const rejoin = old.join();
  expect(rejoin.isAnswered).toBe(false);
  world.advance(10_000);
  expect(rejoin.answer).toMatchObject({ errorCode: 0, generationId: 2 });
});

test('a group that emptied before it was ever written goes on counting too', () => {
  const world = new ShardWorld({ initialRebalanceDelayMs: 0 });
  const client = new TestClient(world, 'app');
  client.accept(client.enter());
  const pending = new TestClient(world, 'pending');
  pending.memberId = pending.join().answer.memberId;
  client.leave();
  expect(pending.leave().answer.members[0]?.errorCode).toBe(KafkaError.NONE);
  expect(client.state()).toBe('Empty');
  expect(new TestClient(world, 'next').enter().answer.generationId).toBe(3);
});

function stableStatics(topics: readonly string[] = ['clicks']): {
  readonly world: ShardWorld;
  readonly leader: TestClient;
  readonly follower: TestClient;
} {
  const world = new ShardWorld();
  const leader = new TestClient(world, 'leader');
  const follower = new TestClient(world, 'follower');
  leader.instanceId = 'i-leader';
  follower.instanceId = 'i-follower';
  const changes = joinAs(topics);
  const joins = [
    leader.join({ ...changes, groupInstanceId: 'i-leader' }),
    follower.join({ ...changes, groupInstanceId: 'i-follower' }),
  ] as const;
  world.advance(6_000);
  leader.accept(joins[0]);
  follower.accept(joins[1]);
  follower.sync();
  leader.sync({ [leader.memberId]: 'a-leader', [follower.memberId]: 'a-follower' });
  return { world, leader, follower };
}

function joinAs(
  topics: readonly string[],
  owned: readonly { topic: string; partitions: number[] }[] = [],
): { readonly protocols: { name: string; metadata: Buffer }[] } {
  return { protocols: [{ name: 'range', metadata: subscription(topics, owned) }] };
}

test('a static member needs no second join to get its id, made of its instance id', () => {
  const { leader } = stableStatics();
  expect(leader.memberId).toMatch(/^i-leader-[0-9a-f-]{36}$/);
  expect(leader.state()).toBe('Stable');
});

test('a static member that restarts keeps its assignment and disturbs nobody', () => {
  const { world, leader, follower } = stableStatics();
  const oldId = follower.memberId;
  const restarted = new TestClient(world, 'follower');
  restarted.instanceId = 'i-follower';
  const answer = restarted.accept(restarted.join());
  expect(answer).toMatchObject({
    errorCode: 0,
    generationId: 1,
    leader: leader.memberId,
    members: [],
    skipAssignment: false,
  });
  expect(answer.memberId).not.toBe(oldId);
  expect(restarted.sync().answer.assignment.toString()).toBe('a-follower');
  expect(leader.beat()).toBe(KafkaError.NONE);
  expect(follower.beat()).toBe(KafkaError.FENCED_INSTANCE_ID);
  expect(follower.sync().answer.errorCode).toBe(KafkaError.FENCED_INSTANCE_ID);
});

test('the new id of a restarted static member is durable before it is told', () => {
  const { world } = stableStatics();
  world.commitsAtOnce = false;
  const restarted = new TestClient(world, 'follower');
  restarted.instanceId = 'i-follower';
  const join = restarted.join();
  expect(join.isAnswered).toBe(false);
  world.commit();
  restarted.accept(join);
  world.reload(KafkaError.NOT_LEADER_OR_FOLLOWER);
  expect(restarted.beat()).toBe(KafkaError.NONE);
  expect(restarted.sync().answer.assignment.toString()).toBe('a-follower');
});

test('a restart whose record is refused leaves the old member in place', () => {
  const { world, follower } = stableStatics();
  world.commitsAtOnce = false;
  const restarted = new TestClient(world, 'follower');
  restarted.instanceId = 'i-follower';
  const join = restarted.join();
  world.failWrites(KafkaError.NOT_ENOUGH_REPLICAS);
  expect(join.answer.errorCode).toBe(KafkaError.COORDINATOR_NOT_AVAILABLE);
  expect(follower.beat()).toBe(KafkaError.NONE);
});

test('a leader that restarts is told not to assign again', () => {
  const { world, follower } = stableStatics();
  const restarted = new TestClient(world, 'leader');
  restarted.instanceId = 'i-leader';
  const answer = restarted.accept(restarted.join());
  expect(answer).toMatchObject({ leader: restarted.memberId, skipAssignment: true });
  expect(answer.members.map((member) => member.groupInstanceId)).toContain('i-follower');
  expect(restarted.sync().answer.assignment.toString()).toBe('a-leader');
  expect(follower.beat()).toBe(KafkaError.NONE);
});

test('before version 9 a leader that restarts is told its former id, so it does not assign', () => {
  const { world, leader } = stableStatics();
  const restarted = new TestClient(world, 'leader');
  restarted.instanceId = 'i-leader';
  const { answer } = restarted.join({}, 8);
  expect(answer).toMatchObject({ leader: leader.memberId, members: [], skipAssignment: false });
});

test('partitions that a restarted member no longer owns are no reason to rebalance', () => {
  const { world, leader } = stableStatics();
  const restarted = new TestClient(world, 'follower');
  restarted.instanceId = 'i-follower';
  const owned = [{ topic: 'clicks', partitions: [0, 1] }];
  expect(restarted.join(joinAs(['clicks'], owned)).answer.errorCode).toBe(KafkaError.NONE);
  expect(leader.beat()).toBe(KafkaError.NONE);
});

test('a static member that comes back with other topics causes a rebalance', () => {
  const { world, leader } = stableStatics();
  const restarted = new TestClient(world, 'follower');
  restarted.instanceId = 'i-follower';
  const join = restarted.join(joinAs(['clicks', 'views']));
  expect(join.isAnswered).toBe(false);
  expect(leader.beat()).toBe(KafkaError.REBALANCE_IN_PROGRESS);
});

test('a static member that comes back without the chosen protocol causes a rebalance', () => {
  const world = new ShardWorld();
  const metadata = subscription(['clicks']);
  const client = new TestClient(world, 'app');
  client.instanceId = 'i';
  const join = client.join({
    protocols: [
      { name: 'range', metadata },
      { name: 'sticky', metadata },
    ],
  });
  world.advance(3_000);
  client.accept(join);
  client.sync({ [client.memberId]: 'a' });
  const restarted = new TestClient(world, 'app');
  restarted.instanceId = 'i';
  const { answer } = restarted.join({ protocols: [{ name: 'sticky', metadata }] });
  expect(answer).toMatchObject({ errorCode: 0, generationId: 2, protocolName: 'sticky' });
});

test('a restart between join and sync starts the rebalance again', () => {
  const world = new ShardWorld();
  const client = new TestClient(world, 'app');
  client.instanceId = 'i';
  const join = client.join();
  world.advance(3_000);
  client.accept(join);
  const restarted = new TestClient(world, 'app');
  restarted.instanceId = 'i';
  expect(restarted.join().answer).toMatchObject({ errorCode: 0, generationId: 2 });
  expect(client.sync().answer.errorCode).toBe(KafkaError.FENCED_INSTANCE_ID);
});

test('of two joins with one instance id the older is fenced', () => {
  const world = new ShardWorld();
  const [one, two] = [new TestClient(world, 'one'), new TestClient(world, 'two')] as const;
  one.instanceId = two.instanceId = 'i';
  const older = one.join();
  const newer = two.join();
  expect(older.answer.errorCode).toBe(KafkaError.FENCED_INSTANCE_ID);
  world.advance(3_000);
  expect(newer.answer).toMatchObject({ errorCode: 0, generationId: 1 });
});

test('static members that are away keep their places in a rebalance, until the session ends', () => {
  const { world, leader, follower } = stableStatics();
  const late = new TestClient(world, 'late');
  const lateJoin = late.enter({ rebalanceTimeoutMs: 5_000 });
  leader.instanceId = null;
  for (let beat = 0; beat < 12; beat += 1) {
    world.advance(5_000);
    leader.beat();
    follower.beat();
  }
  expect(lateJoin.answer.errorCode).toBe(KafkaError.NONE);
  expect(lateJoin.answer.leader).toBe(late.memberId);
  expect(lateJoin.answer.members).toHaveLength(3);
});

test('tools remove a static member by its instance id alone', () => {
  const { leader, follower } = stableStatics();
  const left = leader.leave([{ memberId: '', groupInstanceId: 'i-follower' }]);
  expect(left.answer.members).toEqual([
    { memberId: '', groupInstanceId: 'i-follower', errorCode: 0 },
  ]);
  expect(follower.beat()).toBe(KafkaError.UNKNOWN_MEMBER_ID);
  const again = leader.leave([{ memberId: '', groupInstanceId: 'i-follower' }]);
  expect(again.answer.members[0]?.errorCode).toBe(KafkaError.UNKNOWN_MEMBER_ID);
});

test('a fenced member cannot leave for the one that replaced it', () => {
  const { world, follower } = stableStatics();
  const restarted = new TestClient(world, 'follower');
  restarted.instanceId = 'i-follower';
  restarted.accept(restarted.join());
  const left = follower.leave();
  expect(left.answer.members[0]?.errorCode).toBe(KafkaError.FENCED_INSTANCE_ID);
  expect(restarted.beat()).toBe(KafkaError.NONE);
});

test('a static member finds its place in a group that is full', () => {
  const { world } = stableStatics();
  const full = new ShardWorld({ groupSizeMax: 2 });
  full.log.push(...world.log);
  full.reload(KafkaError.NOT_LEADER_OR_FOLLOWER);
  const restarted = new TestClient(full, 'follower');
  restarted.instanceId = 'i-follower';
  expect(restarted.join().answer.errorCode).toBe(KafkaError.NONE);
});
