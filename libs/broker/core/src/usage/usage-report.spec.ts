import { describe, expect, it } from 'vitest';
import { ZERO_UUID } from '@weirhouse/shared-kernel';

import { apiCalls } from '../testing/api-calls.ts';
import { FakeVerifier, oauthMessage } from '../testing/fake-verifier.ts';
import { batchOf, fetchRequest, produceRequest } from '../testing/requests.ts';
import { SASL_LISTENER, TestTube } from '../testing/test-tube.ts';

const ANONYMOUS = 'User:ANONYMOUS';

function committed(topic: string, partitionIndex: number, committedOffset: number) {
  const partition = {
    partitionIndex,
    committedOffset,
    committedLeaderEpoch: 0,
    committedMetadata: '',
  };
  return {
    groupId: 'readers',
    generationIdOrMemberEpoch: -1,
    topics: [{ name: topic, topicId: ZERO_UUID, partitions: [partition] }],
  };
}

/** Of clients that log in with a token whose subject is their name. */
function securedTube() {
  const verifier = new FakeVerifier();
  const tube = new TestTube({
    tokenVerifier: verifier,
    settings: { 'sasl.enabled.mechanisms': 'OAUTHBEARER' },
  });
  verifier.clock = tube.time;
  const logIn = (token: string) => {
    const client = tube.connect(SASL_LISTENER);
    client.call(apiCalls.saslHandshake, 1, { mechanism: 'OAUTHBEARER' });
    client.send(apiCalls.saslAuthenticate, 2, { authBytes: oauthMessage({ token }) });
    return client;
  };
  return { tube, logIn };
}

describe('a usage report', () => {
  it('counts record bytes and records in and out by principal and topic', () => {
    const tube = new TestTube();
    tube.createTopic('t');
    const client = tube.connect();
    const batch = batchOf('one', 'two', 'three');
    client.call(apiCalls.produce, 9, produceRequest('t', { records: Buffer.from(batch) }));
    client.call(apiCalls.produce, 9, produceRequest('t', { records: Buffer.from(batch) }));
    client.call(apiCalls.fetch, 11, fetchRequest('t'));
    expect(tube.broker.usageReport().traffic).toEqual([
      {
        series: expect.any(Number) as number,
        principal: ANONYMOUS,
        topic: 't',
        receivedBytes: 2 * batch.length,
        receivedRecords: 6,
        sentBytes: 2 * batch.length,
        sentRecords: 6,
      },
    ]);
  });

  it('counts nothing for what was refused', () => {
    const tube = new TestTube();
    const client = tube.connect();
    client.call(apiCalls.produce, 9, produceRequest('nowhere'));
    expect(tube.broker.usageReport().traffic).toEqual([]);
  });

  it('counts requests and answers by principal and API, with their bytes', () => {
    const tube = new TestTube();
    const client = tube.connect();
    const exchange = client.send(apiCalls.metadata, 9, { topics: null });
    tube.settle();
    const [row, ...others] = tube.broker.usageReport().requests;
    expect(others).toEqual([]);
    expect(row).toMatchObject({ principal: ANONYMOUS, api: 'Metadata', requests: 1, responses: 1 });
    expect(row?.responseBytes).toBe(exchange.frame?.length);
    expect(row?.requestBytes).toBeGreaterThan(20);
  });

  it('counts connections and logins as those of their principal, and failed logins together', () => {
    const { logIn, tube } = securedTube();
    const first = logIn('alpha.60000');
    logIn('alpha.60000');
    logIn('beta.60000');
    logIn('wrong').send(apiCalls.saslAuthenticate, 2, { authBytes: Buffer.from([1]) });
    tube.connect(SASL_LISTENER);
    const count = () =>
      tube.broker.usageReport().principals.map((each) => {
        return [each.principal, each.connections, each.authentications];
      });
    expect(count()).toEqual([
      ['User:alpha', 2, 2],
      ['User:beta', 1, 1],
    ]);
    expect(tube.broker.usageReport()).toMatchObject({ connections: 5, failedAuthentications: 1 });
    first.disconnect();
    expect(count()[0]).toEqual(['User:alpha', 1, 2]);
  });

  it('tells the size of topics and how far groups are behind', () => {
    const tube = new TestTube();
    tube.createTopic('t', { partitions: 2 });
    const client = tube.connect();
    client.call(apiCalls.produce, 9, produceRequest('t', { records: batchOf('1', '2', '3') }));
    client.call(apiCalls.findCoordinator, 1, { key: 'readers' });
    client.call(apiCalls.offsetCommit, 5, committed('t', 0, 1));
    client.call(apiCalls.offsetCommit, 5, committed('t', 1, 0));
    const { lags, topics } = tube.broker.usageReport();
    expect(topics.find(({ topic }) => topic === 't')).toMatchObject({ partitions: 2 });
    expect(topics.find(({ topic }) => topic === 't')?.retainedBytes).toBeGreaterThan(61);
    expect(lags).toEqual([
      { group: 'readers', topic: 't', partition: 0, lag: 2 },
      { group: 'readers', topic: 't', partition: 1, lag: 0 },
    ]);
  });
});
