import { KafkaError } from '@weirhouse/kafka-protocol';
import { describe, expect, it } from 'vitest';

import { apiCalls } from '../testing/api-calls.ts';
import { batchOf, fetchRequest, produceRequest } from '../testing/requests.ts';
import { PLAIN_LISTENER, TestTube } from '../testing/test-tube.ts';
import type { BrokerLimits } from './broker-limits.ts';

function tubeWith(limits: BrokerLimits): { tube: TestTube; change: (to: BrokerLimits) => void } {
  let current = limits;
  const tube = new TestTube({ limits: () => current });
  return {
    tube,
    change: (to) => {
      current = to;
    },
  };
}

function produceOf(topic: string, bytes: number) {
  return produceRequest(topic, { records: batchOf('x'.repeat(bytes)) });
}

describe('the limits of a broker', () => {
  it('bound its partitions, from one moment to the next', () => {
    const { tube, change } = tubeWith({ partitions: 4 });
    const client = tube.connect();
    const counts = { numPartitions: 3, replicationFactor: 1, assignments: [], configs: [] };
    const create = (name: string) =>
      client.call(apiCalls.createTopics, 7, { topics: [{ name, ...counts }] }).topics[0];
    expect(create('a')?.errorCode).toBe(0);
    expect(create('b')).toMatchObject({
      errorCode: KafkaError.POLICY_VIOLATION,
      errorMessage: expect.stringContaining('at most 4 partitions'),
    });
    change({ partitions: 6 });
    expect(create('b')?.errorCode).toBe(0);
  });

  it('hold back whoever sends once all together send too much, whatever their client id', () => {
    const { tube } = tubeWith({ ingressBytesPerSecond: 1000 });
    tube.createTopic('t');
    const sizes = [5_000, 5_000, 10_000];
    const waits = sizes.map((bytes) => {
      const client = tube.connect();
      return client.call(apiCalls.produce, 9, produceOf('t', bytes)).throttleTimeMs;
    });
    expect(waits.slice(0, 2)).toEqual([0, expect.any(Number)]);
    expect(waits[2]).toBeGreaterThan(5_000);
  });

  it('give a fetch nothing while all together have fetched too much', () => {
    const { tube } = tubeWith({ egressBytesPerSecond: 1000 });
    tube.createTopic('t');
    for (const _ of [1, 2]) tube.connect().call(apiCalls.produce, 9, produceOf('t', 6_000));
    const fetch = (fetchOffset: number) => {
      const partitions = [{ fetchOffset, partitionMaxBytes: 7_000 }];
      return tube.connect().call(apiCalls.fetch, 12, fetchRequest('t', { partitions }));
    };
    expect(fetch(0).responses[0]?.partitions[0]?.records?.length).toBeGreaterThan(6_000);
    const second = fetch(1);
    expect(second.responses).toEqual([]);
    expect(second.throttleTimeMs).toBeGreaterThan(1_000);
  });

  it('refuse records once the logs hold what they may, and take them when there is room', () => {
    const { tube, change } = tubeWith({ storageBytes: 3_000 });
    for (const topic of ['kept', 'left']) tube.createTopic(topic);
    const client = tube.connect();
    const produce = () =>
      client.call(apiCalls.produce, 9, produceOf('left', 1_000)).responses[0]
        ?.partitionResponses[0];
    client.call(apiCalls.produce, 9, produceOf('kept', 2_900));
    expect(produce()?.errorCode).toBe(0);
    tube.advance(1_000);
    expect(produce()).toMatchObject({
      errorCode: KafkaError.POLICY_VIOLATION,
      errorMessage: expect.stringContaining('at most 3000 bytes'),
    });
    client.call(apiCalls.deleteTopics, 5, { topicNames: ['kept'], timeoutMs: 1_000 });
    tube.advance(1_000);
    expect(produce()?.errorCode).toBe(0);
    change({ storageBytes: 1_000 });
    expect(produce()?.errorCode).toBe(KafkaError.POLICY_VIOLATION);
    change({});
    expect(produce()?.errorCode).toBe(0);
  });

  it('bound its connections below what its settings allow', () => {
    const { tube, change } = tubeWith({});
    const open = (): number | undefined => tube.broker.connectionLimits(PLAIN_LISTENER)?.open;
    const unlimited = open();
    change({ connections: 7 });
    expect([unlimited, open()]).toEqual([2_147_483_647, 7]);
  });
});
