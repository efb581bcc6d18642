import { Worker } from 'node:worker_threads';
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

/** Requests on their way at a time, as the Java producer keeps them; records due meanwhile leave together. */
const IN_FLIGHT_MAX = 5;
/** The Java producer's batch.size. */
const BATCH_BYTES_MAX = 16_384;
/** How long the last answers may take. */
const DRAIN_MS_MAX = 30_000;

export interface OpenLoad {
  readonly address: Address;
  /** A fresh topic of one partition. */
  readonly topic: string;
  readonly recordBytes: number;
  readonly perSecond: number;
  /** Time before counting begins. */
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** Latencies in microseconds, one per record, counted from the time it was due to be sent. */
export interface OpenLoadResult {
  readonly ackUs: Float64Array;
  readonly endToEndUs: Float64Array;
  /** How late the loader itself was. */
  readonly sentLateUs: Float64Array;
}

const nowUs = (): number => Number(process.hrtime.bigint() / 1000n);

/**
 * Sends one record every 1/perSecond, whatever the server does (linger 0, acks=all, one connection), and
 * reads the partition on another connection: neither a slow server nor a full pipe stops the clock.
 */
export async function runOpenLoad(load: OpenLoad, withConsumer: boolean): Promise<OpenLoadResult> {
  const skipped = Math.round(load.perSecond * load.warmUpSeconds);
  const total = skipped + Math.round(load.perSecond * load.seconds);
  const intervalUs = 1e6 / load.perSecond;
  const measured: OpenLoadResult = {
    ackUs: new Float64Array(total),
    endToEndUs: new Float64Array(withConsumer ? total : 0),
    sentLateUs: new Float64Array(total),
  };
  const readUpTo = withConsumer ? await consumeInto(load, total) : undefined;
  const startUs = nowUs() + 100_000;
  const dueUs = (record: number): number => startUs + record * intervalUs;
  await produceAtPace(load, { total, dueUs, startUs, intervalUs, measured });
  const arrivals = await readUpTo?.();
  arrivals?.forEach((atUs, record) => (measured.endToEndUs[record] = atUs - dueUs(record)));
  return {
    ackUs: measured.ackUs.subarray(skipped),
    endToEndUs: measured.endToEndUs.subarray(withConsumer ? skipped : 0),
    sentLateUs: measured.sentLateUs.subarray(skipped),
  };
}

interface Pace {
  readonly total: number;
  readonly startUs: number;
  readonly intervalUs: number;
  readonly dueUs: (record: number) => number;
  readonly measured: OpenLoadResult;
}

function produceAtPace(load: OpenLoad, pace: Pace): Promise<void> {
  const { total, dueUs, measured } = pace;
  const perRequest = recordsPerBatch(BATCH_BYTES_MAX, load.recordBytes);
  const requests = new Map<number, readonly Buffer[]>();
  const requestOf = (count: number): readonly Buffer[] => {
    const made =
      requests.get(count) ?? produceRequest(load.topic, 0, batchOf(count, load.recordBytes));
    requests.set(count, made);
    return made;
  };
  const onTheirWay: { readonly first: number; readonly count: number }[] = [];
  let sent = 0;
  return new Promise((resolve, reject) => {
    const sendDue = (): void => {
      const now = nowUs();
      const due = Math.min(total, Math.floor((now - pace.startUs) / pace.intervalUs) + 1);
      if (due <= sent || onTheirWay.length >= IN_FLIGHT_MAX) return;
      const count = Math.min(due - sent, perRequest);
      for (let record = sent; record < sent + count; record++)
        measured.sentLateUs[record] = now - dueUs(record);
      onTheirWay.push({ first: sent, count });
      sent += count;
      socket.cork();
      for (const chunk of requestOf(count)) socket.write(chunk);
      socket.uncork();
    };
    const ticker = startTicker(pace, sendDue);
    const end = (error?: Error): void => {
      ticker.stop();
      socket.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    const socket = connectFrames(load.address, {
      connected: () => ticker.start(),
      answer: (answer) => {
        const now = nowUs();
        readProduced(answer);
        const { first, count } = onTheirWay.shift() as { first: number; count: number };
        for (let record = first; record < first + count; record++)
          measured.ackUs[record] = now - dueUs(record);
        if (first + count === total) end();
        else sendDue();
      },
      failed: end,
    });
  });
}

/** Wakes this thread at the pace, by a shared cell: a message between threads would take longer. */
function startTicker(pace: Pace, onTick: () => void): { start(): void; stop(): void } {
  const ticks = new Int32Array(new SharedArrayBuffer(8));
  let worker: Worker | undefined;
  const listen = async (): Promise<void> => {
    for (let seen = 0; Atomics.load(ticks, 1) === 0; seen = Atomics.load(ticks, 0)) {
      onTick();
      const waited = Atomics.waitAsync(ticks, 0, seen);
      if (waited.async) await waited.value;
    }
  };
  return {
    start: () => {
      const workerData = { ticks, intervalUs: pace.intervalUs, startUs: pace.startUs };
      worker = new Worker(new URL('ticker.ts', import.meta.url), { workerData });
      void listen();
    },
    stop: () => {
      Atomics.store(ticks, 1, 1);
      void worker?.terminate();
    },
  };
}

/** Starts to read; the function it gives waits for the last record and tells when each arrived. */
function consumeInto(load: OpenLoad, total: number): Promise<() => Promise<Float64Array>> {
  const arrivedUs = new Float64Array(total);
  let next = 0;
  return new Promise((connected, refused) => {
    const finished = new Promise<Float64Array>((resolve, reject) => {
      const socket = connectFrames(load.address, {
        connected: () => {
          ask();
          connected(() => withDeadline(finished));
        },
        answer: (answer) => {
          const now = nowUs();
          const { nextOffset } = readFetched(answer, load.topic.length);
          for (; next < (nextOffset ?? 0); next++) arrivedUs[next] = now;
          if (next < total) return ask();
          resolve(arrivedUs);
          socket.destroy();
        },
        failed: (error) => {
          refused(error);
          reject(error);
        },
      });
      const ask = (): void =>
        fetchRequest(load.topic, 0, next).forEach((chunk) => socket.write(chunk));
    });
    finished.catch(() => undefined);
  });
}

function withDeadline<T>(promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('records did not arrive')), DRAIN_MS_MAX);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
