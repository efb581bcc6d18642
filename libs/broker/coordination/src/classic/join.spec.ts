import { KafkaError } from '@weirhouse/kafka-protocol';
import { expect, test } from 'vitest';

import { ShardWorld } from '../testing/shard-world.ts';
import { stabilize, subscription, TestClient } from '../testing/test-client.ts';

const range = { name: 'range', metadata: subscription(['clicks']) };
const sticky = { name: 'sticky', metadata: subscription(['clicks']) };

test('from version 4 on a new member is given an id and must come back with it', () => {
  const world = new ShardWorld();
  const client = new TestClient(world, 'app');
  const first = client.join().answer;
  expect(first.errorCode).toBe(KafkaError.MEMBER_ID_REQUIRED);
  expect(first.memberId).toMatch(/^app-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-/);
  client.memberId = first.memberId;
  const second = client.join();
  expect(second.isAnswered).toBe(false);
  world.advance(3_000);
  expect(second.answer).toMatchObject({ errorCode: 0, generationId: 1, memberId: first.memberId });
});

test('up to version 3 a new member is taken in without an id', () => {
  const world = new ShardWorld();
  const join = new TestClient(world, 'old').join({}, 3);
  world.advance(3_000);
  expect(join.answer).toMatchObject({ errorCode: 0, generationId: 1, protocolName: 'range' });
});

test('an id that is given out and not used is forgotten after the session timeout', () => {
  const world = new ShardWorld();
  const client = new TestClient(world, 'app');
  client.memberId = client.join().answer.memberId;
  expect(world.shard.groupCount).toBe(1);
  world.advance(10_000);
  expect(world.shard.groupCount).toBe(0);
  expect(client.join().answer.errorCode).toBe(KafkaError.UNKNOWN_MEMBER_ID);
  expect(world.log).toEqual([]);
});

test('the first generation waits for the initial delay, and longer while members arrive', () => {
  const world = new ShardWorld();
  const [one, two, three] = ['one', 'two', 'three'].map((id) => new TestClient(world, id));
  const joins = [one?.enter()];
  world.advance(2_900);
  joins.push(two?.enter());
  world.advance(2_900);
  joins.push(three?.enter());
  expect(joins.map((join) => join?.isAnswered)).toEqual([false, false, false]);
  world.advance(3_200);
  expect(joins.map((join) => join?.answer.generationId)).toEqual([1, 1, 1]);
  expect(joins[0]?.answer.members).toHaveLength(3);
});

test('the initial delay never grows beyond the rebalance timeout', () => {
  const world = new ShardWorld();
  const first = new TestClient(world, 'first').enter({ rebalanceTimeoutMs: 8_000 });
  for (let second = 1; second < 8; second += 1) {
    world.advance(1_000);
    new TestClient(world, `late-${second}`).enter({ rebalanceTimeoutMs: 8_000 });
  }
  expect(first.isAnswered).toBe(false);
  world.advance(1_000);
  expect(first.answer.members).toHaveLength(8);
});

test('without an initial delay a group starts with its first member', () => {
  const world = new ShardWorld({ initialRebalanceDelayMs: 0 });
  expect(new TestClient(world, 'app').enter().answer.generationId).toBe(1);
});

test('only the leader is told who the members are', () => {
  const world = new ShardWorld();
  const leader = new TestClient(world, 'leader');
  const follower = new TestClient(world, 'follower');
  const joins = [leader.enter(), follower.enter()];
  world.advance(6_000);
  expect(joins[0]?.answer.leader).toBe(leader.memberId);
  expect(joins[0]?.answer.members.map((member) => member.memberId)).toEqual([
    leader.memberId,
    follower.memberId,
  ]);
  expect(joins[0]?.answer.members[1]?.metadata).toEqual(subscription(['clicks']));
  expect(joins[1]?.answer).toMatchObject({ leader: leader.memberId, members: [] });
});

test('what a member sent stays what it was when the request buffer is used again', () => {
  const world = new ShardWorld();
  const metadata = subscription(['clicks']);
  const join = new TestClient(world, 'app').enter({ protocols: [{ name: 'range', metadata }] });
  metadata.fill(0);
  world.advance(3_000);
  expect(join.answer.members[0]?.metadata).toEqual(subscription(['clicks']));
});

test('the protocol with most votes among those that all speak is chosen', () => {
  const world = new ShardWorld();
  const cooperative = { name: 'cooperative', metadata: subscription(['clicks']) };
  const lists = [
    [cooperative, range, sticky],
    [sticky, range],
    [sticky, range],
  ];
  const joins = lists.map((protocols, index) =>
    new TestClient(world, `app-${index}`).enter({ protocols }),
  );
  world.advance(6_000);
  expect(joins.map((join) => join.answer.protocolName)).toEqual(['sticky', 'sticky', 'sticky']);
});

test('a member without a common protocol, or of another type, is refused', () => {
  const world = new ShardWorld();
  stabilize(world, [new TestClient(world, 'app')]);
  const stranger = new TestClient(world, 'stranger');
  const inconsistent = KafkaError.INCONSISTENT_GROUP_PROTOCOL;
  expect(stranger.join({ protocols: [sticky] }).answer.errorCode).toBe(inconsistent);
  expect(stranger.join({ protocolType: 'connect' }).answer.errorCode).toBe(inconsistent);
  expect(stranger.join({ protocols: [] }).answer.errorCode).toBe(inconsistent);
});

test('any protocol type makes a group, not only consumers', () => {
  const world = new ShardWorld({ initialRebalanceDelayMs: 0 });
  const metadata = Buffer.from([1, 2, 3]);
  const join = new TestClient(world, 'worker').enter({
    protocolType: 'sr',
    protocols: [{ name: 'v0', metadata }],
  });
  expect(join.answer).toMatchObject({ protocolType: 'sr', protocolName: 'v0' });
  expect(join.answer.members[0]?.metadata).toEqual(metadata);
});

test('empty group ids and session timeouts out of bounds are refused', () => {
  const world = new ShardWorld();
  const error = (changes: object): number =>
    new TestClient(world, 'app').join(changes).answer.errorCode;
  expect(error({ groupId: '' })).toBe(KafkaError.INVALID_GROUP_ID);
  expect(error({ sessionTimeoutMs: 5_999 })).toBe(KafkaError.INVALID_SESSION_TIMEOUT);
  expect(error({ sessionTimeoutMs: 1_800_001 })).toBe(KafkaError.INVALID_SESSION_TIMEOUT);
  expect(error({ memberId: 'made-up' })).toBe(KafkaError.UNKNOWN_MEMBER_ID);
  expect(error({ groupInstanceId: 'x'.repeat(250) })).toBe(KafkaError.INVALID_REQUEST);
  expect(world.shard.groupCount).toBe(0);
});

test('a made-up member id in a group that exists is unknown', () => {
  const world = new ShardWorld();
  stabilize(world, [new TestClient(world, 'app')]);
  const { answer } = new TestClient(world, 'x').join({ memberId: 'made-up' });
  expect(answer.errorCode).toBe(KafkaError.UNKNOWN_MEMBER_ID);
  expect(answer.memberId).toBe('made-up');
});

test('refused joins carry a null protocol name from version 7 on and an empty one before', () => {
  const world = new ShardWorld();
  const client = new TestClient(world, 'app');
  expect(client.join({}, 7).answer.protocolName).toBeNull();
  expect(client.join({}, 6).answer.protocolName).toBe('');
});

test('a full group refuses new members', () => {
  const world = new ShardWorld({ groupSizeMax: 2 });
  stabilize(world, [new TestClient(world, 'one'), new TestClient(world, 'two')]);
  const third = new TestClient(world, 'three').join();
  expect(third.answer.errorCode).toBe(KafkaError.GROUP_MAX_SIZE_REACHED);
});

test('during a rebalance the places go to those who join first', () => {
  const world = new ShardWorld({ groupSizeMax: 2, initialRebalanceDelayMs: 3_000 });
  const clients = ['one', 'two', 'three'].map((id) => new TestClient(world, id));
  for (const client of clients) client.memberId = client.join().answer.memberId;
  const joins = clients.map((client) => client.join());
  expect(joins[2]?.answer.errorCode).toBe(KafkaError.GROUP_MAX_SIZE_REACHED);
  world.advance(6_000);
  expect(joins[0]?.answer.members).toHaveLength(2);
});

test('in a full rebalance a member that waits may send its join again', () => {
  const world = new ShardWorld({ groupSizeMax: 1 });
  const client = new TestClient(world, 'app');
  client.enter();
  const again = client.enter();
  world.advance(3_000);
  expect(again.answer).toMatchObject({ errorCode: 0, generationId: 1 });
});

test('a shard that holds all the groups it may refuses new ones with a retriable error', () => {
  const world = new ShardWorld({ groupsMax: 1 });
  stabilize(world, [new TestClient(world, 'app', 'first')]);
  const other = new TestClient(world, 'app', 'second');
  expect(other.join().answer.errorCode).toBe(KafkaError.COORDINATOR_NOT_AVAILABLE);
});

test('a new member of a stable group makes the others rejoin', () => {
  const world = new ShardWorld();
  const old = new TestClient(world, 'old');
  stabilize(world, [old]);
  const late = new TestClient(world, 'late');
  const lateJoin = late.enter();
  expect(old.beat()).toBe(KafkaError.REBALANCE_IN_PROGRESS);
  expect(lateJoin.isAnswered).toBe(false);
  const oldJoin = old.enter();
  expect(oldJoin.answer).toMatchObject({ errorCode: 0, generationId: 2, leader: old.memberId });
  expect(lateJoin.answer).toMatchObject({ errorCode: 0, generationId: 2, leader: old.memberId });
});

test('members that do not rejoin within the rebalance timeout are removed', () => {
  const world = new ShardWorld();
  const silent = new TestClient(world, 'silent');
  const lively = new TestClient(world, 'lively');
  for (const client of [silent, lively])
    client.memberId = client.join({ sessionTimeoutMs: 100_000 }).answer.memberId;
  const changes = { sessionTimeoutMs: 100_000, rebalanceTimeoutMs: 20_000 };
  const joins = [silent.join(changes), lively.join(changes)];
  world.advance(6_000);
  joins.forEach((join, index) => [silent, lively][index]?.accept(join));
  silent.sync({ [silent.memberId]: 'a' });
  lively.sync();
  const again = lively.join({
    ...changes,
    protocols: [{ ...range, metadata: subscription(['clicks', 'views']) }],
  });
  world.advance(19_999);
  expect(again.isAnswered).toBe(false);
  world.advance(1);
  expect(again.answer).toMatchObject({ generationId: 2, leader: lively.memberId });
  expect(again.answer.members).toHaveLength(1);
  expect(silent.beat()).toBe(KafkaError.UNKNOWN_MEMBER_ID);
});

test('a follower that rejoins unchanged gets the current generation and disturbs nobody', () => {
  const world = new ShardWorld();
  const leader = new TestClient(world, 'leader');
  const follower = new TestClient(world, 'follower');
  stabilize(world, [leader, follower]);
  expect(follower.enter().answer).toMatchObject({ errorCode: 0, generationId: 1, members: [] });
  expect(leader.beat()).toBe(KafkaError.NONE);
});

test('a leader that rejoins starts a new generation though nothing changed', () => {
  const world = new ShardWorld();
  const leader = new TestClient(world, 'leader');
  const follower = new TestClient(world, 'follower');
  stabilize(world, [leader, follower]);
  leader.enter();
  expect(follower.beat()).toBe(KafkaError.REBALANCE_IN_PROGRESS);
});

test('a member that lost its join answer gets it again before the sync', () => {
  const world = new ShardWorld({ initialRebalanceDelayMs: 0 });
  const client = new TestClient(world, 'app');
  const first = client.accept(client.enter());
  const again = client.enter();
  expect(again.answer).toEqual(first);
});

test('a member that wants something else between join and sync starts a new generation', () => {
  const world = new ShardWorld({ initialRebalanceDelayMs: 0 });
  const client = new TestClient(world, 'app');
  client.accept(client.enter());
  const metadata = subscription(['clicks', 'views']);
  const again = client.enter({ protocols: [{ name: 'range', metadata }] });
  expect(again.answer.generationId).toBe(2);
  expect(again.answer.members[0]?.metadata).toEqual(metadata);
});

test('a second join of a waiting member sends the first one away', () => {
  const world = new ShardWorld();
  const client = new TestClient(world, 'app');
  const first = client.enter();
  const second = client.enter();
  expect(first.answer.errorCode).toBe(KafkaError.REBALANCE_IN_PROGRESS);
  world.advance(3_000);
  expect(second.answer.generationId).toBe(1);
});

test('a new member whose client is gone does not hold its place for ever', () => {
  const world = new ShardWorld();
  const old = new TestClient(world, 'old');
  const session = { sessionTimeoutMs: 1_000_000, rebalanceTimeoutMs: 1_000_000 };
  old.memberId = old.join(session).answer.memberId;
  const oldJoin = old.join(session);
  world.advance(3_000);
  old.accept(oldJoin);
  old.sync({});
  const ghost = new TestClient(world, 'ghost').enter(session);
  world.advance(5 * 60 * 1000);
  expect(ghost.answer.errorCode).toBe(KafkaError.UNKNOWN_MEMBER_ID);
});

test('a group takes no more members than it has room for their metadata', () => {
  const world = new ShardWorld();
  const protocols = [{ name: 'range', metadata: Buffer.alloc(8 * 1024 * 1024) }];
  const codes = Array.from({ length: 9 }, (_, index) =>
    new TestClient(world, `app-${index}`).join({ protocols }, 3),
  ).map((join) => (join.isAnswered ? join.answer.errorCode : KafkaError.NONE));
  expect(codes.slice(0, 8)).toEqual(Array.from({ length: 8 }, () => KafkaError.NONE));
  expect(codes[8]).toBe(KafkaError.GROUP_MAX_SIZE_REACHED);
});

test('a member that outgrows the group is removed, and the others rebalance', () => {
  const world = new ShardWorld({ initialRebalanceDelayMs: 0 });
  const protocols = [{ name: 'range', metadata: Buffer.alloc(8 * 1024 * 1024) }];
  const small = new TestClient(world, 'small');
  small.accept(small.join({}, 3));
  for (let index = 0; index < 7; index += 1)
    new TestClient(world, `app-${index}`).join({ protocols }, 3);
  new TestClient(world, 'app-8').join({ protocols: [{ ...range, metadata: Buffer.alloc(99) }] }, 3);
  expect(small.join({ protocols }).answer.errorCode).toBe(KafkaError.GROUP_MAX_SIZE_REACHED);
  expect(small.beat()).toBe(KafkaError.UNKNOWN_MEMBER_ID);
});

test('a client id of any length makes a member id that the wire can carry', () => {
  const world = new ShardWorld();
  const { memberId } = new TestClient(world, `${'x'.repeat(254)}${'😀'.repeat(100)}`).join().answer;
  expect(memberId).toHaveLength(255 + 37);
  expect(memberId.isWellFormed()).toBe(true);
});

test('too many protocols or too much metadata is refused before anything is kept', () => {
  const world = new ShardWorld();
  const client = new TestClient(world, 'app');
  const many = Array.from({ length: 129 }, (_, index) => ({ ...range, name: `p${index}` }));
  const inconsistent = KafkaError.INCONSISTENT_GROUP_PROTOCOL;
  expect(client.join({ protocols: many }).answer.errorCode).toBe(inconsistent);
  const huge = [{ name: 'range', metadata: Buffer.alloc(8 * 1024 * 1024 + 1) }];
  expect(client.join({ protocols: huge }).answer.errorCode).toBe(KafkaError.INVALID_REQUEST);
  expect(world.shard.groupCount).toBe(0);
});
