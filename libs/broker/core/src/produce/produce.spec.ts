import { describe, expect, it } from 'vitest';

import { BatchField, buildBatch, KafkaError } from '@weirhouse/kafka-protocol';
import { crc32c } from '@weirhouse/kafka-protocol';
import type { ProduceRequest } from '@weirhouse/kafka-protocol/messages/produce-request';

import { apiCalls } from '../testing/api-calls.ts';
import { batchOf, fetchRequest, produceRequest, record } from '../testing/requests.ts';
import type { TestClient } from '../testing/test-client.ts';
import { TestTube } from '../testing/test-tube.ts';

const TRANSACTIONAL = buildBatch({
  records: [record('v')],
  producerId: 1,
  producerEpoch: 0,
  baseSequence: 0,
  isTransactional: true,
});

/** InitProducerId of a producer without transactions. */
const IDEMPOTENT = { transactionalId: null };

function produced(client: TestClient, version: number, request: ProduceRequest) {
  const response = client.call(apiCalls.produce, version, request);
  const answer = response.responses[0]?.partitionResponses[0];
  if (answer === undefined) throw new Error('the answer has a partition');
  return answer;
}

function fetched(tube: TestTube, topic: string, offset = 0): Buffer {
  const request = fetchRequest(topic, { partitions: [{ fetchOffset: offset }] });
  const response = tube.connect().call(apiCalls.fetch, 11, request);
  const records = response.responses[0]?.partitions[0]?.records;
  return Buffer.isBuffer(records) ? records : Buffer.alloc(0);
}

/** A batch that claims a codec; the broker stores it without looking inside. */
function opaqueBatch(codec: number): Buffer {
  const batch = buildBatch({ records: [record('x'), record('y')] });
  batch.writeInt16BE(codec, BatchField.ATTRIBUTES);
  batch.writeUInt32BE(crc32c(batch, BatchField.ATTRIBUTES, batch.length), BatchField.CRC);
  return batch;
}

describe('Produce', () => {
  it.each([3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])('round-trips records in version %i', (version) => {
    const tube = new TestTube();
    const topicId = tube.createTopic('t');
    const client = tube.connect();
    const records = batchOf('one', 'two');
    const request = produceRequest('t', version >= 13 ? { topicId, records } : { records });
    expect(produced(client, version, request)).toMatchObject({ errorCode: 0, baseOffset: 0 });
    expect(produced(client, version, request)).toMatchObject({ errorCode: 0, baseOffset: 2 });
    const stored = fetched(tube, 't');
    expect(stored.length).toBe(records.length * 2);
    expect(stored.subarray(21, records.length)).toEqual(records.subarray(21));
    expect(stored.readBigInt64BE(records.length)).toBe(2n);
  });

  it('answers nothing before the records are durable, with acks=1 as with acks=all', () => {
    for (const acks of [1, -1]) {
      const tube = new TestTube();
      tube.createTopic('t');
      const exchange = tube.connect().send(apiCalls.produce, 9, produceRequest('t', { acks }));
      tube.endTurn();
      expect(exchange.isAnswered).toBe(false);
      tube.settle();
      expect(exchange.response().responses[0]?.partitionResponses[0]?.errorCode).toBe(0);
    }
  });

  it('answers a request once all its partitions are durable', () => {
    const tube = new TestTube();
    tube.createTopic('t', { partitions: 3 });
    const partitionData = [0, 1, 2, 9].map((index) => ({ index, records: batchOf('v') }));
    const topicData = [{ name: 't', topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitionData }];
    const response = tube.connect().call(apiCalls.produce, 9, produceRequest('t', { topicData }));
    const errors = response.responses[0]?.partitionResponses.map(({ errorCode }) => errorCode);
    expect(errors).toEqual([0, 0, 0, KafkaError.UNKNOWN_TOPIC_OR_PARTITION]);
  });

  it('says that it timed out when the disk is too slow, and keeps the records', () => {
    const tube = new TestTube();
    tube.createTopic('t');
    const exchange = tube.connect().send(apiCalls.produce, 9, produceRequest('t'));
    tube.endTurn();
    tube.time.advance(5_010);
    const answer = exchange.response().responses[0]?.partitionResponses[0];
    expect(answer).toMatchObject({ errorCode: KafkaError.REQUEST_TIMED_OUT, baseOffset: -1 });
    tube.settle();
    expect(fetched(tube, 't').length).toBeGreaterThan(0);
  });

  it('answers nothing with acks=0, and closes only after an error', () => {
    const tube = new TestTube();
    tube.createTopic('t');
    const client = tube.connect();
    const good = client.send(apiCalls.produce, 7, produceRequest('t', { acks: 0 }));
    expect([good.isAnswered, good.frame, client.isClosed]).toEqual([true, undefined, false]);
    tube.settle();
    expect(fetched(tube, 't').length).toBeGreaterThan(0);
    const bad = client.send(apiCalls.produce, 7, produceRequest('missing', { acks: 0 }));
    expect([bad.isAnswered, bad.frame, client.isClosed]).toEqual([true, undefined, true]);
  });

  it.each([1, 2, 3, 4])('stores batches of codec %i as they are', (codec) => {
    const tube = new TestTube();
    tube.createTopic('t');
    const batch = opaqueBatch(codec);
    const request = produceRequest('t', { records: Buffer.from(batch) });
    expect(produced(tube.connect(), 9, request).errorCode).toBe(0);
    expect(fetched(tube, 't').subarray(21)).toEqual(batch.subarray(21));
  });

  it('refuses zstd below version 7', () => {
    const tube = new TestTube();
    tube.createTopic('t');
    const request = produceRequest('t', { records: opaqueBatch(4) });
    expect(produced(tube.connect(), 6, request).errorCode).toBe(
      KafkaError.UNSUPPORTED_COMPRESSION_TYPE,
    );
  });

  it.each<[string, Partial<Parameters<typeof produceRequest>[1]>, number]>([
    ['wrong acks', { acks: 2 }, KafkaError.INVALID_REQUIRED_ACKS],
    ['no records', { records: null }, KafkaError.INVALID_RECORD],
    ['a damaged batch', { records: Buffer.alloc(80, 1) }, KafkaError.CORRUPT_MESSAGE],
    ['two batches', { records: Buffer.concat([batchOf('a'), batchOf('b')]) }, 87],
    ['transactional records without an id', { records: TRANSACTIONAL }, 53],
  ])('refuses %s', (_, changes, errorCode) => {
    const tube = new TestTube();
    tube.createTopic('t');
    const request = produceRequest('t', changes);
    expect(produced(tube.connect(), 9, request)).toMatchObject({ errorCode, baseOffset: -1 });
  });

  it('refuses batches above max.message.bytes and takes them again when it is raised', () => {
    const tube = new TestTube();
    tube.createTopic('t', { configs: { 'max.message.bytes': '1000' } });
    const client = tube.connect();
    const request = () => produceRequest('t', { records: batchOf('x'.repeat(2_000)) });
    expect(produced(client, 9, request()).errorCode).toBe(KafkaError.MESSAGE_TOO_LARGE);
    const configs = [{ name: 'max.message.bytes', configOperation: 0, value: '5000' }];
    const resources = [{ resourceType: 2, resourceName: 't', configs }];
    client.call(apiCalls.incrementalAlterConfigs, 1, { resources });
    expect(produced(client, 9, request()).errorCode).toBe(0);
  });

  it('refuses clients that write to internal topics', () => {
    const tube = new TestTube();
    const client = tube.connect();
    client.call(apiCalls.findCoordinator, 2, { key: 'g' });
    const request = produceRequest('__consumer_offsets');
    expect(produced(client, 9, request).errorCode).toBe(KafkaError.INVALID_TOPIC_EXCEPTION);
  });

  it('knows unknown topics by name and by id', () => {
    const client = new TestTube().connect();
    const byId = produceRequest('', { topicId: 'BBBBBBBBBBBBBBBBBBBBBA' });
    expect(produced(client, 9, produceRequest('no')).errorCode).toBe(3);
    expect(produced(client, 13, byId).errorCode).toBe(KafkaError.UNKNOWN_TOPIC_ID);
  });

  it('stamps LogAppendTime and tells it', () => {
    const tube = new TestTube();
    tube.createTopic('t', { configs: { 'message.timestamp.type': 'LogAppendTime' } });
    tube.advance(1_000);
    const answer = produced(tube.connect(), 9, produceRequest('t'));
    expect(answer.logAppendTimeMs).toBe(tube.time.wallMs());
  });

  it('acknowledges a repeated idempotent batch with its first offset and refuses a gap', () => {
    const tube = new TestTube();
    tube.createTopic('t');
    const client = tube.connect();
    const { producerId } = client.call(apiCalls.initProducerId, 4, IDEMPOTENT);
    const batch = (baseSequence: number) =>
      buildBatch({ records: [record('v')], producerId, producerEpoch: 0, baseSequence });
    const answerOf = (baseSequence: number) =>
      produced(client, 9, produceRequest('t', { records: batch(baseSequence) }));
    expect(answerOf(0)).toMatchObject({ errorCode: 0, baseOffset: 0 });
    expect(answerOf(1)).toMatchObject({ errorCode: 0, baseOffset: 1 });
    expect(answerOf(0)).toMatchObject({ errorCode: 0, baseOffset: 0 });
    expect(answerOf(3).errorCode).toBe(KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER);
    expect(answerOf(2)).toMatchObject({ errorCode: 0, baseOffset: 2 });
  });

  it('stops reading when the memory is full and goes on when there is room', () => {
    const tube = new TestTube();
    tube.createTopic('t');
    const client = tube.connect();
    const request = () => produceRequest('t', { records: batchOf('x'.repeat(200_000)) });
    const exchanges = Array.from({ length: 40 }, () => client.send(apiCalls.produce, 9, request()));
    expect(tube.broker.status().isProducePaused).toBe(true);
    expect(client.isReading).toBe(false);
    tube.settle();
    const errors = exchanges.map(
      (exchange) => exchange.response().responses[0]?.partitionResponses[0]?.errorCode,
    );
    expect(errors).toEqual(errors.map(() => 0));
    expect(tube.broker.status().isProducePaused).toBe(false);
    expect(client.isReading).toBe(true);
  });

  it('gives every producer another id, also after a restart', () => {
    const tube = new TestTube();
    const first = tube.connect().call(apiCalls.initProducerId, 4, IDEMPOTENT).producerId;
    const second = tube.connect().call(apiCalls.initProducerId, 0, IDEMPOTENT).producerId;
    tube.restart();
    const third = tube.connect().call(apiCalls.initProducerId, 5, IDEMPOTENT).producerId;
    expect(new Set([first, second, third]).size).toBe(3);
  });
});
