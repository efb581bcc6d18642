import { KafkaError } from '@weirhouse/kafka-protocol';
import { expect, test } from 'vitest';

import { ShardWorld } from '../testing/shard-world.ts';
import { stabilize, subscription, TestClient } from '../testing/test-client.ts';

const RETENTION_MS = 7 * 24 * 60 * 60 * 1000;
const HOUR_MS = 60 * 60 * 1000;

function expire(world: ShardWorld): void {
  world.run(world.shard.expireOffsets(world.nowMs));
}

/** A group with one member and offsets of a consumed and of another topic. */
function liveGroup(): { readonly world: ShardWorld; readonly client: TestClient } {
  const world = new ShardWorld();
  const client = new TestClient(world, 'app');
  stabilize(world, [client]);
  client.commit(5);
  client.commit(6, { topic: 'views' });
  return { world, client };
}

function keepAlive({ world, client }: ReturnType<typeof liveGroup>, durationMs: number): void {
  for (let passedMs = 0; passedMs < durationMs; passedMs += 9_000) {
    world.advance(9_000);
    client.beat();
  }
}

test('a simple group keeps its offset for the retention from its commit, then goes', () => {
  const world = new ShardWorld();
  const tool = new TestClient(world, 'tool', 'manual');
  tool.commit(5);
  world.advance(RETENTION_MS - 1);
  expire(world);
  expect(tool.fetch()).toBe(5);
  world.advance(1);
  expire(world);
  expect(tool.fetch()).toBe(-1);
  expect(world.shard.groupCount).toBe(0);
  expect(world.replicatedState()).toEqual([]);
});

test('each offset of a simple group counts for itself', () => {
  const world = new ShardWorld();
  const tool = new TestClient(world, 'tool', 'manual');
  tool.commit(5);
  world.advance(HOUR_MS);
  tool.commit(6, { topic: 'views' });
  world.advance(RETENTION_MS - HOUR_MS);
  expire(world);
  expect([tool.fetch(), tool.fetch('views')]).toEqual([-1, 6]);
});

test('topics that a live group consumes never expire, others do', () => {
  const group = liveGroup();
  keepAlive(group, RETENTION_MS + HOUR_MS);
  expire(group.world);
  expect([group.client.fetch(), group.client.fetch('views')]).toEqual([5, -1]);
  expect(group.client.state()).toBe('Stable');
});

test('the offsets of a group that emptied count from that moment, also after a reload', () => {
  const { world, client } = liveGroup();
  keepAlive({ world, client }, HOUR_MS);
  client.leave();
  world.advance(RETENTION_MS - 1);
  world.reload(KafkaError.NOT_LEADER_OR_FOLLOWER);
  expire(world);
  expect([client.fetch(), client.fetch('views')]).toEqual([5, 6]);
  world.advance(1);
  expire(world);
  expect([client.fetch(), client.fetch('views')]).toEqual([-1, -1]);
  expect(world.shard.groupCount).toBe(0);
  expect(world.replicatedState()).toEqual([]);
});

test('a rebalancing group and a live group of another type lose nothing', () => {
  const world = new ShardWorld();
  const worker = new TestClient(world, 'worker', 'connectors');
  const join = worker.enter({ protocolType: 'connect', sessionTimeoutMs: 1_800_000 });
  world.advance(3_000);
  worker.accept(join);
  worker.sync({}, { protocolType: 'connect' });
  worker.commit(5);
  for (let passedMs = 0; passedMs < RETENTION_MS; passedMs += 1_000_000) {
    world.advance(1_000_000);
    worker.beat();
  }
  expire(world);
  expect(worker.fetch()).toBe(5);
});

test('a commit that brings its own retention is held to it', () => {
  const world = new ShardWorld();
  const tool = new TestClient(world, 'tool', 'manual');
  tool.commit(5, { retentionTimeMs: HOUR_MS }, 4);
  tool.commit(6, { topic: 'views', retentionTimeMs: -1 }, 4);
  tool.commit(7, { topic: 'ever', retentionTimeMs: 2 ** 63 }, 4);
  world.reload(KafkaError.NOT_LEADER_OR_FOLLOWER);
  world.advance(HOUR_MS - 1);
  expire(world);
  expect(tool.fetch()).toBe(5);
  world.advance(1);
  expire(world);
  expect([tool.fetch(), tool.fetch('views'), tool.fetch('ever')]).toEqual([-1, 6, 7]);
});

test('an empty group without offsets is removed, unless somebody is on the way in', () => {
  const world = new ShardWorld();
  const client = new TestClient(world, 'app');
  stabilize(world, [client]);
  client.leave();
  const next = new TestClient(world, 'next');
  next.memberId = next.join().answer.memberId;
  expire(world);
  expect(world.shard.groupCount).toBe(1);
  world.advance(10_000);
  expire(world);
  expect(world.shard.groupCount).toBe(0);
});

test('offsets of a topic that a member dropped expire', () => {
  const { world, client } = liveGroup();
  const join = client.enter({
    protocols: [{ name: 'range', metadata: subscription(['views']) }],
  });
  client.accept(join);
  client.sync({});
  keepAlive({ world, client }, RETENTION_MS + HOUR_MS);
  expire(world);
  expect([client.fetch(), client.fetch('views')]).toEqual([-1, 6]);
});
