import { KafkaError } from '@weirhouse/kafka-protocol';
import { describe, expect, it } from 'vitest';

import { adminCalls } from '../testing/admin-calls.ts';
import { apiCalls } from '../testing/api-calls.ts';
import { batchOf, fetchRequest, produceRequest } from '../testing/requests.ts';
import type { TestClient } from '../testing/test-client.ts';
import { TestTube } from '../testing/test-tube.ts';

const BURST_SECONDS = 10;

function limit(client: TestClient, key: string, value: number, user: string | null = 'ANONYMOUS') {
  const entity = [{ entityType: 'user', entityName: user }];
  const entries = [{ entity, ops: [{ key, value, remove: false }] }];
  const response = client.call(adminCalls.alterClientQuotas, 1, { entries });
  expect(response.entries).toMatchObject([{ errorCode: 0 }]);
}

function produceOf(topic: string, bytes: number) {
  return produceRequest(topic, { records: batchOf('x'.repeat(bytes)) });
}

describe('quotas', () => {
  it.each([0, 1])('are set and told in version %i, also after a restart', (version) => {
    const tube = new TestTube();
    limit(tube.connect(), 'producer_byte_rate', 1000, null);
    const components = [{ entityType: 'user', matchType: 1, match: null }];
    const expected = {
      errorCode: 0,
      entries: [
        {
          entity: [{ entityType: 'user', entityName: null }],
          values: [{ key: 'producer_byte_rate', value: 1000 }],
        },
      ],
    };
    const ask = () => tube.connect().call(adminCalls.describeClientQuotas, version, { components });
    expect(ask()).toMatchObject(expected);
    tube.crash('power');
    expect(ask()).toMatchObject(expected);
  });

  it('hold a producer back as long as its rate takes to come down, and answer it at once', () => {
    const tube = new TestTube();
    tube.createTopic('t');
    const client = tube.connect();
    limit(client, 'producer_byte_rate', 1000);
    const small = client.call(apiCalls.produce, 9, produceOf('t', 1000));
    expect(small.throttleTimeMs).toBe(0);
    const large = client.call(apiCalls.produce, 9, produceOf('t', 19_000));
    // About 20,000 bytes over ten seconds at 1,000 a second: ten seconds too early.
    expect(large.throttleTimeMs).toBeGreaterThan(9_000);
    expect(large.throttleTimeMs).toBeLessThan(13_000);
    expect(client.isReading).toBe(false);
    const next = client.send(apiCalls.metadata, 9, { topics: null });
    tube.advance(large.throttleTimeMs - 100);
    expect(next.isAnswered).toBe(false);
    tube.advance(200);
    expect(next.isAnswered).toBe(true);
    expect(client.isReading).toBe(true);
  });

  it('count a producer without acknowledgements as well', () => {
    const tube = new TestTube();
    tube.createTopic('t');
    const client = tube.connect();
    limit(client, 'producer_byte_rate', 1000);
    client.send(apiCalls.produce, 9, { ...produceOf('t', 30_000), acks: 0 });
    tube.settle();
    expect(client.isReading).toBe(false);
  });

  it('give a fetch nothing while its client is over them, and everything later', () => {
    const tube = new TestTube();
    tube.createTopic('t');
    const client = tube.connect();
    client.call(apiCalls.produce, 9, produceOf('t', 6_000));
    client.call(apiCalls.produce, 9, produceOf('t', 6_000));
    limit(client, 'consumer_byte_rate', 1000);
    const fetch = (offset: number) => {
      const partitions = [{ fetchOffset: offset, partitionMaxBytes: 7_000 }];
      return client.call(apiCalls.fetch, 12, fetchRequest('t', { partitions }));
    };
    const first = fetch(0);
    expect(first.throttleTimeMs).toBe(0);
    expect(first.responses[0]?.partitions[0]?.records?.length).toBeGreaterThan(6_000);
    const second = fetch(1);
    expect(second.responses).toEqual([]);
    expect(second.throttleTimeMs).toBeGreaterThan(1_000);
    tube.advance(second.throttleTimeMs + BURST_SECONDS * 1000);
    expect(fetch(1).responses[0]?.partitions[0]?.records?.length).toBeGreaterThan(6_000);
  });

  it('refuse new clients topics beyond the mutation rate and make old ones wait', () => {
    const tube = new TestTube();
    const client = tube.connect();
    limit(client, 'controller_mutation_rate', 1);
    const topic = (name: string, numPartitions: number) => {
      return { name, numPartitions, replicationFactor: 1, assignments: [], configs: [] };
    };
    const create = (version: number, ...topics: ReturnType<typeof topic>[]) =>
      client.call(apiCalls.createTopics, version, { topics });
    const response = create(7, topic('a', 20), topic('b', 1));
    const codes = new Map(response.topics.map(({ errorCode, name }) => [name, errorCode]));
    expect(codes.get('a')).toBe(0);
    expect(codes.get('b')).toBe(KafkaError.THROTTLING_QUOTA_EXCEEDED);
    // 11 credits, 20 taken: nine seconds to wait.
    expect(response.throttleTimeMs).toBe(9_000);
    const old = tube.connect().call(apiCalls.createTopics, 5, { topics: [topic('c', 1)] });
    expect(old.topics[0]?.errorCode).toBe(0);
    expect(old.throttleTimeMs).toBe(10_000);
    tube.advance(11_000);
    const later = tube.connect().call(apiCalls.deleteTopics, 5, { topicNames: ['c'] });
    expect(later.responses[0]?.errorCode).toBe(0);
  });

  it('save as much credit for changes of topics as the controller windows say', () => {
    const tube = new TestTube({ settings: { 'controller.quota.window.num': '3' } });
    const client = tube.connect();
    limit(client, 'controller_mutation_rate', 1);
    const counts = { numPartitions: 5, replicationFactor: 1 };
    const topics = [{ name: 'a', ...counts, assignments: [], configs: [] }];
    // 3 credits, 5 taken.
    expect(client.call(apiCalls.createTopics, 7, { topics }).throttleTimeMs).toBe(2_000);
  });

  it('bound the time of the event loop that a client may take, by one window at most', () => {
    const tube = new TestTube();
    const client = tube.connect();
    limit(client, 'request_percentage', 0.001);
    tube.time.tickMs = 1;
    expect(client.call(apiCalls.metadata, 9, { topics: null }).throttleTimeMs).toBe(1_000);
  });

  it('leave others alone', () => {
    const tube = new TestTube();
    tube.createTopic('t');
    const client = tube.connect();
    limit(client, 'producer_byte_rate', 1, 'someone-else');
    expect(client.call(apiCalls.produce, 9, produceOf('t', 50_000)).throttleTimeMs).toBe(0);
    expect(tube.broker.services.quotas.meterCount).toBe(0);
  });
});
