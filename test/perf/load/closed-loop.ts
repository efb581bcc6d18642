import type { Socket } from 'node:net';
import {
  batchOf,
  connectFrames,
  fetchRequest,
  produceRequest,
  readFetched,
  readProduced,
  recordsPerBatch,
  type Address,
} from './wire.ts';

export interface Load {
  readonly address: Address;
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
}

/** Produces `totalBytes` with acks=all over all partitions; fails at the first error that is answered. */
export function produce(load: Load): Promise<LoadResult> {
  return send(load, (answer) => void readProduced(answer));
}

/** Sends produce requests to a server that answers 50 bytes to each: the floor that loopback sets. */
export function echo(load: Load): Promise<LoadResult> {
  return send(load, () => undefined);
}

async function send(load: Load, onAnswer: (answer: Buffer) => void): Promise<LoadResult> {
  const records = batchOf(recordsPerBatch(load.batchBytes, load.recordBytes), load.recordBytes);
  const requests = Math.max(1, Math.ceil(load.totalBytes / records.length));
  let next = 0;
  const started = performance.now();
  const nextRequest = (): readonly Buffer[] | undefined =>
    next < requests ? produceRequest(load.topic, next++ % load.partitions, records) : undefined;
  await Promise.all(
    Array.from({ length: load.connections }, () => exchange(load, { next: nextRequest, onAnswer })),
  );
  return { seconds: (performance.now() - started) / 1000, bytes: requests * records.length };
}

/** Consumes what `produce` wrote: each connection reads its share of the partitions from the start. */
export async function consume(load: Load): Promise<LoadResult> {
  let bytes = 0;
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
          return fetchRequest(load.topic, partition, offsets.get(partition) ?? 0);
        },
        onAnswer: (answer) => {
          const partition = asked.shift() as number;
          const read = readFetched(answer, load.topic.length);
          bytes += read.bytes;
          if (read.nextOffset === undefined || read.nextOffset >= read.highWatermark) return;
          offsets.set(partition, read.nextOffset);
          waiting.push(partition);
        },
      });
    }),
  );
  return { seconds: (performance.now() - started) / 1000, bytes };
}

interface Exchange {
  /** The next request, or undefined when none is to be sent now. */
  next(): readonly Buffer[] | undefined;
  onAnswer(answer: Buffer): void;
}

function exchange(load: Load, script: Exchange): Promise<void> {
  return new Promise((resolve, reject) => {
    let inFlight = 0;
    const sendMore = (socket: Socket): void => {
      socket.cork();
      while (inFlight < load.inFlight) {
        const request = script.next();
        if (request === undefined) break;
        inFlight++;
        for (const chunk of request) socket.write(chunk);
      }
      socket.uncork();
      if (inFlight === 0) {
        resolve();
        socket.destroy();
      }
    };
    const socket = connectFrames(load.address, {
      connected: () => sendMore(socket),
      answer: (answer) => {
        inFlight--;
        script.onAnswer(answer);
        sendMore(socket);
      },
      failed: reject,
    });
  });
}
