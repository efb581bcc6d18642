import { KafkaError } from '@weirhouse/kafka-protocol';
import { describe, expect, it } from 'vitest';

import { ShardWorld } from '../testing/shard-world.ts';
import { commitError, TestClient } from '../testing/test-client.ts';
import { TestConsumer } from '../testing/test-consumer.ts';

function arrange(options: ConstructorParameters<typeof ShardWorld>[0] = {}, partitions = 4) {
  const world = new ShardWorld(options);
  const topicId = world.topics.put('clicks', partitions);
  return { world, topicId, consumer: (id: string) => new TestConsumer(world, id) };
}

describe('a group', () => {
  it('hands a partition on only when its owner has given it up', () => {
    const { consumer } = arrange();
    const [a, b] = [consumer('a'), consumer('b')];
    a.join();
    expect(a.owned).toBe('clicks-0 clicks-1 clicks-2 clicks-3');
    b.join();
    expect([b.owned, b.epoch, b.state()]).toEqual(['', 3, 'Reconciling']);
    a.beat();
    expect([a.owned, a.epoch]).toEqual(['clicks-0 clicks-1', 2]);
    b.beat();
    expect(b.owned).toBe('');
    a.report();
    b.beat();
    expect([a.epoch, b.owned]).toEqual([3, 'clicks-2 clicks-3']);
    expect(a.state()).toBe('Stable');
  });

  it('assigns no more often than its interval, and then for everybody who has come', () => {
    const { consumer, world } = arrange();
    world.settings = { ...world.settings, assignmentIntervalMs: 1000 };
    const [a, b, c] = [consumer('a'), consumer('b'), consumer('c')];
    a.join();
    b.join();
    c.join();
    expect([b.epoch, c.epoch, c.state()]).toEqual([2, 2, 'Assigning']);
    world.advance(1000);
    c.beat();
    expect([c.epoch, c.describe().assignmentEpoch]).toEqual([4, 4]);
  });

  it('lets the members decide by vote which assignor works', () => {
    const { consumer } = arrange();
    const [a, b] = [consumer('a'), consumer('b')];
    a.join({ serverAssignor: 'range' });
    expect(a.describe().assignorName).toBe('range');
    b.join({ serverAssignor: 'uniform' });
    expect(b.describe().assignorName).toBe('range');
    b.report({ serverAssignor: 'range' });
    expect(b.describe().assignorName).toBe('range');
  });

  it('takes no more members than it may', () => {
    const { consumer } = arrange({ consumerGroupSizeMax: 1 });
    const [a, b] = [consumer('a'), consumer('b')];
    a.join();
    expect(b.join().errorCode).toBe(KafkaError.GROUP_MAX_SIZE_REACHED);
    expect(a.join().errorCode).toBe(0);
  });

  it('writes nothing for heartbeats that change nothing', () => {
    const { consumer, world } = arrange();
    const [a, b] = [consumer('a'), consumer('b')];
    a.join();
    b.join();
    a.beat();
    b.beat();
    const { length } = world.log;
    for (let round = 0; round < 3; round += 1) {
      a.beat();
      b.beat();
    }
    expect(world.log).toHaveLength(length);
  });
});

describe('a heartbeat', () => {
  it('is answered when what it has seen is durable, even if it writes nothing', () => {
    const { consumer, world } = arrange();
    const [a, b] = [consumer('a'), consumer('b')];
    a.join();
    b.join();
    world.commitsAtOnce = false;
    const first = a.send();
    const second = a.send();
    expect([first.isAnswered, second.isAnswered]).toEqual([false, false]);
    world.commit();
    expect([first.isAnswered, second.isAnswered]).toEqual([true, true]);
  });

  it('tells coordinator errors when the log fails', () => {
    const { consumer, world } = arrange();
    world.commitsAtOnce = false;
    const a = consumer('a');
    const reply = a.send({
      memberEpoch: 0,
      rebalanceTimeoutMs: 1000,
      subscribedTopicNames: ['clicks'],
      topicPartitions: [],
    });
    world.failWrites(KafkaError.NOT_ENOUGH_REPLICAS);
    expect(reply.answer.errorCode).toBe(KafkaError.COORDINATOR_NOT_AVAILABLE);
    expect(a.describe().errorCode).toBe(KafkaError.GROUP_ID_NOT_FOUND);
  });

  it('of the epoch before is a retry, if the member owns nothing new', () => {
    const { consumer, topicId } = arrange();
    const a = consumer('a');
    a.join();
    a.report({ subscribedTopicNames: ['clicks', 'views'] });
    expect(a.epoch).toBe(3);
    const owning = (partitions: readonly number[]) =>
      a.send({ memberEpoch: 2, topicPartitions: [{ topicId, partitions }] }).answer;
    expect(owning([0, 1])).toMatchObject({ errorCode: 0, memberEpoch: 3 });
    expect(owning([9]).errorCode).toBe(KafkaError.FENCED_MEMBER_EPOCH);
    expect(a.send({ memberEpoch: 2 }).answer.errorCode).toBe(KafkaError.FENCED_MEMBER_EPOCH);
    expect(a.send({ memberEpoch: 4 }).answer.errorCode).toBe(KafkaError.FENCED_MEMBER_EPOCH);
  });

  it('that says everything is told everything', () => {
    const { consumer } = arrange();
    const a = consumer('a');
    a.join();
    expect(a.beat().assignment).toBeNull();
    const full = { rebalanceTimeoutMs: 20_000, subscribedTopicNames: ['clicks'] };
    expect(a.report(full).assignment?.topicPartitions).toHaveLength(1);
  });
});

describe('a member', () => {
  it('is removed when it is silent for its session', () => {
    const { consumer, world } = arrange();
    const [a, b] = [consumer('a'), consumer('b')];
    a.join();
    b.join();
    world.advance(44_000);
    b.beat();
    world.advance(2_000);
    b.beat();
    expect(b.owned).toBe('clicks-0 clicks-1 clicks-2 clicks-3');
    expect(a.beat().errorCode).toBe(KafkaError.UNKNOWN_MEMBER_ID);
  });

  it('is removed when it does not give up partitions in its rebalance timeout', () => {
    const { consumer, world } = arrange();
    const [a, b] = [consumer('a'), consumer('b')];
    a.join();
    b.join();
    a.beat();
    for (let waitedMs = 0; waitedMs < 20_000; waitedMs += 5_000) {
      expect(a.beat().errorCode).toBe(0);
      b.beat();
      world.advance(5_000);
    }
    b.beat();
    expect(b.owned).toBe('clicks-0 clicks-1 clicks-2 clicks-3');
    expect(a.beat().errorCode).toBe(KafkaError.UNKNOWN_MEMBER_ID);
  });

  it('has a full session and full time to give up after the shard has moved', () => {
    const { consumer, world } = arrange();
    const [a, b] = [consumer('a'), consumer('b')];
    a.join();
    b.join();
    a.beat();
    world.advance(15_000);
    world.reload(KafkaError.NOT_LEADER_OR_FOLLOWER);
    world.advance(15_000);
    expect(a.beat().errorCode).toBe(0);
    a.report();
    expect(b.beat().errorCode).toBe(0);
    expect(b.owned).toBe('clicks-2 clicks-3');
  });

  it('commits from an older epoch for partitions that it has had since then', () => {
    const { consumer, topicId, world } = arrange();
    const a = consumer('a');
    a.join();
    world.topics.put('clicks', 5);
    a.report();
    const commit = (epoch: number, partitionIndex: number) =>
      commitError(
        new TestClient(world, 'a').commit(7, {
          memberId: 'a',
          generationIdOrMemberEpoch: epoch,
          topics: [
            {
              name: 'clicks',
              topicId,
              partitions: [
                {
                  partitionIndex,
                  committedOffset: 7,
                  committedLeaderEpoch: -1,
                  committedMetadata: '',
                },
              ],
            },
          ],
        }),
      );
    expect([commit(3, 4), commit(2, 0)]).toEqual([0, 0]);
    expect(commit(2, 4)).toBe(KafkaError.STALE_MEMBER_EPOCH);
    expect(commit(1, 0)).toBe(KafkaError.STALE_MEMBER_EPOCH);
  });

  it('with a subscription that no record can hold is refused, not the shard', () => {
    const { consumer } = arrange({ batchBytesMax: 10_000 });
    const a = consumer('a');
    a.topicNames = Array.from({ length: 1_000 }, (_, index) => `topic-${index}`);
    expect(a.join().errorCode).toBe(KafkaError.INVALID_REQUEST);
    expect(a.describe().errorCode).toBe(KafkaError.GROUP_ID_NOT_FOUND);
  });
});

describe('a static member', () => {
  function arrangeStatic() {
    const { consumer, world } = arrange();
    const [a, b] = [consumer('a1'), consumer('b')];
    a.instanceId = 'i1';
    a.join();
    b.join();
    a.beat();
    a.report();
    b.beat();
    const next = consumer('a2');
    next.instanceId = 'i1';
    return { a, b, next, world };
  }

  it('keeps its partitions while it is away, and nobody is bothered', () => {
    const { a, b, next } = arrangeStatic();
    expect(a.leave(-2)).toMatchObject({ errorCode: 0, memberEpoch: -2 });
    expect(b.beat().assignment).toBeNull();
    next.join();
    expect([next.owned, next.epoch, b.epoch]).toEqual(['clicks-0 clicks-1', 3, 3]);
    expect(a.beat().errorCode).toBe(KafkaError.FENCED_INSTANCE_ID);
    expect(next.state()).toBe('Stable');
  });

  it('loses them when it does not come back in its session', () => {
    const { a, b, world } = arrangeStatic();
    a.leave(-2);
    world.advance(30_000);
    b.beat();
    world.advance(30_000);
    b.beat();
    expect(b.owned).toBe('clicks-0 clicks-1 clicks-2 clicks-3');
  });

  it('does not make way for another one that is there', () => {
    const { a, next } = arrangeStatic();
    expect(next.join().errorCode).toBe(KafkaError.UNRELEASED_INSTANCE_ID);
    expect(a.beat().errorCode).toBe(0);
    a.leave();
    expect(next.join().errorCode).toBe(0);
  });
});

describe('a pattern', () => {
  it('is resolved when it comes, and again after topics have changed, but not at once', () => {
    const { consumer, world } = arrange();
    const a = consumer('a');
    world.topics.put('other', 1);
    a.join({ subscribedTopicNames: null, subscribedTopicRegex: 'c.*' });
    expect(a.owned).toBe('clicks-0 clicks-1 clicks-2 clicks-3');
    a.beat();
    world.topics.put('carts', 1);
    world.advance(5_000);
    expect(a.beat().assignment).toBeNull();
    world.advance(5_000);
    a.beat();
    expect(a.owned).toBe('carts-0 clicks-0 clicks-1 clicks-2 clicks-3');
    a.report({ subscribedTopicRegex: '' });
    expect(a.owned).toBe('');
    const patterns = world.shard
      .snapshotRecords()
      .filter(({ kind }) => kind === 'consumer-pattern');
    expect(patterns).toEqual([]);
  });
});

describe('offsets of consumer groups', () => {
  it('expire from their commit, but never for topics that are subscribed to', () => {
    const { consumer, world } = arrange();
    const a = consumer('a');
    a.join();
    const client = new TestClient(world, 'a');
    client.memberId = 'a';
    client.generation = a.epoch;
    client.commit(1);
    client.commit(1, { topic: 'unsubscribed' });
    const expire = (): void => world.run(world.shard.expireOffsets(world.nowMs));
    world.settings = { ...world.settings, sessionTimeoutMs: world.options.offsetsRetentionMs * 9 };
    a.beat();
    world.advance(world.options.offsetsRetentionMs);
    expire();
    expect([client.fetch(), client.fetch('unsubscribed')]).toEqual([1, -1]);
    a.leave();
    expire();
    expect([client.fetch(), world.shard.snapshotRecords()]).toEqual([-1, []]);
    expect(world.timerKeys).toEqual([]);
  });
});
