import { KafkaError } from '@weirhouse/kafka-protocol';
import { ZERO_UUID } from '@weirhouse/shared-kernel';
import { describe, expect, it } from 'vitest';

import { PRODUCE_HOLD_MS_MAX } from './limits.ts';
import { apiCalls } from './testing/api-calls.ts';
import { batchOf, fetchRequest, produceRequest } from './testing/requests.ts';
import type { TestClient } from './testing/test-client.ts';
import { TestTube } from './testing/test-tube.ts';

const GROUP = 'group';

function errorOf(exchange: ReturnType<typeof sendProduce>): number | undefined {
  return exchange.response().responses[0]?.partitionResponses[0]?.errorCode;
}

function sendProduce(client: TestClient, value = 'v', timeoutMs = 5000) {
  const records = batchOf(value);
  return client.send(apiCalls.produce, 9, { ...produceRequest('t', { records }), timeoutMs });
}

function commit(client: TestClient): number | undefined {
  const partition = {
    partitionIndex: 0,
    committedOffset: 1,
    committedLeaderEpoch: 0,
    committedMetadata: '',
  };
  const response = client.call(apiCalls.offsetCommit, 8, {
    groupId: GROUP,
    generationIdOrMemberEpoch: -1,
    memberId: '',
    groupInstanceId: null,
    retentionTimeMs: -1,
    topics: [{ name: 't', topicId: ZERO_UUID, partitions: [partition] }],
  });
  return response.topics[0]?.partitions[0]?.errorCode;
}

/** A broker with a topic and a group that it knows, whose disk then has no space for the log. */
function aFullTube(): { tube: TestTube; client: TestClient } {
  const tube = new TestTube();
  tube.createTopic('t');
  const client = tube.connect();
  client.call(apiCalls.findCoordinator, 1, { key: GROUP });
  expect(commit(client)).toBe(0);
  const before = sendProduce(client, 'before');
  tube.settle();
  expect(errorOf(before)).toBe(0);
  tube.disk.fault = (operation) => (operation === 'wal-write' ? 'no_space' : undefined);
  return { tube, client };
}

function messages(tube: TestTube): string[] {
  return tube.problems.map(({ message }) => message).filter((text) => text.includes('disk'));
}

describe('a full disk', () => {
  it('lets produce requests wait and answers them when space comes back', () => {
    const { tube, client } = aFullTube();
    const taken = sendProduce(client, 'taken', 60_000);
    tube.settle();
    const held = sendProduce(tube.connect(), 'held');
    tube.advance(5000);
    expect([taken.isAnswered, held.isAnswered]).toEqual([false, false]);
    expect(tube.broker.status()).toMatchObject({ state: 'running', isProducePaused: true });
    tube.disk.fault = undefined;
    tube.advance(2000);
    expect([errorOf(taken), errorOf(held)]).toEqual([0, 0]);
    expect(tube.broker.status()).toMatchObject({ diskSpace: 'open', isProducePaused: false });
    expect(tube.failure).toBeUndefined();
    expect(messages(tube)).toHaveLength(1);
  });

  it('is told to producers after a while, with an error that they retry', () => {
    const { tube, client } = aFullTube();
    const first = sendProduce(client, 'first');
    tube.settle();
    const held = sendProduce(tube.connect(), 'held');
    tube.advance(PRODUCE_HOLD_MS_MAX + 20);
    expect(errorOf(first)).toBe(KafkaError.REQUEST_TIMED_OUT);
    expect(errorOf(held)).toBe(KafkaError.KAFKA_STORAGE_ERROR);
    expect(errorOf(sendProduce(client))).toBe(KafkaError.KAFKA_STORAGE_ERROR);
    tube.disk.fault = undefined;
    tube.advance(2000);
    const after = sendProduce(client);
    tube.settle();
    expect(errorOf(after)).toBe(0);
  });

  it('leaves reads alone and refuses groups and metadata with errors that clients retry', () => {
    const { tube, client } = aFullTube();
    sendProduce(client, 'waits');
    tube.settle();
    const reader = tube.connect();
    const fetched = reader.call(apiCalls.fetch, 11, fetchRequest('t', { partitions: [{}] }));
    expect(fetched.responses[0]?.partitions[0]?.records).toHaveProperty('length');
    expect(commit(reader)).toBe(KafkaError.COORDINATOR_NOT_AVAILABLE);
    const topic = {
      name: 'u',
      numPartitions: 1,
      replicationFactor: 1,
      assignments: [],
      configs: [],
    };
    const created = reader.call(apiCalls.createTopics, 7, { topics: [topic] });
    expect(created.topics[0]?.errorCode).toBe(KafkaError.KAFKA_STORAGE_ERROR);
    tube.disk.fault = undefined;
    tube.advance(2000);
    expect(commit(reader)).toBe(0);
    expect(reader.call(apiCalls.createTopics, 7, { topics: [topic] }).topics[0]?.errorCode).toBe(0);
  });
});

describe('a failed disk', () => {
  it('fails what waits with a storage error, and the broker ends', () => {
    const tube = new TestTube();
    tube.createTopic('t');
    const client = tube.connect();
    const waiting = sendProduce(client);
    tube.disk.fault = (operation) => (operation === 'wal-write' ? 'io' : undefined);
    tube.settle();
    expect(errorOf(waiting)).toBe(KafkaError.KAFKA_STORAGE_ERROR);
    expect(tube.failure?.code).toBe('storage');
    expect(tube.broker.status().state).toBe('failed');
  });
});
