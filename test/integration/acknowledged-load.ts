import { Kafka, logLevel, type Producer, type SASLOptions } from 'kafkajs';

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

/**
 * kafkajs gives a send up, without trying again, when its connection ended between being chosen and being asked for
 * metadata (`refreshMetadata` in its broker pool).
 */
const GIVEN_UP_BY_CLIENT = 'Broker not connected';

/**
 * Sends numbered records with acks=all and idempotence until stopped, through any number of broker crashes. A send that
 * the client gave up may be stored or not, so its numbers are not sent again, and a new producer id follows it: the
 * same sequence with other records would be taken for a repetition.
 */
export async function startAcknowledgedLoad(options: LoadOptions): Promise<Load> {
  const newProducer = (): Producer =>
    client(options).producer({ idempotent: true, maxInFlightRequests: 1 });
  let producer = newProducer();
  await producer.connect();
  const acknowledged: number[] = [];
  let next = 0;
  const stop = new AbortController();
  const send = async (numbers: readonly number[]): Promise<void> => {
    const messages = numbers.map((number) => ({ partition: 0, value: String(number) }));
    // Connecting again is nothing to a producer that is connected.
    await producer.connect();
    await producer.send({ topic: options.topic, acks: -1, messages });
    acknowledged.push(...numbers);
  };
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        await send(Array.from({ length: RECORDS_PER_SEND }, () => next++));
      } catch (error) {
        if (!(error instanceof Error) || error.message !== GIVEN_UP_BY_CLIENT) throw error;
        await producer.disconnect();
        producer = newProducer();
      }
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
