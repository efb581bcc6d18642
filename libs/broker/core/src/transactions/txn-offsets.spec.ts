import { describe, expect, it } from 'vitest';

import { KafkaError } from '@weirhouse/kafka-protocol';
import { ZERO_UUID } from '@weirhouse/shared-kernel';

import { apiCalls } from '../testing/api-calls.ts';
import { TransactionalClient, type Speech } from '../testing/test-transactions.ts';
import { TestTube } from '../testing/test-tube.ts';

const SPEECHES: readonly Speech[] = ['plain', 'abortable', 'bumping'];
/** The default of offsets.retention.check.interval.ms. */
const EXPIRY_INTERVAL_MS = 600_000;
const UNSTABLE = KafkaError.UNSTABLE_OFFSET_COMMIT;

function arrange(speech: Speech = 'bumping', settings: Readonly<Record<string, string>> = {}) {
  const tube = new TestTube({ settings });
  tube.createTopic('t', { partitions: 2 });
  tube.connect().call(apiCalls.findCoordinator, 1, { key: 'group' });
  return { tube, producer: new TransactionalClient(tube, { speech }).init() };
}

/** The group's offset of t-0 as a consumer with or without KIP-447 reads it. */
function committed(tube: TestTube, requireStable = false): [number, number] {
  const response = tube.connect().call(apiCalls.offsetFetch, 7, {
    groupId: 'group',
    topics: [{ name: 't', partitionIndexes: [0] }],
    requireStable,
  });
  const partition = response.topics[0]?.partitions[0];
  return [partition?.errorCode ?? -1, partition?.committedOffset ?? -1];
}

/** OffsetCommit outside of any transaction. */
function commitPlainly(tube: TestTube, offset: number): void {
  const partition = {
    partitionIndex: 0,
    committedOffset: offset,
    committedLeaderEpoch: -1,
    committedMetadata: null,
  };
  tube.connect().call(apiCalls.offsetCommit, 5, {
    groupId: 'group',
    generationIdOrMemberEpoch: -1,
    memberId: '',
    topics: [{ name: 't', topicId: ZERO_UUID, partitions: [partition] }],
  });
}

function deleteGroup(tube: TestTube): number | undefined {
  return tube.connect().call(apiCalls.deleteGroups, 1, { groupsNames: ['group'] }).results[0]
    ?.errorCode;
}

describe('offsets committed in a transaction', () => {
  it.each(SPEECHES)('count once it is committed, and wait until then (%s)', (speech) => {
    const { producer, tube } = arrange(speech);
    commitPlainly(tube, 3);
    expect([producer.send('v'), producer.commitOffset(7)]).toEqual([0, 0]);
    expect(committed(tube)).toEqual([0, 3]);
    expect(committed(tube, true)).toEqual([UNSTABLE, -1]);
    expect(producer.end(true)).toBe(0);
    expect(committed(tube, true)).toEqual([0, 7]);
  });

  it.each(SPEECHES)('vanish with it when it is aborted (%s)', (speech) => {
    const { producer, tube } = arrange(speech);
    expect(producer.commitOffset(7)).toBe(0);
    expect(producer.end(false)).toBe(0);
    expect(committed(tube, true)).toEqual([0, -1]);
    expect(deleteGroup(tube)).toBe(KafkaError.GROUP_ID_NOT_FOUND);
  });

  it.each(['kill', 'power', 'order'] as const)('wait over a restart (%s)', (kind) => {
    const { producer, tube } = arrange();
    commitPlainly(tube, 3);
    producer.commitOffset(7);
    const restart = () => (kind === 'order' ? tube.restart() : tube.crash(kind));
    restart();
    expect(committed(tube)).toEqual([0, 3]);
    expect(committed(tube, true)).toEqual([UNSTABLE, -1]);
    const again = new TransactionalClient(tube);
    Object.assign(again, { producerId: producer.producerId, producerEpoch: 0 });
    expect(again.end(true)).toBe(0);
    expect(committed(tube, true)).toEqual([0, 7]);
    restart();
    expect(committed(tube, true)).toEqual([0, 7]);
  });

  it('give way to a later commit outside of the transaction', () => {
    const { producer, tube } = arrange();
    producer.commitOffset(7);
    commitPlainly(tube, 9);
    expect(committed(tube, true)).toEqual([0, 9]);
    producer.end(true);
    expect(committed(tube, true)).toEqual([0, 9]);
  });

  it('of two transactions: the last commit counts, whoever ends first', () => {
    const { producer, tube } = arrange();
    const other = new TransactionalClient(tube, { transactionalId: 'other' }).init();
    producer.commitOffset(1);
    other.commitOffset(2);
    other.end(true);
    expect(committed(tube)).toEqual([0, 2]);
    producer.end(true);
    expect(committed(tube, true)).toEqual([0, 2]);
  });

  it('do not come back into a group that was deleted meanwhile', () => {
    const { producer, tube } = arrange();
    producer.commitOffset(7);
    expect(deleteGroup(tube)).toBe(0);
    producer.end(true);
    expect(committed(tube, true)).toEqual([0, -1]);
  });

  it('go with their topic', () => {
    const { producer, tube } = arrange();
    producer.commitOffset(7);
    const message = { topicNames: ['t'], timeoutMs: 1_000 };
    tube.connect().call(apiCalls.deleteTopics, 3, message);
    producer.end(true);
    expect(committed(tube, true)).toEqual([0, -1]);
  });

  it('do not expire while they wait, nor what they may replace', () => {
    const { producer, tube } = arrange('bumping', { 'offsets.retention.minutes': '1' });
    producer.init(900_000);
    commitPlainly(tube, 3);
    producer.commitOffset(7);
    tube.advance(EXPIRY_INTERVAL_MS + 1_000);
    expect(committed(tube)).toEqual([0, 3]);
    producer.end(true);
    expect(committed(tube)).toEqual([0, 7]);
    tube.advance(EXPIRY_INTERVAL_MS);
    expect(committed(tube)).toEqual([0, -1]);
  });

  it('of a member with an old generation are refused (KIP-447)', () => {
    const { producer, tube } = arrange();
    const client = tube.connect();
    const joined = client.call(apiCalls.joinGroup, 3, {
      groupId: 'group',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      memberId: '',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
    });
    const { generationId, memberId } = joined;
    expect(producer.commitOffset(1, { generationId, memberId })).toBe(0);
    const old = { generationId: generationId - 1, memberId };
    expect(producer.commitOffset(1, old)).toBe(KafkaError.ILLEGAL_GENERATION);
    const stranger = { generationId, memberId: 'stranger' };
    expect(producer.commitOffset(1, stranger)).toBe(KafkaError.UNKNOWN_MEMBER_ID);
    // Clients before KIP-447 name no member.
    expect(producer.commitOffset(1)).toBe(0);
  });

  it('of a consumer of KIP-848 are fenced by its epoch', () => {
    const { producer, tube } = arrange();
    const { memberEpoch } = tube.connect().call(apiCalls.consumerGroupHeartbeat, 1, {
      groupId: 'group',
      memberId: 'm1',
      memberEpoch: 0,
      rebalanceTimeoutMs: 60_000,
      subscribedTopicNames: ['t'],
      topicPartitions: [],
    });
    const commit = (generationId: number, memberId: string) =>
      producer.commitOffset(5, { generationId, memberId });
    expect(commit(memberEpoch, 'm1')).toBe(0);
    expect(commit(memberEpoch + 1, 'm1')).toBe(KafkaError.ILLEGAL_GENERATION);
    expect(commit(memberEpoch, 'stranger')).toBe(KafkaError.UNKNOWN_MEMBER_ID);
    expect(producer.commitOffset(6)).toBe(0);
    expect([producer.end(true), committed(tube, true)]).toEqual([0, [0, 6]]);
  });

  it('into an unknown group need no generation', () => {
    const { producer } = arrange();
    const lost = { generationId: 4, memberId: 'm' };
    expect(producer.commitOffset(1, lost)).toBe(KafkaError.ILLEGAL_GENERATION);
  });

  it.each<[Speech, number]>([
    ['plain', KafkaError.INVALID_TXN_STATE],
    ['abortable', KafkaError.TRANSACTION_ABORTABLE],
  ])('are refused when the group was not added (%s)', (speech, errorCode) => {
    const { producer } = arrange(speech);
    producer.send('v');
    expect(producer.commitOffsetOnly(7)).toBe(errorCode);
  });

  it('of a fenced producer are refused, and the group serves on', () => {
    const { producer, tube } = arrange();
    producer.commitOffset(7);
    new TransactionalClient(tube).init();
    expect(producer.commitOffset(8)).toBe(KafkaError.INVALID_PRODUCER_EPOCH);
    commitPlainly(tube, 4);
    expect(committed(tube, true)).toEqual([0, 4]);
  });
});
