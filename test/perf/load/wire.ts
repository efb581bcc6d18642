import { Socket } from 'node:net';
import { buildBatch, Reader, RECORD_BATCH_HEADER_BYTES, Writer } from '@weirhouse/kafka-protocol';
import { writeCreateTopicsRequest } from '@weirhouse/kafka-protocol/messages/create-topics-request';
import { readCreateTopicsResponse } from '@weirhouse/kafka-protocol/messages/create-topics-response';
import {
  defaultDeleteTopicsRequest,
  writeDeleteTopicsRequest,
} from '@weirhouse/kafka-protocol/messages/delete-topics-request';
import {
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

/** Versions that every server of the bench speaks, so that all get the same bytes. */
const PRODUCE_VERSION = 3;
const FETCH_VERSION = 4;
const METADATA_VERSION = 4;
const CREATE_TOPICS_VERSION = 2;
const DELETE_TOPICS_VERSION = 1;
/** What a produce answer for one partition ends with: error, base offset, append time, throttle time. */
const PRODUCE_ANSWER_TAIL_BYTES = 2 + 8 + 8 + 4;
const NO_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAA';
const CALL_MS_MAX = 10_000;
const FETCH_WAIT_MS = 500;
const READ_BUFFER_BYTES = 1 << 20;

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Topic {
  readonly name: string;
  readonly partitions: number;
  readonly configs?: Readonly<Record<string, string>>;
}

/** A connection that cuts answers into frames; `answer` gets each without its length, valid during the call. */
export function connectFrames(
  address: Address,
  on: {
    readonly connected: () => void;
    readonly answer: (frame: Buffer) => void;
    readonly failed: (error: Error) => void;
  },
): Socket {
  let held: Buffer = Buffer.alloc(0);
  const onBytes = (bytes: Buffer): void => {
    let data = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
    try {
      while (data.length >= 4 && data.length >= 4 + data.readInt32BE(0)) {
        const end = 4 + data.readInt32BE(0);
        on.answer(data.subarray(4, end));
        data = data.subarray(end);
      }
    } catch (error) {
      socket.destroy();
      on.failed(error as Error);
      return;
    }
    held = Buffer.from(data);
  };
  const socket = new Socket({
    onread: {
      buffer: Buffer.allocUnsafeSlow(READ_BUFFER_BYTES),
      callback: (count: number, bytes: Uint8Array) => {
        onBytes((bytes as Buffer).subarray(0, count));
        return true;
      },
    },
  });
  socket.setNoDelay(true);
  socket.on('error', on.failed);
  socket.on('close', () => on.failed(new Error('the server closed the connection')));
  socket.connect(address.port, address.host, on.connected);
  return socket;
}

/** Sends one request on a connection of its own and gives the answer. */
export function call(address: Address, request: readonly Buffer[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => fail(new Error('no answer')), CALL_MS_MAX);
    const socket = connectFrames(address, {
      connected: () => request.forEach((chunk) => socket.write(chunk)),
      answer: (frame) => {
        clearTimeout(timer);
        resolve(Buffer.from(frame));
        socket.destroy();
      },
      failed: fail,
    });
  });
}

/** Makes a topic and waits until each partition is served: metadata may know of it before. */
export async function createTopic(address: Address, topic: Topic): Promise<void> {
  const configs = Object.entries(topic.configs ?? {}).map(([name, value]) => ({ name, value }));
  const wanted = { name: topic.name, numPartitions: topic.partitions, replicationFactor: 1 };
  const answer = await call(
    address,
    frame(19, CREATE_TOPICS_VERSION, (writer) =>
      writeCreateTopicsRequest(
        writer,
        {
          topics: [{ ...wanted, assignments: [], configs }],
          timeoutMs: 30_000,
          validateOnly: false,
        },
        CREATE_TOPICS_VERSION,
      ),
    ),
  );
  const result = readCreateTopicsResponse(new Reader(answer, 4), CREATE_TOPICS_VERSION).topics[0];
  if (result?.errorCode !== 0)
    throw new Error(`topic ${topic.name} could not be made: error ${result?.errorCode}`);
  while ((await leadersOf(address, topic.name)) < topic.partitions) await pause(20);
  for (let partition = 0; partition < topic.partitions; partition++)
    while (!(await isServed(address, topic.name, partition))) await pause(20);
}

async function isServed(address: Address, topic: string, partition: number): Promise<boolean> {
  const answer = await call(address, fetchRequest(topic, partition, 0, 0));
  try {
    return readFetched(answer, topic.length).bytes === 0;
  } catch {
    return false;
  }
}

/** Deletes a topic; what it held leaves the disk by the server's own pace. */
export async function deleteTopic(address: Address, name: string): Promise<void> {
  const message = { ...defaultDeleteTopicsRequest(), topicNames: [name], timeoutMs: 30_000 };
  await call(
    address,
    frame(20, DELETE_TOPICS_VERSION, (writer) =>
      writeDeleteTopicsRequest(writer, message, DELETE_TOPICS_VERSION),
    ),
  );
}

/** Partitions of a topic that have a leader; asking makes the topic where the server creates topics by itself. */
export async function leadersOf(address: Address, name: string): Promise<number> {
  const message = {
    ...defaultMetadataRequest(),
    topics: [{ name, topicId: NO_TOPIC_ID }],
    allowAutoTopicCreation: true,
  };
  const request = frame(3, METADATA_VERSION, (writer) =>
    writeMetadataRequest(writer, message, METADATA_VERSION),
  );
  const answer = await call(address, request);
  const topic = readMetadataResponse(new Reader(answer, 4), METADATA_VERSION).topics[0];
  return topic?.errorCode === 0
    ? topic.partitions.filter(({ leaderId, errorCode }) => errorCode === 0 && leaderId >= 0).length
    : 0;
}

/** `count` records of `bytes` each as one batch, made now. */
export function batchOf(count: number, bytes: number): Buffer {
  const value = Buffer.alloc(bytes);
  for (let at = 0; at < value.length; at++) value[at] = (at * 31) & 0xff;
  const timestamp = Date.now();
  return buildBatch({
    baseOffset: 0,
    records: Array.from({ length: count }, () => ({ key: null, value, timestamp, headers: [] })),
  });
}

/** Records of `recordBytes` that fill a batch of about `batchBytes`. */
export function recordsPerBatch(batchBytes: number, recordBytes: number): number {
  return Math.max(1, Math.floor((batchBytes - RECORD_BATCH_HEADER_BYTES) / (recordBytes + 8)));
}

/** Produce of one batch with acks=all; answered as `readProduced` reads it. */
export function produceRequest(topic: string, index: number, records: Buffer): readonly Buffer[] {
  const message = {
    ...defaultProduceRequest(),
    acks: -1,
    timeoutMs: 30_000,
    topicData: [{ name: topic, topicId: NO_TOPIC_ID, partitionData: [{ index, records }] }],
  };
  return frame(0, PRODUCE_VERSION, (writer) =>
    writeProduceRequest(writer, message, PRODUCE_VERSION),
  );
}

/** The base offset that a produce was answered with. Throws for an error code. */
export function readProduced(answer: Buffer): number {
  const at = answer.length - PRODUCE_ANSWER_TAIL_BYTES;
  const error = answer.readInt16BE(at);
  if (error !== 0) throw new Error(`produce answered error ${error}`);
  return Number(answer.readBigInt64BE(at + 2));
}

/** Fetch of one partition: waits for a byte, takes up to 1 MiB. */
export function fetchRequest(
  topic: string,
  partition: number,
  fetchOffset: number,
  maxWaitMs = FETCH_WAIT_MS,
): readonly Buffer[] {
  const wanted = {
    partition,
    currentLeaderEpoch: -1,
    fetchOffset,
    lastFetchedEpoch: -1,
    logStartOffset: -1,
    partitionMaxBytes: 1 << 20,
  };
  const message = {
    ...defaultFetchRequest(),
    maxWaitMs,
    minBytes: 1,
    maxBytes: 50 << 20,
    topics: [{ topic, topicId: NO_TOPIC_ID, partitions: [wanted] }],
  };
  return frame(1, FETCH_VERSION, (writer) =>
    writeFetchRequest(writer, message as never, FETCH_VERSION),
  );
}

export interface Fetched {
  readonly bytes: number;
  readonly nextOffset: number | undefined;
  readonly highWatermark: number;
}

/** Reads a fetch answer for one partition without decoding its records. Throws for an error code. */
export function readFetched(answer: Buffer, topicLength: number): Fetched {
  let at = 4 + 4 + 4 + 2 + topicLength + 4 + 4;
  const error = answer.readInt16BE(at);
  if (error !== 0) throw new Error(`fetch answered error ${error}`);
  const highWatermark = Number(answer.readBigInt64BE(at + 2));
  at += 2 + 8 + 8;
  const aborted = answer.readInt32BE(at);
  at += 4 + Math.max(0, aborted) * 16;
  const bytes = answer.readInt32BE(at);
  at += 4;
  const end = at + bytes;
  let nextOffset: number | undefined;
  while (at + 27 <= end) {
    const size = 12 + answer.readInt32BE(at + 8);
    if (at + size > end) break;
    nextOffset = Number(answer.readBigInt64BE(at)) + answer.readInt32BE(at + 23) + 1;
    at += size;
  }
  return { bytes: Math.max(0, bytes), nextOffset, highWatermark };
}

function frame(apiKey: number, version: number, body: (writer: Writer) => void): readonly Buffer[] {
  const writer = new Writer();
  writer.writeInt16(apiKey);
  writer.writeInt16(version);
  writer.writeInt32(0);
  writer.writeNullableString('bench');
  body(writer);
  const length = Buffer.allocUnsafe(4);
  length.writeInt32BE(writer.size());
  return [length, ...writer.finish()];
}

/** Waits `ms`. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
