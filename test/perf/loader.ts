import { Socket } from 'node:net';
import { buildBatch, Reader, RECORD_BATCH_HEADER_BYTES, Writer } from '@weirhouse/kafka-protocol';
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

/** Versions that every broker of the bench serves, so that all get the same bytes. */
const PRODUCE_VERSION = 3;
const FETCH_VERSION = 4;
const METADATA_VERSION = 4;
/** Asks for a new topic's metadata at most so often: each answer comes after the topic was tried again. */
const METADATA_TRIES_MAX = 200;
const RESPONSE_BUFFER_BYTES = 1 << 20;

export interface Load {
  readonly host: string;
  readonly port: number;
  readonly topic: string;
  readonly partitions: number;
  readonly connections: number;
  /** Requests each connection keeps on their way. */
  readonly inFlight: number;
  readonly batchBytes: number;
  readonly recordBytes: number;
  /** Record bytes to move in all. */
  readonly totalBytes: number;
}

export interface LoadResult {
  readonly seconds: number;
  readonly bytes: number;
  readonly requests: number;
}

/** Produces `totalBytes` with acks=all over all partitions; counts only what was acknowledged without error. */
export async function produce(load: Load): Promise<LoadResult> {
  const records = aBatch(load);
  const requests = Math.max(1, Math.ceil(load.totalBytes / load.batchBytes));
  let next = 0;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: load.connections }, () =>
      exchange(load, {
        next: () =>
          next < requests ? produceRequest(load, next++ % load.partitions, records) : undefined,
        onResponse: (response) => {
          const at = response.length - 4 - 18;
          const error = response.readInt16BE(at);
          if (error !== 0) throw new Error(`produce answered error ${error}`);
        },
      }),
    ),
  );
  return result(started, requests * load.batchBytes, requests);
}

/** Consumes what `produce` wrote: each connection reads its share of the partitions from the start. */
export async function consume(load: Load): Promise<LoadResult> {
  let bytes = 0;
  let requests = 0;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: load.connections }, (_, connection) => {
      const mine = Array.from({ length: load.partitions }, (_each, index) => index).filter(
        (index) => index % load.connections === connection,
      );
      const offsets = new Map(mine.map((index) => [index, 0]));
      const waiting: number[] = [...mine];
      const asked: number[] = [];
      return exchange(load, {
        next: () => {
          const partition = waiting.shift();
          if (partition === undefined) return undefined;
          asked.push(partition);
          requests++;
          return fetchRequest(load, partition, offsets.get(partition) ?? 0);
        },
        onResponse: (response) => {
          const partition = asked.shift() as number;
          const read = readFetched(response, load.topic.length);
          bytes += read.bytes;
          if (read.nextOffset === undefined || read.nextOffset >= read.highWatermark) return;
          offsets.set(partition, read.nextOffset);
          waiting.push(partition);
        },
      });
    }),
  );
  return result(started, bytes, requests);
}

/** Sends frames of `batchBytes` to a server that answers 50 bytes to each: the floor that loopback sets. */
export async function echo(load: Load): Promise<LoadResult> {
  const records = aBatch(load);
  const requests = Math.ceil(load.totalBytes / load.batchBytes);
  let next = 0;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: load.connections }, () =>
      exchange(load, {
        next: () =>
          next < requests ? produceRequest(load, next++ % load.partitions, records) : undefined,
        onResponse: () => undefined,
      }),
    ),
  );
  return result(started, requests * load.batchBytes, requests);
}

/** Makes the topic by asking for it (auto-creation) and waits until every partition has a leader. */
export async function ensureTopic(load: Load): Promise<void> {
  let tries = 0;
  let ready = false;
  await exchange(
    { ...load, inFlight: 1 },
    {
      next: () => {
        if (ready) return undefined;
        if (++tries > METADATA_TRIES_MAX) throw new Error(`topic ${load.topic} did not appear`);
        return metadataRequest(load.topic);
      },
      onResponse: (response) => {
        const metadata = readMetadataResponse(new Reader(response, 4), METADATA_VERSION);
        const topic = metadata.topics[0];
        ready =
          topic?.errorCode === 0 &&
          topic.partitions.length >= load.partitions &&
          topic.partitions.every((partition) => partition.leaderId >= 0);
      },
    },
  );
}

function metadataRequest(topic: string): readonly Buffer[] {
  const message = {
    ...defaultMetadataRequest(),
    topics: [{ name: topic, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }],
    allowAutoTopicCreation: true,
  };
  return request(3, METADATA_VERSION, (writer) =>
    writeMetadataRequest(writer, message, METADATA_VERSION),
  );
}

interface Exchange {
  /** The next request, or undefined when none is to be sent now. */
  next(): readonly Buffer[] | undefined;
  onResponse(response: Buffer): void;
}

function exchange(load: Load, script: Exchange): Promise<void> {
  return new Promise((resolve, reject) => {
    let inFlight = 0;
    let held: Buffer = Buffer.alloc(0);
    const buffer = Buffer.allocUnsafeSlow(RESPONSE_BUFFER_BYTES);
    const socket = new Socket({
      onread: {
        buffer,
        callback: (count: number, bytes: Uint8Array) => {
          onBytes((bytes as Buffer).subarray(0, count));
          return true;
        },
      },
    });
    const send = (): void => {
      socket.cork();
      while (inFlight < load.inFlight) {
        const request = script.next();
        if (request === undefined) break;
        inFlight++;
        for (const chunk of request) socket.write(chunk);
      }
      socket.uncork();
      if (inFlight === 0) {
        socket.destroy();
        resolve();
      }
    };
    const onBytes = (bytes: Buffer): void => {
      let data = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
      try {
        while (data.length >= 4 && data.length >= 4 + data.readInt32BE(0)) {
          const end = 4 + data.readInt32BE(0);
          inFlight--;
          script.onResponse(data.subarray(4, end));
          data = data.subarray(end);
        }
      } catch (error) {
        socket.destroy();
        reject(error);
        return;
      }
      held = Buffer.from(data);
      send();
    };
    socket.setNoDelay(true);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed the connection')));
    socket.connect(load.port, load.host, send);
  });
}

function aBatch(load: Load): Buffer {
  const count = Math.max(
    1,
    Math.floor((load.batchBytes - RECORD_BATCH_HEADER_BYTES) / (load.recordBytes + 8)),
  );
  const value = Buffer.alloc(load.recordBytes);
  for (let at = 0; at < value.length; at++) value[at] = (at * 31) & 0xff;
  return buildBatch({
    baseOffset: 0,
    records: Array.from({ length: count }, () => ({ key: null, value, timestamp: 0, headers: [] })),
  });
}

function request(
  apiKey: number,
  version: number,
  body: (writer: Writer) => void,
): readonly Buffer[] {
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

function produceRequest(load: Load, index: number, records: Buffer): readonly Buffer[] {
  const message = {
    ...defaultProduceRequest(),
    acks: -1,
    timeoutMs: 30_000,
    topicData: [
      { name: load.topic, topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitionData: [{ index, records }] },
    ],
  };
  return request(0, PRODUCE_VERSION, (writer) =>
    writeProduceRequest(writer, message, PRODUCE_VERSION),
  );
}

function fetchRequest(load: Load, partition: number, fetchOffset: number): readonly Buffer[] {
  const defaults = defaultFetchRequest();
  const message = {
    ...defaults,
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: 50 << 20,
    topics: [
      {
        topic: load.topic,
        topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
        partitions: [
          {
            partition,
            currentLeaderEpoch: -1,
            fetchOffset,
            lastFetchedEpoch: -1,
            logStartOffset: -1,
            partitionMaxBytes: 1 << 20,
          },
        ],
      },
    ],
  };
  return request(1, FETCH_VERSION, (writer) =>
    writeFetchRequest(writer, message as never, FETCH_VERSION),
  );
}

interface Fetched {
  readonly bytes: number;
  readonly nextOffset: number | undefined;
  readonly highWatermark: number;
}

/** Reads a Fetch v4 answer for one partition without decoding its records. */
function readFetched(response: Buffer, topicLength: number): Fetched {
  let at = 4 + 4 + 4 + 2 + topicLength + 4 + 4;
  const error = response.readInt16BE(at);
  if (error !== 0) throw new Error(`fetch answered error ${error}`);
  const highWatermark = Number(response.readBigInt64BE(at + 2));
  at += 2 + 8 + 8;
  const aborted = response.readInt32BE(at);
  at += 4 + Math.max(0, aborted) * 16;
  const bytes = response.readInt32BE(at);
  at += 4;
  const end = at + bytes;
  let nextOffset: number | undefined;
  while (at + 27 <= end) {
    const size = 12 + response.readInt32BE(at + 8);
    if (at + size > end) break;
    nextOffset = Number(response.readBigInt64BE(at)) + response.readInt32BE(at + 23) + 1;
    at += size;
  }
  return { bytes: Math.max(0, bytes), nextOffset, highWatermark };
}

function result(startedMs: number, bytes: number, requests: number): LoadResult {
  return { seconds: (performance.now() - startedMs) / 1000, bytes, requests };
}
