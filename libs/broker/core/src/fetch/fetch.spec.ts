import { describe, expect, it } from 'vitest';

import { BatchCursor, KafkaError } from '@weirhouse/kafka-protocol';
import type {
  FetchResponse,
  FetchResponsePartitionData,
} from '@weirhouse/kafka-protocol/messages/fetch-response';

import { apiCalls } from '../testing/api-calls.ts';
import { batchOf, fetchRequest, produceRequest } from '../testing/requests.ts';
import { TestTube } from '../testing/test-tube.ts';

function onlyPartition(response: FetchResponse): FetchResponsePartitionData {
  const partition = response.responses[0]?.partitions[0];
  if (partition === undefined) throw new Error('the response has a partition');
  return partition;
}

function offsetsIn(partition: FetchResponsePartitionData): number[] {
  const offsets: number[] = [];
  if (!Buffer.isBuffer(partition.records)) return offsets;
  const cursor = new BatchCursor().reset(partition.records);
  while (cursor.next()) offsets.push(cursor.view.baseOffset);
  return offsets;
}

function arrange(batches = 3) {
  const tube = new TestTube();
  const topicId = tube.createTopic('t', { partitions: 3 });
  const produce = (index = 0, text = 'value') =>
    tube
      .connect()
      .call(apiCalls.produce, 9, produceRequest('t', { index, records: batchOf(text) }));
  for (let batch = 0; batch < batches; batch++) produce();
  return { tube, topicId, client: tube.connect(), produce };
}

describe('Fetch', () => {
  it.each([4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18])(
    'returns what was produced in version %i',
    (version) => {
      const { client, topicId } = arrange();
      const request = fetchRequest('t', version >= 13 ? { topicId } : {});
      const partition = onlyPartition(client.call(apiCalls.fetch, version, request));
      expect(partition).toMatchObject({ errorCode: 0, highWatermark: 3 });
      expect(offsetsIn(partition)).toEqual([0, 1, 2]);
    },
  );

  it('starts with the batch that holds the offset and stops at the high watermark', () => {
    const { client, tube } = arrange();
    tube.connect().send(apiCalls.produce, 9, produceRequest('t'));
    const request = fetchRequest('t', { partitions: [{ fetchOffset: 1 }] });
    const exchange = client.send(apiCalls.fetch, 11, request);
    expect(offsetsIn(onlyPartition(exchange.response()))).toEqual([1, 2]);
    exchange.sent();
    tube.settle();
    expect(offsetsIn(onlyPartition(client.call(apiCalls.fetch, 11, request)))).toEqual([1, 2, 3]);
  });

  it('returns one batch however small the limits, then keeps to them', () => {
    const { client, produce } = arrange(1);
    produce(0, 'x'.repeat(1_000));
    produce(1, 'x'.repeat(1_000));
    const partitions = [{ partition: 0, partitionMaxBytes: 10 }, { partition: 1 }];
    const response = client.call(
      apiCalls.fetch,
      11,
      fetchRequest('t', { partitions, maxBytes: 10 }),
    );
    const lists = response.responses.flatMap((topic) => topic.partitions.map(offsetsIn));
    expect(lists).toEqual([[0], []]);
  });

  it('answers errors at once and with no offsets', () => {
    const { client, topicId } = arrange();
    const errorOf = (version: number, request: ReturnType<typeof fetchRequest>) =>
      onlyPartition(client.call(apiCalls.fetch, version, { ...request, maxWaitMs: 1_000 }));
    const far = fetchRequest('t', { partitions: [{ fetchOffset: 99 }] });
    expect(errorOf(11, far)).toMatchObject({ errorCode: 1, highWatermark: -1, logStartOffset: -1 });
    expect(errorOf(11, fetchRequest('missing')).errorCode).toBe(3);
    const noSuchIndex = fetchRequest('t', { partitions: [{ partition: 9 }] });
    expect(errorOf(11, noSuchIndex).errorCode).toBe(3);
    const unknownId = fetchRequest('', { topicId: 'BBBBBBBBBBBBBBBBBBBBBA' });
    expect(errorOf(13, unknownId).errorCode).toBe(KafkaError.UNKNOWN_TOPIC_ID);
    const newer = fetchRequest('', { topicId, partitions: [{ currentLeaderEpoch: 99 }] });
    expect(errorOf(13, newer).errorCode).toBe(KafkaError.UNKNOWN_LEADER_EPOCH);
  });

  it('fences clients that know an older leader epoch', () => {
    const { tube } = arrange();
    tube.restart();
    const request = fetchRequest('t', { partitions: [{ currentLeaderEpoch: 0 }] });
    const partition = onlyPartition(tube.connect().call(apiCalls.fetch, 11, request));
    expect(partition.errorCode).toBe(KafkaError.FENCED_LEADER_EPOCH);
  });

  it('gives an aborted list at level 1 only', () => {
    const { client } = arrange();
    const levels = [0, 1].map((isolationLevel) => {
      const response = client.call(apiCalls.fetch, 11, fetchRequest('t', { isolationLevel }));
      const { abortedTransactions, lastStableOffset } = onlyPartition(response);
      return { abortedTransactions, lastStableOffset };
    });
    expect(levels).toEqual([
      { abortedTransactions: null, lastStableOffset: -1 },
      { abortedTransactions: [], lastStableOffset: 3 },
    ]);
  });

  it('parks until records come and answers in the turn that commits them', () => {
    const { client, produce, tube } = arrange(0);
    const parked = client.send(apiCalls.fetch, 11, fetchRequest('t', { maxWaitMs: 10_000 }));
    tube.advance(5_000);
    expect(parked.isAnswered).toBe(false);
    produce();
    expect(offsetsIn(onlyPartition(parked.response()))).toEqual([0]);
  });

  it('answers an empty fetch at its deadline, not before', () => {
    const { client, tube } = arrange(0);
    const parked = client.send(apiCalls.fetch, 11, fetchRequest('t', { maxWaitMs: 500 }));
    tube.advance(490);
    expect(parked.isAnswered).toBe(false);
    tube.advance(20);
    expect(onlyPartition(parked.response())).toMatchObject({ errorCode: 0, highWatermark: 0 });
  });

  it('waits for min_bytes over all partitions', () => {
    const { client, produce, tube } = arrange(0);
    const partitions = [{ partition: 0 }, { partition: 1 }];
    const request = fetchRequest('t', { partitions, minBytes: 1_500, maxWaitMs: 60_000 });
    const parked = client.send(apiCalls.fetch, 11, request);
    produce(0, 'x'.repeat(700));
    expect(parked.isAnswered).toBe(false);
    produce(2, 'x'.repeat(1_700));
    expect(parked.isAnswered).toBe(false);
    produce(1, 'x'.repeat(700));
    expect(parked.isAnswered).toBe(true);
    const found = parked.response().responses.flatMap((topic) => topic.partitions);
    expect(found.map((partition) => offsetsIn(partition).length)).toEqual([1, 1]);
    tube.settle();
  });

  it('wakes a parked fetch when its topic is deleted', () => {
    const { client, tube } = arrange(0);
    const parked = client.send(apiCalls.fetch, 11, fetchRequest('t', { maxWaitMs: 60_000 }));
    tube.connect().call(apiCalls.deleteTopics, 5, { topicNames: ['t'] });
    expect(onlyPartition(parked.response()).errorCode).toBe(KafkaError.UNKNOWN_TOPIC_OR_PARTITION);
  });

  it('reads records that are only on disk', () => {
    const { tube } = arrange();
    tube.restart();
    const partition = onlyPartition(tube.connect().call(apiCalls.fetch, 11, fetchRequest('t')));
    expect(offsetsIn(partition)).toEqual([0, 1, 2]);
  });

  it('keeps a session: changes only, and 70 and 71 for what does not fit', () => {
    const { client, produce } = arrange(1);
    const partitions = [0, 1, 2].map((partition) => ({ partition }));
    const full = fetchRequest('t', { partitions, sessionEpoch: 0 });
    const { sessionId, responses } = client.call(apiCalls.fetch, 11, full);
    expect(sessionId).toBeGreaterThan(0);
    expect(responses[0]?.partitions).toHaveLength(3);
    const incremental = (sessionEpoch: number, changes = {}) =>
      client.call(apiCalls.fetch, 11, {
        ...fetchRequest('t', { sessionId, sessionEpoch }),
        topics: [],
        ...changes,
      });
    const moved = fetchRequest('t', { partitions: [{ fetchOffset: 1 }] }).topics;
    expect(incremental(1, { topics: moved }).responses).toEqual([]);
    produce(2);
    const [topic] = incremental(2).responses;
    expect(topic?.partitions.map(({ partitionIndex }) => partitionIndex)).toEqual([2]);
    expect(incremental(2).errorCode).toBe(KafkaError.INVALID_FETCH_SESSION_EPOCH);
    expect(incremental(3, { sessionId: sessionId + 1 }).errorCode).toBe(
      KafkaError.FETCH_SESSION_ID_NOT_FOUND,
    );
  });

  it('refuses those who pretend to be replicas', () => {
    const { client } = arrange();
    const response = client.call(apiCalls.fetch, 11, fetchRequest('t', { replicaId: 1 }));
    expect(response.errorCode).toBe(KafkaError.REPLICA_NOT_AVAILABLE);
  });
});
