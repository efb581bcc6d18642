import { KafkaError } from '@weirhouse/kafka-protocol';
import { expect, test } from 'vitest';

import { decodeCoordinatorRecord } from '../records/record-codec.ts';
import { ShardWorld } from '../testing/shard-world.ts';
import { stabilize, subscription, TestClient } from '../testing/test-client.ts';

interface Pair {
  readonly world: ShardWorld;
  readonly leader: TestClient;
  readonly follower: TestClient;
}

/** Two members that have joined and not synced. */
function joinedPair(world = new ShardWorld()): Pair {
  const leader = new TestClient(world, 'leader');
  const follower = new TestClient(world, 'follower');
  const joins = [leader.enter(), follower.enter()] as const;
  world.advance(6_000);
  leader.accept(joins[0]);
  follower.accept(joins[1]);
  return { world, leader, follower };
}

function assignmentsOf({ leader, follower }: Pair): Record<string, string> {
  return { [leader.memberId]: 'for-leader', [follower.memberId]: 'for-follower' };
}

test('everybody gets the bytes that the leader assigned to it', () => {
  const pair = joinedPair();
  const followerSync = pair.follower.sync();
  expect(followerSync.isAnswered).toBe(false);
  const leaderSync = pair.leader.sync(assignmentsOf(pair));
  expect(leaderSync.answer.assignment.toString()).toBe('for-leader');
  expect(followerSync.answer).toMatchObject({
    errorCode: 0,
    protocolType: 'consumer',
    protocolName: 'range',
  });
  expect(followerSync.answer.assignment.toString()).toBe('for-follower');
  expect(pair.leader.state()).toBe('Stable');
});

test('nobody is answered before the assignments are durable', () => {
  const pair = joinedPair();
  pair.world.commitsAtOnce = false;
  const syncs = [pair.follower.sync(), pair.leader.sync(assignmentsOf(pair))];
  expect(syncs.map((sync) => sync.isAnswered)).toEqual([false, false]);
  expect(pair.leader.state()).toBe('CompletingRebalance');
  pair.world.commit();
  expect(syncs.map((sync) => sync.answer.errorCode)).toEqual([0, 0]);
});

test('the record holds the generation, the members and their assignments', () => {
  const pair = joinedPair();
  pair.leader.sync(assignmentsOf(pair));
  const last = pair.world.log.at(-1);
  const record = decodeCoordinatorRecord(last?.key ?? Buffer.alloc(0), last?.value ?? null);
  expect(record).toMatchObject({
    kind: 'classic-group',
    groupId: 'orders',
    value: {
      protocolType: 'consumer',
      protocolName: 'range',
      generation: 1,
      leaderId: pair.leader.memberId,
      members: [
        { memberId: pair.leader.memberId, subscription: subscription(['clicks']) },
        { memberId: pair.follower.memberId, assignment: Buffer.from('for-follower') },
      ],
    },
  });
});

test.each([
  [KafkaError.NOT_ENOUGH_REPLICAS, KafkaError.COORDINATOR_NOT_AVAILABLE],
  [KafkaError.REQUEST_TIMED_OUT, KafkaError.COORDINATOR_NOT_AVAILABLE],
  [KafkaError.NOT_LEADER_OR_FOLLOWER, KafkaError.NOT_COORDINATOR],
  [KafkaError.KAFKA_STORAGE_ERROR, KafkaError.NOT_COORDINATOR],
  [KafkaError.MESSAGE_TOO_LARGE, KafkaError.UNKNOWN_SERVER_ERROR],
])('a log error %i is shown as %i to those who wait for the sync', (logError, shown) => {
  const pair = joinedPair();
  pair.world.commitsAtOnce = false;
  const syncs = [pair.follower.sync(), pair.leader.sync(assignmentsOf(pair))];
  pair.world.failWrites(logError);
  expect(syncs.map((sync) => sync.answer.errorCode)).toEqual([shown, shown]);
});

test('assignments too large for the log are the fault of their group alone', () => {
  const pair = joinedPair(new ShardWorld({ batchBytesMax: 10_000 }));
  const sync = pair.leader.sync({ [pair.leader.memberId]: 'x'.repeat(10_000) });
  expect(sync.answer.errorCode).toBe(KafkaError.UNKNOWN_SERVER_ERROR);
  expect(pair.world.log).toEqual([]);
  expect(pair.leader.state()).toBe('PreparingRebalance');
});

test('a member that syncs late gets its assignment at once', () => {
  const pair = joinedPair();
  pair.leader.sync(assignmentsOf(pair));
  expect(pair.follower.sync().answer.assignment.toString()).toBe('for-follower');
});

test('a member the leader forgot gets an empty assignment', () => {
  const pair = joinedPair();
  pair.leader.sync({ [pair.leader.memberId]: 'all' });
  expect(pair.follower.sync().answer).toMatchObject({ errorCode: 0, assignment: Buffer.alloc(0) });
});

test('members that do not sync within the rebalance timeout are removed', () => {
  const pair = joinedPair();
  pair.leader.sync(assignmentsOf(pair));
  for (let beat = 0; beat < 12; beat += 1) {
    pair.leader.beat();
    pair.follower.beat();
    pair.world.advance(5_000);
  }
  expect(pair.follower.beat()).toBe(KafkaError.UNKNOWN_MEMBER_ID);
  expect(pair.leader.beat()).toBe(KafkaError.REBALANCE_IN_PROGRESS);
});

test('when the leader never syncs the waiting followers are told to rejoin', () => {
  const pair = joinedPair();
  const waiting = pair.follower.sync();
  pair.world.advance(10_000);
  expect(waiting.answer.errorCode).toBe(KafkaError.REBALANCE_IN_PROGRESS);
  expect(pair.follower.enter().answer).toMatchObject({
    generationId: 2,
    leader: pair.follower.memberId,
  });
});

test('a join while syncs wait sends them back, and the old assignments count for nothing', () => {
  const pair = joinedPair();
  pair.world.commitsAtOnce = false;
  const waiting = pair.follower.sync();
  const leading = pair.leader.sync(assignmentsOf(pair));
  new TestClient(pair.world, 'late').enter();
  expect(waiting.answer.errorCode).toBe(KafkaError.REBALANCE_IN_PROGRESS);
  expect(leading.answer.errorCode).toBe(KafkaError.REBALANCE_IN_PROGRESS);
  pair.world.commit();
  expect(pair.leader.state()).toBe('PreparingRebalance');
});

test('a second sync of the leader while the first is being written writes nothing more', () => {
  const pair = joinedPair();
  pair.world.commitsAtOnce = false;
  const first = pair.leader.sync(assignmentsOf(pair));
  const second = pair.leader.sync({ [pair.leader.memberId]: 'other' });
  expect(first.answer.errorCode).toBe(KafkaError.REBALANCE_IN_PROGRESS);
  expect(pair.world.pendingWrites).toBe(1);
  pair.world.commit();
  expect(second.answer.assignment.toString()).toBe('for-leader');
});

test('sync is refused with the reason', () => {
  const pair = joinedPair();
  const error = (changes: object): number => pair.follower.sync({}, changes).answer.errorCode;
  expect(error({ groupId: '' })).toBe(KafkaError.INVALID_GROUP_ID);
  expect(error({ groupId: 'none' })).toBe(KafkaError.UNKNOWN_MEMBER_ID);
  expect(error({ memberId: 'none' })).toBe(KafkaError.UNKNOWN_MEMBER_ID);
  expect(error({ generationId: 7 })).toBe(KafkaError.ILLEGAL_GENERATION);
  expect(error({ protocolName: 'other' })).toBe(KafkaError.INCONSISTENT_GROUP_PROTOCOL);
  expect(error({ protocolType: 'connect' })).toBe(KafkaError.INCONSISTENT_GROUP_PROTOCOL);
  new TestClient(pair.world, 'late').enter();
  expect(error({})).toBe(KafkaError.REBALANCE_IN_PROGRESS);
});

test('clients before version 5 do not name the protocol and are served', () => {
  const pair = joinedPair();
  pair.leader.sync(assignmentsOf(pair));
  const { answer } = pair.follower.sync({}, { protocolName: null, protocolType: null });
  expect(answer.assignment.toString()).toBe('for-follower');
});

test('sessions rest while a sync waits and start anew with its answer', () => {
  const pair = joinedPair();
  pair.world.commitsAtOnce = false;
  pair.follower.sync();
  pair.leader.sync(assignmentsOf(pair));
  pair.world.advance(30_000);
  pair.world.commit();
  pair.world.advance(9_999);
  expect(pair.follower.beat()).toBe(KafkaError.NONE);
  pair.world.advance(9_999);
  expect(pair.follower.state()).toBe('PreparingRebalance');
});

test('a stable group outlives the shard: members go on with their generation', () => {
  const world = new ShardWorld();
  const clients = [new TestClient(world, 'one'), new TestClient(world, 'two')];
  stabilize(world, clients);
  world.advance(9_000);
  world.reload(KafkaError.NOT_LEADER_OR_FOLLOWER);
  world.advance(9_000);
  expect(clients.map((client) => client.beat())).toEqual([0, 0]);
  expect(clients[1]?.sync().answer.assignment.toString()).toBe('a1');
});

test('a member that is silent after the shard was loaded is removed in one session timeout', () => {
  const world = new ShardWorld();
  const clients = [new TestClient(world, 'one'), new TestClient(world, 'two')];
  stabilize(world, clients);
  world.reload(KafkaError.NOT_LEADER_OR_FOLLOWER);
  world.advance(9_999);
  clients[1]?.beat();
  world.advance(1);
  expect(clients[0]?.beat()).toBe(KafkaError.UNKNOWN_MEMBER_ID);
  expect(clients[1]?.beat()).toBe(KafkaError.REBALANCE_IN_PROGRESS);
});

test('a group larger than a lowered limit rebalances when it is loaded', () => {
  const world = new ShardWorld();
  stabilize(world, [new TestClient(world, 'one'), new TestClient(world, 'two')]);
  const lowered = new ShardWorld({ groupSizeMax: 1 });
  lowered.log.push(...world.log);
  lowered.reload(KafkaError.NOT_LEADER_OR_FOLLOWER);
  expect(new TestClient(lowered, 'any').state()).toBe('PreparingRebalance');
});

test('joins and syncs that wait are told to look for the coordinator when the shard goes', () => {
  const pair = joinedPair();
  const sync = pair.follower.sync();
  const other = new TestClient(pair.world, 'other', 'another-group').enter();
  pair.world.shard.onUnloaded();
  expect(sync.answer.errorCode).toBe(KafkaError.NOT_COORDINATOR);
  expect(other.answer.errorCode).toBe(KafkaError.NOT_COORDINATOR);
  expect(pair.world.timerKeys).toEqual([]);
});
