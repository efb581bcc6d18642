import { describe, expect, it } from 'vitest';

import { KafkaError } from '@weirhouse/kafka-protocol';
import { ZERO_UUID } from '@weirhouse/shared-kernel';

import { apiCalls } from './testing/api-calls.ts';
import { batchOf, fetchRequest, produceRequest } from './testing/requests.ts';
import { TestTube } from './testing/test-tube.ts';

const JOIN = {
  groupId: 'group',
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 10_000,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: Buffer.from('subscription') }],
};

function arrange(settings: Readonly<Record<string, string>> = {}) {
  const tube = new TestTube({ settings });
  tube.createTopic('t');
  let isDrained = false;
  return {
    tube,
    drain: () => tube.broker.drain(() => (isDrained = true)),
    isDrained: () => isDrained,
  };
}

describe('a broker that is told to end', () => {
  it('ends what is idle at once', () => {
    const { drain, isDrained, tube } = arrange();
    const client = tube.connect();
    drain();
    expect([client.isClosed, isDrained(), tube.broker.status().state]).toEqual([
      true,
      true,
      'draining',
    ]);
  });

  it('answers what was produced when it is durable, and ends the connection then', () => {
    const { drain, isDrained, tube } = arrange();
    const client = tube.connect();
    const produced = [1, 2].map(() => client.send(apiCalls.produce, 7, produceRequest('t')));
    drain();
    expect([client.isClosed, client.isReading, isDrained()]).toEqual([false, false, false]);
    tube.settle();
    const offsets = produced.map(
      (exchange) => exchange.response().responses[0]?.partitionResponses[0]?.baseOffset,
    );
    expect(offsets).toEqual([0, 1]);
    expect([client.isClosed, isDrained()]).toEqual([true, true]);
  });

  it('answers a waiting fetch with what there is, and what came behind it', () => {
    const { drain, isDrained, tube } = arrange();
    const records = batchOf('value');
    tube.connect().call(apiCalls.produce, 7, produceRequest('t', { records }));
    const client = tube.connect();
    const wanted = fetchRequest('t', { maxWaitMs: 30_000, minBytes: 1_000_000 });
    const [first, second] = [1, 2].map(() => client.send(apiCalls.fetch, 11, wanted));
    const last = client.send(apiCalls.metadata, 5, { topics: null });
    tube.settle();
    expect(first?.isAnswered).toBe(false);
    drain();
    tube.settle();
    const fetched = [first, second].map(
      (exchange) => exchange?.response().responses[0]?.partitions[0]?.records?.length,
    );
    expect(fetched).toEqual([records.length, records.length]);
    expect(last.response().topics).toHaveLength(1);
    expect(isDrained()).toBe(true);
  });

  it('tells who waits in a group, and who asks for one now, to look elsewhere', () => {
    const { drain, isDrained, tube } = arrange({ 'group.initial.rebalance.delay.ms': '3000' });
    const client = tube.connect();
    client.call(apiCalls.findCoordinator, 1, { key: JOIN.groupId });
    const joining = client.send(apiCalls.joinGroup, 3, JOIN);
    const behind = client.send(apiCalls.heartbeat, 3, { groupId: JOIN.groupId });
    tube.settle();
    expect(joining.isAnswered).toBe(false);
    drain();
    tube.settle();
    expect([joining.response().errorCode, behind.response().errorCode]).toEqual([
      KafkaError.NOT_COORDINATOR,
      KafkaError.COORDINATOR_NOT_AVAILABLE,
    ]);
    expect(isDrained()).toBe(true);
  });

  it('answers a commit of offsets that is on its way to the disk', () => {
    const { drain, isDrained, tube } = arrange();
    const client = tube.connect();
    client.call(apiCalls.findCoordinator, 1, { key: JOIN.groupId });
    const offset = { partitionIndex: 0, committedOffset: 5, committedLeaderEpoch: 0 };
    const partitions = [{ ...offset, committedMetadata: null }];
    const committing = client.send(apiCalls.offsetCommit, 8, {
      groupId: JOIN.groupId,
      topics: [{ name: 't', topicId: ZERO_UUID, partitions }],
    });
    expect(committing.isAnswered).toBe(false);
    drain();
    tube.settle();
    expect(committing.response().topics[0]?.partitions[0]?.errorCode).toBe(0);
    expect(isDrained()).toBe(true);
  });

  it('does not begin what came from a client that is held back', () => {
    const { drain, isDrained, tube } = arrange();
    const client = tube.connect();
    tube.broker.services.quotas.use = () => 60_000;
    client.call(apiCalls.produce, 7, produceRequest('t'));
    const held = client.send(apiCalls.produce, 7, produceRequest('t'));
    drain();
    tube.settle();
    expect([held.isAnswered, held.frame, isDrained()]).toEqual([true, undefined, true]);
  });

  it('is drained when nobody is connected', () => {
    const { drain, isDrained } = arrange();
    drain();
    expect(isDrained()).toBe(true);
  });
});
