import { writeFileSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { startBroker, temporaryFolder, type TestBroker } from '@weirhouse/testing-harness';
import { Kafka, logLevel } from 'kafkajs';
import { nextAttack, type Attack } from './attacks.ts';
import { loadCorpus, type Corpus } from './corpus.ts';
import { SeededRandom } from './random.ts';

/** How long and with what to attack. */
export interface FuzzOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly onProgress?: (state: FuzzResult) => void;
}

/** What came of it. */
export interface FuzzResult {
  readonly attacks: number;
  /** Attacks that got at least one answer; the others were closed or had nothing to answer. */
  readonly answered: number;
  readonly byName: ReadonlyMap<string, number>;
  readonly residentBytesMax: number;
  /** The longest that a well-behaved client waited for an answer meanwhile. */
  readonly answerMsMax: number;
  /** What the broker said of itself at level error. */
  readonly errors: readonly string[];
}

/** Hostile connections at a time. */
const CONNECTIONS = 12;
/** How long a hostile connection stays after its last byte. */
const LINGER_MS = 60;
/** How often a well-behaved client asks and the memory is read. */
const WATCH_MS = 250;
/** A client that waits this long for ApiVersions is taken to be stuck. */
const ANSWER_MS_MAX = 10_000;
const TOPIC = 'well-behaved';

/**
 * Attacks a real broker process. Throws when it ends, does not answer a well-behaved client, or loses
 * what that client wrote before.
 */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const folder = temporaryFolder('fuzz');
  const credentials = join(folder.path, 'credentials.json');
  const users = [{ name: 'admin', password: 'the password of a fuzzed broker' }];
  writeFileSync(credentials, JSON.stringify({ users }));
  const broker = await startBroker({
    dir: join(folder.path, 'data'),
    config: {
      listeners: 'PLAINTEXT://127.0.0.1:0,SASL_PLAINTEXT://127.0.0.1:0',
      'bootstrap.credentials.file': credentials,
      'super.users': 'User:ANONYMOUS;User:admin',
      'log.level': 'error',
    },
  });
  try {
    return await attack(broker, options);
  } finally {
    broker.kill('SIGKILL');
    await broker.exited();
    folder.remove();
  }
}

async function attack(broker: TestBroker, options: FuzzOptions): Promise<FuzzResult> {
  const corpus = loadCorpus();
  const sasl = /SASL_PLAINTEXT:\/\/([^\s,]+)/.exec(broker.output())?.[1] ?? '';
  const kafka = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING });
  await prepare(kafka, corpus);
  const run = new Run(broker, { plain: broker.bootstrap, sasl }, corpus);
  const endMs = performance.now() + options.durationMs;
  const random = new SeededRandom(options.seed);
  const workers = Array.from({ length: CONNECTIONS }, async () => {
    while (performance.now() < endMs && run.isAlive) await run.one(nextAttack(random, corpus));
  });
  const watcher = (async () => {
    while (performance.now() < endMs && run.isAlive) {
      await run.watch();
      options.onProgress?.(run.result());
    }
  })();
  await Promise.all([...workers, watcher]);
  if (!run.isAlive) throw new Error(`the broker ended:\n${broker.output().slice(-4000)}`);
  await run.watch();
  await readBack(kafka);
  return run.result();
}

/** Makes topics that the requests name, and writes a record that must be there afterwards. */
async function prepare(kafka: Kafka, corpus: Corpus): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({
    topics: [TOPIC, ...corpus.topics].map((topic) => ({ topic, numPartitions: 1 })),
  });
  await admin.disconnect();
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: TOPIC, acks: -1, messages: [{ value: 'kept' }] });
  await producer.disconnect();
}

async function readBack(kafka: Kafka): Promise<void> {
  const consumer = kafka.consumer({ groupId: 'reader-after-the-attack' });
  await consumer.connect();
  await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
  const value = await new Promise<string>((resolve, reject) => {
    const deadline = setTimeout(() => reject(new Error('the record is not served')), 30_000);
    void consumer.run({
      eachMessage: ({ message }) => {
        clearTimeout(deadline);
        resolve(String(message.value));
        return Promise.resolve();
      },
    });
  });
  await consumer.disconnect();
  if (value !== 'kept') throw new Error(`the first record is "${value}"`);
}

/** One run: counts, and looks after the broker. */
class Run {
  readonly #broker: TestBroker;
  readonly #addresses: { readonly plain: string; readonly sasl: string };
  readonly #apiVersions: Buffer;
  readonly #byName = new Map<string, number>();
  #attacks = 0;
  #answered = 0;
  #residentBytesMax = 0;
  #answerMsMax = 0;

  constructor(broker: TestBroker, addresses: { plain: string; sasl: string }, corpus: Corpus) {
    this.#broker = broker;
    this.#addresses = addresses;
    const found = corpus.requests.find((frame) => frame.readInt32BE(0) === 18 << 16);
    if (found === undefined) throw new Error('the corpus has ApiVersions version 0');
    this.#apiVersions = Buffer.concat([lengthOf(found), found]);
  }

  get isAlive(): boolean {
    return this.#broker.child.exitCode === null && this.#broker.child.signalCode === null;
  }

  result(): FuzzResult {
    const lines = this.#broker.output().split('\n');
    return {
      attacks: this.#attacks,
      answered: this.#answered,
      byName: this.#byName,
      residentBytesMax: this.#residentBytesMax,
      answerMsMax: this.#answerMsMax,
      errors: lines.filter((line) => /"level":("error"|50|60)/.test(line)),
    };
  }

  /** Carries out one attack. */
  async one(attack: Attack): Promise<void> {
    this.#attacks += 1;
    this.#byName.set(attack.name, (this.#byName.get(attack.name) ?? 0) + 1);
    const address = attack.isStranger ? this.#addresses.sasl : this.#addresses.plain;
    const { bytes } = await exchange(address, attack.pieces, { lingerMs: LINGER_MS });
    if (bytes > 0) this.#answered += 1;
  }

  /** Asks as a well-behaved client would, and reads the memory. */
  async watch(): Promise<void> {
    const startMs = performance.now();
    const { bytes } = await exchange(this.#addresses.plain, [this.#apiVersions], {
      lingerMs: ANSWER_MS_MAX,
      untilAnswered: true,
    });
    const tookMs = performance.now() - startMs;
    if (bytes === 0 && this.isAlive)
      throw new Error(`no answer to ApiVersions within ${ANSWER_MS_MAX} ms`);
    this.#answerMsMax = Math.max(this.#answerMsMax, tookMs);
    this.#residentBytesMax = Math.max(this.#residentBytesMax, residentBytes(this.#broker.pid));
    await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
  }
}

function lengthOf(body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return length;
}

function residentBytes(pid: number): number {
  try {
    const pages = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1];
    return Number(pages) * 4096;
  } catch {
    return 0;
  }
}

/** Sends the pieces on a connection of its own and tells how many bytes came back. */
function exchange(
  address: string,
  pieces: readonly Buffer[],
  options: { readonly lingerMs: number; readonly untilAnswered?: boolean },
): Promise<{ readonly bytes: number }> {
  const [host = '', port = ''] = address.split(':');
  return new Promise((resolve) => {
    let bytes = 0;
    const socket = connect({ host, port: Number(port), noDelay: true });
    const end = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ bytes });
    };
    const timer = setTimeout(end, options.lingerMs + pieces.length);
    socket.on('connect', () => {
      for (const piece of pieces) socket.write(piece);
    });
    socket.on('data', (chunk) => {
      bytes += chunk.length;
      if (options.untilAnswered === true) end();
    });
    socket.on('error', () => undefined);
    socket.on('close', end);
  });
}
