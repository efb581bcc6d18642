import { Kafka, logLevel, type Consumer, type Producer, type Transaction } from 'kafkajs';

export interface TransactionalLoadOptions {
  readonly bootstrap: string;
  /** A topic with at least two partitions. */
  readonly topic: string;
  readonly transactionalId: string;
}

/** How a transaction ended, as far as its producer knows. */
export type Outcome = 'committed' | 'aborted' | 'unknown';

/** Numbered transactions, one after another: each writes its number once to both partitions. */
export interface TransactionalLoad {
  /** Outcomes by number, in the order of sending. */
  readonly outcomes: readonly Outcome[];
  /** Ends the load with a transaction that is certainly committed. */
  stop(): Promise<void>;
}

const PARTITIONS = [0, 1] as const;
const TIMEOUT_MS = 10_000;
/** Every third transaction is aborted. */
const ABORT_EACH = 3;

function client({ bootstrap }: TransactionalLoadOptions): Kafka {
  return new Kafka({
    clientId: 'transactional-load',
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 2_000,
    requestTimeout: 5_000,
    retry: { retries: 8, initialRetryTime: 20, maxRetryTime: 250 },
  });
}

/**
 * Runs transactions until stopped, through any number of broker crashes. After a failure a new
 * producer takes the transactional id over, which ends what the last one left; how that transaction
 * ended is unknown then.
 */
export async function startTransactionalLoad(
  options: TransactionalLoadOptions,
): Promise<TransactionalLoad> {
  const outcomes: Outcome[] = [];
  const stop = new AbortController();
  let producer = await connect(options);
  const runOne = async (wanted: 'committed' | 'aborted'): Promise<Outcome> => {
    const number = outcomes.push('unknown') - 1;
    let transaction: Transaction | undefined;
    try {
      transaction = await producer.transaction();
      for (const partition of PARTITIONS)
        await transaction.send({
          topic: options.topic,
          acks: -1,
          messages: [{ partition, value: String(number) }],
        });
      await (wanted === 'committed' ? transaction.commit() : transaction.abort());
      outcomes[number] = wanted;
    } catch {
      await producer.disconnect().catch(() => undefined);
      producer = await connect(options);
    }
    return outcomes[number] ?? 'unknown';
  };
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted)
      await runOne(outcomes.length % ABORT_EACH === ABORT_EACH - 1 ? 'aborted' : 'committed');
  };
  const running = run();
  // Seen when stop() awaits it; without this a failure before that would end the test process.
  running.catch(() => undefined);
  return {
    outcomes,
    stop: async () => {
      stop.abort();
      await running;
      while ((await runOne('committed')) !== 'committed');
      await producer.disconnect();
    },
  };
}

async function connect(options: TransactionalLoadOptions): Promise<Producer> {
  for (;;) {
    const producer = client(options).producer({
      transactionalId: options.transactionalId,
      maxInFlightRequests: 1,
      idempotent: true,
      transactionTimeout: TIMEOUT_MS,
    });
    try {
      await producer.connect();
      return producer;
    } catch {
      await producer.disconnect().catch(() => undefined);
    }
  }
}

/**
 * What a reader of committed records sees of a load that has stopped, against what its producer
 * knows. Returns one sentence for each thing that is wrong; none when all is well.
 */
export async function checkTransactions(
  options: TransactionalLoadOptions,
  outcomes: readonly Outcome[],
): Promise<readonly string[]> {
  const last = outcomes.length - 1;
  const seen = await readCommitted(options, last);
  const problems: string[] = [];
  for (const partition of PARTITIONS) {
    const numbers = seen[partition];
    if (new Set(numbers).size !== numbers.length) problems.push(`${partition}: a duplicate`);
    if (numbers.some((number, index) => index > 0 && number < (numbers[index - 1] ?? -1)))
      problems.push(`${partition}: out of order`);
  }
  const [first, second] = PARTITIONS.map((partition) => new Set(seen[partition]));
  for (const [number, outcome] of outcomes.entries()) {
    const places = Number(first?.has(number)) + Number(second?.has(number));
    if (places === 1) problems.push(`${number}: only half of it is visible`);
    if (outcome === 'committed' && places === 0) problems.push(`${number}: committed and lost`);
    if (outcome === 'aborted' && places > 0) problems.push(`${number}: aborted and visible`);
  }
  return problems;
}

async function readCommitted(
  options: TransactionalLoadOptions,
  last: number,
): Promise<readonly [number[], number[]]> {
  const consumer = client(options).consumer({
    groupId: `check-${process.hrtime.bigint()}`,
    maxWaitTimeInMs: 100,
    readUncommitted: false,
  });
  await consumer.connect();
  await consumer.subscribe({ topic: options.topic, fromBeginning: true });
  const seen: readonly [number[], number[]] = [[], []];
  await readUntil(consumer, (partition, number) => {
    seen[partition === 0 ? 0 : 1].push(number);
    return seen.every((numbers) => numbers.at(-1) === last);
  });
  await consumer.disconnect();
  return seen;
}

function readUntil(
  consumer: Consumer,
  isLast: (partition: number, number: number) => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    consumer
      .run({
        eachMessage: ({ message, partition }) => {
          if (isLast(partition, Number(message.value))) resolve();
          return Promise.resolve();
        },
      })
      .catch(reject);
  });
}
