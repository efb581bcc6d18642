import { describe, expect, it } from 'vitest';

import { KafkaError, Reader } from '@weirhouse/kafka-protocol';
import { readApiVersionsResponse } from '@weirhouse/kafka-protocol/messages/api-versions-response';
import { readMetadataResponse } from '@weirhouse/kafka-protocol/messages/metadata-response';

import { apiCalls } from './testing/api-calls.ts';
import { produceRequest, fetchRequest } from './testing/requests.ts';
import { SASL_LISTENER, TestTube } from './testing/test-tube.ts';

const NAMED = { clientSoftwareName: 'test', clientSoftwareVersion: '1.0' };

function header(apiKey: number, version: number, rest: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(10);
  head.writeInt16BE(apiKey, 0);
  head.writeInt16BE(version, 2);
  head.writeInt32BE(77, 4);
  head.writeInt16BE(-1, 8);
  return Buffer.concat([head, rest]);
}

describe('a connection', () => {
  it('answers an unknown version of ApiVersions in v0 with its own range, byte for byte', () => {
    const exchange = new TestTube().connect().sendFrame(header(18, 99), (frame) => frame);
    expect(exchange.frame?.toString('hex')).toBe(
      ['00000010', '0000004d', '0023', '00000001', '0012', '0000', '0004'].join(''),
    );
    const body = new Reader(exchange.frame ?? Buffer.alloc(0), 8);
    expect(readApiVersionsResponse(body, 0).errorCode).toBe(KafkaError.UNSUPPORTED_VERSION);
  });

  it.each([
    ['an unknown API key', header(999, 0)],
    ['a key that is not served', header(24, 0)],
    ['a version above the range', header(3, 14)],
    ['Produce below version 3, although it is advertised', header(0, 2)],
    ['a negative version', header(3, -1)],
    ['a frame without header', Buffer.from([0, 3])],
    ['a truncated body', header(3, 1, Buffer.from([0, 0, 0, 9]))],
    ['an array count that cannot be', header(3, 1, Buffer.from([0x7f, 0xff, 0xff, 0xff]))],
  ])('closes without an answer for %s', (_, frame) => {
    const client = new TestTube().connect();
    const exchange = client.sendFrame(frame, (bytes) => bytes);
    expect(exchange.isAnswered).toBe(true);
    expect(exchange.frame).toBeUndefined();
    expect(client.isClosed).toBe(true);
  });

  it('ignores bytes after the body, as librdkafka 2.16 sends behind Metadata v13', () => {
    const tube = new TestTube();
    tube.createTopic('t');
    // Header v2 without tagged fields, no list of topics, two flags, no tagged fields, three bytes too many.
    const frame = header(3, 13, Buffer.from([0, 0, 1, 0, 0, 0, 0, 0]));
    const exchange = tube.connect().sendFrame(frame, (bytes) => {
      const reader = new Reader(bytes, 8);
      reader.readTaggedFields();
      return readMetadataResponse(reader, 13);
    });
    expect(exchange.response().topics.map(({ name }) => name)).toEqual(['t']);
  });

  it('refuses a client software name that is no name', () => {
    const wrong = { ...NAMED, clientSoftwareName: '-bad-' };
    const response = new TestTube().connect().call(apiCalls.apiVersions, 3, wrong);
    expect(response.errorCode).toBe(KafkaError.INVALID_REQUEST);
  });

  it('handles pipelined requests in order: what follows a parked fetch waits for it', () => {
    const tube = new TestTube();
    tube.createTopic('t');
    const client = tube.connect();
    const parked = client.send(apiCalls.fetch, 11, fetchRequest('t', { maxWaitMs: 500 }));
    const next = client.send(apiCalls.metadata, 5, { topics: null });
    tube.settle();
    expect([parked.isAnswered, next.isAnswered, client.isReading]).toEqual([false, false, false]);
    tube.advance(510);
    expect([parked.isAnswered, next.isAnswered, client.isReading]).toEqual([true, true, true]);
    expect(next.response().topics.map(({ name }) => name)).toContain('t');
  });

  it('lets produce requests overlap each other', () => {
    const tube = new TestTube();
    tube.createTopic('t');
    const client = tube.connect();
    const exchanges = [1, 2, 3].map(() => client.send(apiCalls.produce, 7, produceRequest('t')));
    expect(exchanges.map(({ isAnswered }) => isAnswered)).toEqual([false, false, false]);
    tube.settle();
    const offsets = exchanges.map(
      (exchange) => exchange.response().responses[0]?.partitionResponses[0]?.baseOffset,
    );
    expect(offsets).toEqual([0, 1, 2]);
    expect(client.isReading).toBe(true);
  });

  it('does not let one connection that waits hold up another', () => {
    const tube = new TestTube();
    tube.createTopic('t');
    const waiting = tube.connect().send(apiCalls.fetch, 11, fetchRequest('t', { maxWaitMs: 500 }));
    expect(tube.connect().call(apiCalls.metadata, 5, { topics: null }).topics).toHaveLength(1);
    expect(waiting.isAnswered).toBe(false);
  });

  it('abandons what waits when the client goes away', () => {
    const tube = new TestTube();
    tube.createTopic('t');
    const client = tube.connect();
    const before = tube.broker.status().waiting;
    const fetch = client.send(apiCalls.fetch, 11, fetchRequest('t', { maxWaitMs: 5_000 }));
    const queued = client.send(apiCalls.metadata, 5);
    expect(tube.broker.status().waiting).toBe(before + 1);
    client.disconnect();
    expect(tube.broker.status()).toMatchObject({ connections: 0, waiting: before });
    expect([fetch.isAnswered, queued.frame]).toEqual([false, undefined]);
  });

  it('takes small frames only until the client is authenticated', () => {
    const tube = new TestTube();
    expect(tube.connect(SASL_LISTENER).maxFrameBytes).toBe(524_288);
    expect(tube.connect().maxFrameBytes).toBe(104_857_600);
  });

  it('closes idle connections, not those with a request in work', () => {
    const tube = new TestTube({ settings: { 'connections.max.idle.ms': '60000' } });
    tube.createTopic('t');
    const [idle, active, waiting] = [tube.connect(), tube.connect(), tube.connect()];
    waiting.send(apiCalls.fetch, 11, fetchRequest('t', { maxWaitMs: 100_000 }));
    for (let minute = 0; minute < 3; minute++) {
      tube.advance(30_000);
      active.call(apiCalls.metadata, 5);
    }
    expect([idle.isClosed, active.isClosed, waiting.isClosed]).toEqual([true, false, false]);
  });

  it('closes a connection that does not authenticate in time, or asks too much before', () => {
    const tube = new TestTube();
    const silent = tube.connect(SASL_LISTENER);
    tube.advance(30_010);
    expect(silent.isClosed).toBe(true);
    const busy = tube.connect(SASL_LISTENER);
    for (let request = 0; request < 16; request++) busy.call(apiCalls.apiVersions, 0);
    expect(busy.isClosed).toBe(false);
    busy.send(apiCalls.apiVersions, 0);
    expect(busy.isClosed).toBe(true);
  });
});
