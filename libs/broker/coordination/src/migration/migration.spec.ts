import { KafkaError, Reader, Writer } from '@weirhouse/kafka-protocol';
import {
  readConsumerProtocolAssignment,
  writeConsumerProtocolAssignment,
} from '@weirhouse/kafka-protocol/messages/consumer-protocol-assignment';
import { assert } from '@weirhouse/shared-kernel';
import { describe, expect, it } from 'vitest';

import type { MigrationPolicy } from '../options.ts';
import { ShardWorld } from '../testing/shard-world.ts';
import { commitError, subscription, TestClient } from '../testing/test-client.ts';
import { TestConsumer } from '../testing/test-consumer.ts';

/** An assignment of `clicks` as the leader of a classic group writes it. */
function assigned(partitions: readonly number[], userData: Buffer | null = null): Buffer {
  const writer = new Writer();
  writer.writeInt16(1);
  const assignedPartitions = [{ topic: 'clicks', partitions }];
  writeConsumerProtocolAssignment(writer, { assignedPartitions, userData }, 1);
  return Buffer.concat(writer.finish());
}

/** The partitions of `clicks` in an assignment. */
function partitionsIn(bytes: Buffer): readonly number[] {
  if (bytes.length === 0) return [];
  const reader = new Reader(bytes, 2, bytes.length);
  const { assignedPartitions } = readConsumerProtocolAssignment(reader, bytes.readInt16BE(0));
  return assignedPartitions.flatMap(({ partitions }) => partitions);
}

function arrange(migrationPolicy: MigrationPolicy = 'bidirectional') {
  const world = new ShardWorld({ migrationPolicy, initialRebalanceDelayMs: 0 });
  world.topics.put('clicks', 4);
  return { world, classic: new TestClient(world, 'old'), consumer: new TestConsumer(world, 'new') };
}

/** Makes a Stable classic group of one member that has everything. */
function stabilize(client: TestClient, assignment = assigned([0, 1, 2, 3])): void {
  client.accept(client.enter());
  const assignments = [{ memberId: client.memberId, assignment }];
  expect(client.sync({}, { assignments }).answer.errorCode).toBe(0);
}

/** Joins again and syncs, as a client does that is told to rebalance; gives its partitions. */
function rejoin(client: TestClient, owned: readonly number[] = []): readonly number[] {
  const ownedPartitions = [{ topic: 'clicks', partitions: owned }];
  const metadata = subscription(['clicks'], ownedPartitions);
  const joined = client.accept(client.enter({ protocols: [{ name: 'range', metadata }] }));
  assert(joined.errorCode === 0, `the join was refused with ${joined.errorCode}`);
  const { answer } = client.sync();
  assert(answer.errorCode === 0, `the sync was refused with ${answer.errorCode}`);
  return partitionsIn(answer.assignment);
}

describe('a classic group', () => {
  it('becomes a consumer group when a member of the consumer protocol joins', () => {
    const { classic, consumer, world } = arrange();
    stabilize(classic);
    expect(consumer.join()).toMatchObject({ errorCode: 0, memberEpoch: 2 });
    const types = consumer.describe().members.map(({ memberType }) => memberType);
    expect(types.toSorted((a, b) => a - b)).toEqual([0, 1]);
    expect(world.shard.listGroups({ statesFilter: [], typesFilter: [] })).toEqual([
      {
        groupId: 'orders',
        protocolType: 'consumer',
        groupState: 'Reconciling',
        groupType: 'consumer',
      },
    ]);
    expect(classic.beat()).toBe(KafkaError.REBALANCE_IN_PROGRESS);
    expect(rejoin(classic, [0, 1, 2, 3])).toEqual([0, 1]);
    expect(classic.generation).toBe(1);
    expect(rejoin(classic, [0, 1])).toEqual([0, 1]);
    expect([classic.generation, classic.beat()]).toEqual([2, 0]);
    consumer.beat();
    expect(consumer.owned).toBe('clicks-2 clicks-3');
    expect(consumer.state()).toBe('Stable');
  });

  it('keeps its offsets, and its members commit by their generation', () => {
    const { classic, consumer } = arrange();
    stabilize(classic);
    classic.commit(7);
    consumer.join();
    expect(classic.fetch()).toBe(7);
    expect(commitError(classic.commit(8))).toBe(0);
    expect(commitError(classic.commit(9, { generationIdOrMemberEpoch: 5 }))).toBe(
      KafkaError.ILLEGAL_GENERATION,
    );
  });

  it.each(['disabled', 'downgrade'] as const)('stays what it is under policy %s', (policy) => {
    const { classic, consumer } = arrange(policy);
    stabilize(classic);
    expect(consumer.join().errorCode).toBe(KafkaError.GROUP_ID_NOT_FOUND);
    expect(classic.beat()).toBe(0);
  });

  it('stays what it is when its assignor keeps something of its own', () => {
    const { classic, consumer } = arrange();
    stabilize(classic, assigned([0], Buffer.from('mine')));
    expect(consumer.join().errorCode).toBe(KafkaError.GROUP_ID_NOT_FOUND);
    expect(classic.beat()).toBe(0);
  });

  it.each(['bidirectional', 'disabled'] as const)(
    'makes way when nobody is in it, under policy %s',
    (policy) => {
      const { classic, consumer } = arrange(policy);
      stabilize(classic);
      classic.commit(7);
      classic.leave();
      expect(consumer.join().errorCode).toBe(0);
      expect([consumer.state(), classic.fetch()]).toEqual(['Stable', 7]);
    },
  );

  it('sends away who waits in it, to come again', () => {
    const { classic, consumer, world } = arrange();
    stabilize(classic);
    const other = new TestClient(world, 'other');
    const parked = other.enter();
    expect(parked.isAnswered).toBe(false);
    consumer.join();
    expect(parked.answer.errorCode).toBe(KafkaError.REBALANCE_IN_PROGRESS);
  });
});

describe('a member of the classic protocol in a consumer group', () => {
  it('joins, gets its part and leaves', () => {
    const { classic, consumer } = arrange();
    consumer.join();
    expect(rejoin(classic)).toEqual([]);
    consumer.beat();
    consumer.report();
    expect(classic.beat()).toBe(KafkaError.REBALANCE_IN_PROGRESS);
    expect(rejoin(classic)).toEqual([2, 3]);
    expect(classic.leave().answer.errorCode).toBe(0);
    consumer.beat();
    expect(consumer.owned).toBe('clicks-0 clicks-1 clicks-2 clicks-3');
  });

  it('is removed when it does not join again in its rebalance timeout', () => {
    const { classic, consumer, world } = arrange();
    stabilize(classic);
    consumer.join();
    for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 5_000) {
      expect(classic.beat()).toBe(KafkaError.REBALANCE_IN_PROGRESS);
      consumer.beat();
      world.advance(5_000);
    }
    expect(classic.beat()).toBe(KafkaError.UNKNOWN_MEMBER_ID);
  });

  it('is removed when it does not sync, and when it is silent', () => {
    const { classic, consumer, world } = arrange();
    consumer.join();
    classic.accept(classic.enter({ sessionTimeoutMs: 100_000, rebalanceTimeoutMs: 30_000 }));
    world.advance(30_000);
    expect(classic.beat()).toBe(KafkaError.UNKNOWN_MEMBER_ID);
    classic.memberId = '';
    rejoin(classic);
    world.advance(10_000);
    expect(classic.beat()).toBe(KafkaError.UNKNOWN_MEMBER_ID);
  });

  it('may not join where groups are not to mix', () => {
    const { classic, consumer } = arrange('disabled');
    consumer.join();
    expect(classic.enter().answer.errorCode).toBe(KafkaError.INCONSISTENT_GROUP_PROTOCOL);
    consumer.leave();
    stabilize(classic);
  });

  it('must share an assignor with the others of its kind', () => {
    const { classic, consumer, world } = arrange();
    consumer.join();
    rejoin(classic);
    const other = new TestClient(world, 'other');
    const protocols = [{ name: 'sticky', metadata: subscription(['clicks']) }];
    expect(other.join({ protocols }).answer.errorCode).toBe(KafkaError.INCONSISTENT_GROUP_PROTOCOL);
    const connect = other.join({ protocolType: 'connect' });
    expect(connect.answer.errorCode).toBe(KafkaError.INCONSISTENT_GROUP_PROTOCOL);
  });

  it('is told to join again when there is a new assignment, and brings it about itself', () => {
    const { classic, consumer, world } = arrange();
    world.settings = { ...world.settings, assignmentIntervalMs: 3_000 };
    consumer.join();
    expect(rejoin(classic)).toEqual([]);
    expect(classic.beat()).toBe(0);
    world.advance(3_000);
    expect(classic.beat()).toBe(KafkaError.REBALANCE_IN_PROGRESS);
    expect(classic.generation).toBe(2);
    consumer.beat();
    consumer.report();
    expect(rejoin(classic)).toEqual([2, 3]);
  });

  it('is spoken of in its own codes', () => {
    const { classic, consumer } = arrange();
    consumer.join();
    rejoin(classic);
    expect(classic.beat({ generationId: 99 })).toBe(KafkaError.ILLEGAL_GENERATION);
    expect(classic.beat({ memberId: 'nobody' })).toBe(KafkaError.UNKNOWN_MEMBER_ID);
    expect(classic.beat({ memberId: 'new' })).toBe(KafkaError.UNKNOWN_MEMBER_ID);
    const sync = classic.sync({}, { protocolName: 'sticky' });
    expect(sync.answer.errorCode).toBe(KafkaError.INCONSISTENT_GROUP_PROTOCOL);
  });
});

describe('a consumer group', () => {
  it('becomes a classic one when its last member of the consumer protocol leaves', () => {
    const { classic, consumer, world } = arrange();
    stabilize(classic);
    consumer.join();
    rejoin(classic, [0, 1, 2, 3]);
    rejoin(classic, [0, 1]);
    consumer.beat();
    consumer.leave();
    expect(consumer.describe().errorCode).toBe(KafkaError.GROUP_ID_NOT_FOUND);
    expect(classic.state()).toBe('PreparingRebalance');
    expect(classic.beat()).toBe(KafkaError.REBALANCE_IN_PROGRESS);
    const joined = classic.accept(classic.enter());
    expect(joined).toMatchObject({ errorCode: 0, leader: classic.memberId });
    const assignments = [{ memberId: classic.memberId, assignment: assigned([0, 1, 2, 3]) }];
    expect(classic.sync({}, { assignments }).answer.errorCode).toBe(0);
    expect(world.replicatedState(world.replayed())).toEqual(world.replicatedState());
  });

  it('becomes a classic one when that member falls silent', () => {
    const { classic, consumer, world } = arrange();
    consumer.join();
    rejoin(classic);
    for (let waitedMs = 0; waitedMs < 50_000; waitedMs += 5_000) {
      world.advance(5_000);
      if (classic.beat() !== 0) break;
    }
    expect(classic.state()).toBe('PreparingRebalance');
  });

  it('stays what it is under a policy that forbids the way back', () => {
    const { classic, consumer } = arrange('upgrade');
    stabilize(classic);
    consumer.join();
    rejoin(classic, [0, 1, 2, 3]);
    rejoin(classic, [0, 1]);
    consumer.leave();
    expect(consumer.describe()).toMatchObject({ errorCode: 0, members: [{ memberType: 0 }] });
    expect(rejoin(classic, [0, 1])).toEqual([0, 1, 2, 3]);
  });

  it('makes way for a classic one when nobody is in it', () => {
    const { classic, consumer, world } = arrange();
    consumer.join();
    consumer.leave();
    stabilize(classic);
    expect(classic.state()).toBe('Stable');
    expect(world.replicatedState(world.replayed())).toEqual(world.replicatedState());
  });

  it('lets tools remove static members by their instance', () => {
    const { classic, consumer } = arrange();
    consumer.instanceId = 'i1';
    consumer.join();
    const left = classic.leave([
      { memberId: '', groupInstanceId: 'i1' },
      { memberId: '', groupInstanceId: 'i2' },
    ]);
    expect(left.answer.members.map(({ errorCode }) => errorCode)).toEqual([
      0,
      KafkaError.UNKNOWN_MEMBER_ID,
    ]);
    expect(consumer.state()).toBe('Empty');
  });
});

describe('a static member', () => {
  it('may come back by the other protocol, both ways', () => {
    const { classic, consumer, world } = arrange();
    classic.instanceId = 'i1';
    consumer.instanceId = 'i1';
    stabilize(classic);
    consumer.join();
    expect([consumer.owned, consumer.describe().members.length]).toEqual([
      'clicks-0 clicks-1 clicks-2 clicks-3',
      1,
    ]);
    expect(classic.beat()).toBe(KafkaError.FENCED_INSTANCE_ID);
    const again = new TestClient(world, 'again');
    again.instanceId = 'i1';
    again.accept(again.join());
    expect(again.state()).toBe('Stable');
    expect(partitionsIn(again.sync().answer.assignment)).toEqual([0, 1, 2, 3]);
    expect([again.beat(), again.generation]).toEqual([0, consumer.epoch]);
    expect(world.replicatedState(world.replayed())).toEqual(world.replicatedState());
  });
});
