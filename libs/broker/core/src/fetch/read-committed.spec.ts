import { describe, expect, it } from 'vitest';

import { BatchCursor, buildBatch } from '@weirhouse/kafka-protocol';
import type {
  FetchResponse,
  FetchResponsePartitionData,
} from '@weirhouse/kafka-protocol/messages/fetch-response';
import { assert } from '@weirhouse/shared-kernel';

import { apiCalls } from '../testing/api-calls.ts';
import { batchOf, fetchRequest, produceRequest, record } from '../testing/requests.ts';
import { TestTube } from '../testing/test-tube.ts';

const COMMITTED = 1;
/** producer.id.expiration.check.interval.ms by default. */
const CHECK_INTERVAL_MS = 600_000;
const EXPIRATION_MS = 3_600_000;

/** A topic with one partition, written to by transactional producers behind the coordinator's back. */
class Stage {
  readonly tube: TestTube;
  readonly #sequences = new Map<number, number>();

  constructor(settings: Readonly<Record<string, string>> = {}) {
    this.tube = new TestTube({ settings });
    this.tube.createTopic('t');
  }

  get log() {
    const { image, partitions } = this.tube.broker.services;
    const topic = image.topics.find('t');
    assert(topic !== undefined, 'the topic exists');
    const found = partitions.lookUp(topic, 0);
    assert(found.ok, 'the broker leads it');
    return found.partition.log;
  }

  /** Appends the next batch of a producer's transaction; it is committed when the tube settles. */
  append(producerId: number, text = 'value'): void {
    const { log, tube } = this;
    const baseSequence = this.#sequences.get(producerId) ?? 0;
    this.#sequences.set(producerId, baseSequence + 1);
    const nowMs = tube.time.wallMs();
    const producer = { producerId, producerEpoch: 0, baseSequence };
    const records = [{ ...record(text), timestamp: nowMs }];
    const verification = log.beginVerification({ ...producer, supportsEpochBump: false, nowMs });
    const outcome = log.append(buildBatch({ ...producer, isTransactional: true, records }), {
      leaderEpoch: 0,
      nowMs,
      origin: 'client',
      verification,
    });
    assert(outcome.ok, 'the batch is taken');
    tube.broker.services.appended();
  }

  send(producerId: number, text?: string): void {
    this.append(producerId, text);
    this.tube.settle();
  }

  /** Ends a producer's transaction, as its coordinator does. */
  end(producerId: number, commit: boolean): void {
    const { log, tube } = this;
    const outcome = log.appendMarker({
      producerId,
      producerEpoch: 0,
      coordinatorEpoch: 3,
      commit,
      leaderEpoch: 0,
      nowMs: tube.time.wallMs(),
      transactionVersion: 1,
    });
    assert(outcome.ok, 'the marker is taken');
    tube.broker.services.appended();
    tube.settle();
  }

  sendPlain(): void {
    const { tube } = this;
    tube.connect().call(apiCalls.produce, 9, produceRequest('t', { records: batchOf('plain') }));
  }

  fetch(fetchOffset = 0, isolationLevel = COMMITTED): FetchResponsePartitionData {
    const request = fetchRequest('t', { partitions: [{ fetchOffset }], isolationLevel });
    return onlyPartition(this.tube.connect().call(apiCalls.fetch, 11, request));
  }

  /** Offset and time of what ListOffsets finds. */
  list(timestamp: number, isolationLevel = COMMITTED) {
    const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp }];
    const message = { replicaId: -1, isolationLevel, topics: [{ name: 't', partitions }] };
    const response = this.tube.connect().call(apiCalls.listOffsets, 11, message);
    const partition = response.topics[0]?.partitions[0];
    return { offset: partition?.offset, timestamp: partition?.timestamp };
  }

  describeProducers() {
    const topics = [{ name: 't', partitionIndexes: [0] }];
    const response = this.tube.connect().call(apiCalls.describeProducers, 0, { topics });
    return response.topics[0]?.partitions[0];
  }
}

function onlyPartition(response: FetchResponse): FetchResponsePartitionData {
  const partition = response.responses[0]?.partitions[0];
  assert(partition !== undefined, 'the response has a partition');
  return partition;
}

function offsetsIn({ records }: FetchResponsePartitionData): number[] {
  const offsets: number[] = [];
  if (!Buffer.isBuffer(records)) return offsets;
  const cursor = new BatchCursor().reset(records);
  while (cursor.next()) offsets.push(cursor.view.baseOffset);
  return offsets;
}

describe('a read_committed fetch', () => {
  it('ends before the first open transaction, unlike a read_uncommitted one', () => {
    const stage = new Stage();
    stage.sendPlain();
    stage.send(1);
    stage.sendPlain();
    const committed = stage.fetch();
    expect(offsetsIn(committed)).toEqual([0]);
    expect(committed).toMatchObject({ highWatermark: 3, lastStableOffset: 1 });
    expect(committed.abortedTransactions).toEqual([]);
    expect(offsetsIn(stage.fetch(0, 0))).toEqual([0, 1, 2]);
  });

  it('names what was aborted in what it returns, and only that', () => {
    const stage = new Stage();
    stage.send(1);
    stage.send(2);
    stage.end(1, false);
    stage.end(2, true);
    stage.sendPlain();
    stage.send(1);
    stage.end(1, false);
    const named = (offset: number, isolation = COMMITTED) =>
      stage
        .fetch(offset, isolation)
        .abortedTransactions?.map(({ firstOffset, producerId }) => [producerId, firstOffset]);
    expect(named(0)).toEqual([
      [1, 0],
      [1, 5],
    ]);
    expect(named(3)).toEqual([[1, 5]]);
    expect(named(7)).toEqual([]);
    expect(named(0, 0)).toBeUndefined();
    stage.tube.restart();
    expect(named(0)).toHaveLength(2);
  });

  it('that waits wakes when the transaction ends, not when it grows', () => {
    const stage = new Stage();
    stage.send(1);
    const request = fetchRequest('t', { isolationLevel: COMMITTED, maxWaitMs: 60_000 });
    const parked = stage.tube.connect().send(apiCalls.fetch, 11, request);
    stage.send(1);
    expect(parked.isAnswered).toBe(false);
    stage.end(1, true);
    expect(offsetsIn(onlyPartition(parked.response()))).toEqual([0, 1, 2]);
  });
});

describe('read_committed offsets', () => {
  it('end with the last stable offset, markers counted', () => {
    const stage = new Stage();
    stage.send(1);
    expect([stage.list(-1).offset, stage.list(-1, 0).offset]).toEqual([0, 1]);
    stage.end(1, true);
    expect([stage.list(-1).offset, stage.list(-1, 0).offset]).toEqual([2, 2]);
  });

  it('are not found by the time of an open transaction', () => {
    const stage = new Stage();
    stage.sendPlain();
    stage.tube.advance(1_000);
    const nowMs = stage.tube.time.wallMs();
    stage.send(1);
    expect(stage.list(nowMs)).toEqual({ offset: -1, timestamp: -1 });
    expect(stage.list(nowMs, 0)).toEqual({ offset: 1, timestamp: nowMs });
    stage.end(1, true);
    expect(stage.list(nowMs)).toEqual({ offset: 1, timestamp: nowMs });
  });

  it('have no largest time while the record that has it is in an open transaction', () => {
    const stage = new Stage();
    stage.sendPlain();
    stage.tube.advance(1_000);
    const nowMs = stage.tube.time.wallMs();
    stage.send(1);
    expect(stage.list(-3)).toEqual({ offset: -1, timestamp: -1 });
    expect(stage.list(-3, 0)).toEqual({ offset: 1, timestamp: nowMs });
  });
});

describe('DescribeProducers', () => {
  it('shows where each producer is and what it has open', () => {
    const stage = new Stage();
    stage.sendPlain();
    stage.send(7);
    stage.send(7);
    const nowMs = stage.tube.time.wallMs();
    const producer = { producerId: 7, producerEpoch: 0, lastSequence: 1, lastTimestamp: nowMs };
    expect(stage.describeProducers()).toMatchObject({
      errorCode: 0,
      activeProducers: [{ ...producer, coordinatorEpoch: -1, currentTxnStartOffset: 1 }],
    });
    stage.end(7, true);
    expect(stage.describeProducers()?.activeProducers).toMatchObject([
      { ...producer, coordinatorEpoch: 3, currentTxnStartOffset: -1 },
    ]);
  });

  it('says which partitions do not exist', () => {
    const stage = new Stage();
    const topics = [
      { name: 't', partitionIndexes: [5] },
      { name: 'missing', partitionIndexes: [0] },
    ];
    const response = stage.tube.connect().call(apiCalls.describeProducers, 0, { topics });
    const errors = response.topics.map(({ partitions }) => partitions[0]?.errorCode);
    expect(errors).toEqual([3, 3]);
  });
});

describe('the upkeep of producers', () => {
  it('tells the operator of a transaction that nobody ends', () => {
    const stage = new Stage({ 'transaction.max.timeout.ms': '900000' });
    stage.send(7);
    const late = () => stage.tube.broker.status().lateTransactions;
    stage.tube.advance(2 * CHECK_INTERVAL_MS);
    expect([late(), stage.tube.problems]).toEqual([0, []]);
    stage.tube.advance(2 * CHECK_INTERVAL_MS);
    expect(late()).toBe(1);
    expect(stage.tube.problems).toEqual([
      {
        fields: { count: 1, transactions: ['t-0 from offset 0 by producer 7'] },
        message: 'transactions are open for longer than any may be',
      },
    ]);
    stage.end(7, false);
    stage.tube.advance(CHECK_INTERVAL_MS);
    expect(late()).toBe(0);
  });

  it('forgets silent producers in time, but not those in a transaction', () => {
    const stage = new Stage({ 'producer.id.expiration.ms': String(EXPIRATION_MS) });
    stage.send(1);
    stage.send(2);
    stage.end(2, true);
    stage.tube.advance(EXPIRATION_MS - CHECK_INTERVAL_MS);
    expect(stage.describeProducers()?.activeProducers).toHaveLength(2);
    stage.tube.advance(2 * CHECK_INTERVAL_MS);
    expect(stage.describeProducers()?.activeProducers).toMatchObject([{ producerId: 1 }]);
  });
});
