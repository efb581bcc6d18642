import { Kafka, logLevel, type SASLOptions } from 'kafkajs';

export interface LoadOptions {
  readonly bootstrap: string;
  readonly sasl?: SASLOptions;
  readonly topic: string;
}

/** Records of one run: each has a number; numbers are sent in order to one partition and never twice by us. */
export interface Load {
  /** Numbers whose send was acknowledged. */
  readonly acknowledged: readonly number[];
  /** What ended it before it was stopped, if anything did. */
  readonly failure: unknown;
  /** Ends the load after the send under way. */
  stop(): Promise<void>;
}

const RECORDS_PER_SEND = 10;

function client(options: LoadOptions): Kafka {
  return new Kafka({
    clientId: 'load',
    brokers: [options.bootstrap],
    ...(options.sasl !== undefined && { sasl: options.sasl }),
    logLevel: logLevel.NOTHING,
    connectionTimeout: 2000,
    requestTimeout: 5000,
    retry: {
      retries: 60,
      initialRetryTime: 20,
      maxRetryTime: 250,
      restartOnFailure: () => Promise.resolve(true),
    },
  });
}

/** Sends numbered records with acks=all and idempotence until stopped, through any number of broker crashes. */
export async function startAcknowledgedLoad(options: LoadOptions): Promise<Load> {
  const producer = client(options).producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const acknowledged: number[] = [];
  let next = 0;
  const stop = new AbortController();
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const numbers = Array.from({ length: RECORDS_PER_SEND }, () => next++);
      await producer.send({
        topic: options.topic,
        acks: -1,
        messages: numbers.map((number) => ({ partition: 0, value: String(number) })),
      });
      acknowledged.push(...numbers);
    }
  };
  const running = run();
  let failure: unknown;
  // Seen when stop() awaits it; without this a failure before that would end the test process.
  running.catch((error: unknown) => {
    failure = error;
  });
  return {
    acknowledged,
    get failure() {
      return failure;
    },
    stop: async () => {
      stop.abort();
      await running;
      await producer.disconnect();
    },
  };
}

/** All numbers that stand in the partition, in its order. */
export async function readNumbers(options: LoadOptions, last: number): Promise<number[]> {
  const consumer = client(options).consumer({
    groupId: `check-${process.hrtime.bigint()}`,
    maxWaitTimeInMs: 100,
  });
  await consumer.connect();
  await consumer.subscribe({ topic: options.topic, fromBeginning: true });
  const numbers: number[] = [];
  await new Promise<void>((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    consumer
      .run({
        eachMessage: ({ message }) => {
          const number = Number(message.value);
          numbers.push(number);
          if (number === last) resolve();
          return Promise.resolve();
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return numbers;
}
