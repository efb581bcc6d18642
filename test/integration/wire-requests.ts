import { buildBatch, Reader, Writer } from '@weirhouse/kafka-protocol';
import {
  defaultFetchPartition,
  defaultFetchRequest,
  writeFetchRequest,
} from '@weirhouse/kafka-protocol/messages/fetch-request';
import {
  defaultMetadataRequest,
  writeMetadataRequest,
} from '@weirhouse/kafka-protocol/messages/metadata-request';
import { readMetadataResponse } from '@weirhouse/kafka-protocol/messages/metadata-response';
import {
  defaultProduceRequest,
  writeProduceRequest,
} from '@weirhouse/kafka-protocol/messages/produce-request';
import { type TestBroker, waitFor, type WireClient } from '@weirhouse/testing-harness';

/** A topic id that says nothing. */
export const NO_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAA';

/** Versions that are not flexible: their headers are the same for all APIs. */
export const PRODUCE = { key: 0, version: 7 };
export const FETCH = { key: 1, version: 11 };
export const METADATA = { key: 3, version: 7 };
export const API_VERSIONS = { key: 18, version: 2 };

/** An API in one version. */
export interface Api {
  readonly key: number;
  readonly version: number;
}

/** A frame with its length. */
export function frame(body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

/** A request with its header, as a frame. */
export function request(
  api: Api,
  correlationId: number,
  body: (writer: Writer) => void = () => undefined,
): Buffer {
  const writer = new Writer();
  writer.writeInt16(api.key);
  writer.writeInt16(api.version);
  writer.writeInt32(correlationId);
  writer.writeNullableString('wire');
  body(writer);
  return frame(Buffer.concat(writer.finish()));
}

/** Asks for a topic, which is created. */
export function metadata(correlationId: number, topic: string): Buffer {
  const topics = [{ name: topic, topicId: NO_TOPIC_ID }];
  const message = { ...defaultMetadataRequest(), topics, allowAutoTopicCreation: true };
  return request(METADATA, correlationId, (writer) =>
    writeMetadataRequest(writer, message, METADATA.version),
  );
}

/** One record for partition 0. */
export interface Produce {
  readonly topic: string;
  readonly acks: -1 | 0;
  readonly value: Buffer;
}

/** A produce request with one record. */
export function produce(correlationId: number, { acks, topic, value }: Produce): Buffer {
  const records = buildBatch({ records: [{ key: null, value, timestamp: 0, headers: [] }] });
  const topicData = [{ name: topic, topicId: NO_TOPIC_ID, partitionData: [{ index: 0, records }] }];
  const message = { ...defaultProduceRequest(), acks, timeoutMs: 20_000, topicData };
  return request(PRODUCE, correlationId, (writer) =>
    writeProduceRequest(writer, message, PRODUCE.version),
  );
}

/** What to fetch of partition 0. */
export interface Fetch {
  readonly topic: string;
  readonly fetchOffset: number;
  readonly maxWaitMs: number;
  readonly maxBytes: number;
}

/** A fetch request without a session. */
export function fetchFrom(correlationId: number, fetch: Fetch): Buffer {
  const { fetchOffset, maxBytes, maxWaitMs, topic } = fetch;
  const partition = { ...defaultFetchPartition(), fetchOffset, partitionMaxBytes: maxBytes };
  const topics = [{ topic, topicId: NO_TOPIC_ID, partitions: [partition] }];
  const limits = { maxWaitMs, minBytes: 1, maxBytes, sessionEpoch: -1 };
  const message = { ...defaultFetchRequest(), ...limits, topics };
  return request(FETCH, correlationId, (writer) =>
    writeFetchRequest(writer, message, FETCH.version),
  );
}

/** The id of the request that an answer is for. */
export const correlationIdOf = (answer: Buffer): number => answer.readInt32BE(0);
/** The body of an answer. */
export const bodyOf = (answer: Buffer): Reader => new Reader(answer, 4);

/** Sends one request on a connection that has no others under way. */
export async function call(client: WireClient, bytes: Buffer): Promise<Buffer> {
  const before = client.frames.length;
  client.write(bytes);
  return (await client.waitForFrames(before + 1))[before] as Buffer;
}

/** Waits until a topic can be used. */
export async function ensureTopic(client: WireClient, topic: string): Promise<void> {
  await waitFor(`topic ${topic}`, async () => {
    const answer = await call(client, metadata(1, topic));
    const [found] = readMetadataResponse(bodyOf(answer), METADATA.version).topics;
    return found?.errorCode === 0 && found.partitions[0]?.leaderId === 1;
  });
}

/** One value of the broker's metrics. */
export async function metric(broker: TestBroker, name: string): Promise<number> {
  const text = await (await fetch(`${broker.adminUrl}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`weirhouse_broker_${name}`));
  return Number(line?.split(' ').at(-1));
}
