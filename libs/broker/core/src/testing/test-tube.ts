import { MemoryDisk, seededRandom } from '@weirhouse/broker-log/testing';
import { MemoryRegister, type AclRule, type ScramUpsertion } from '@weirhouse/broker-metadata';
import type { Codecs } from '@weirhouse/kafka-protocol';
import { assert, type AppError, type Log, type Random, type Uuid } from '@weirhouse/shared-kernel';

import { Broker } from '../broker.ts';
import { type Loggers, ROOT_LOGGER } from '../loggers.ts';
import type { ListenerOptions, SecurityProtocol } from '../options.ts';
import { SILENT_PROBE, type CryptoPort, type Probe } from '../ports.ts';
import { NO_LIMITS, type LimitsSource } from '../quota/broker-limits.ts';
import type { TokenVerifier } from '../sasl/token-verifier.ts';
import { apiCalls } from './api-calls.ts';
import { fakeCrypto } from './fake-crypto.ts';
import { TestClient } from './test-client.ts';
import { VirtualTime } from './virtual-time.ts';

export { adminCalls } from './admin-calls.ts';
export { apiCalls } from './api-calls.ts';
export { fetchRequest, produceRequest } from './requests.ts';

/** The listener whose clients are `User:ANONYMOUS`. */
export const PLAIN_LISTENER = 'PLAINTEXT';

/** The listener whose clients must authenticate. */
export const SASL_LISTENER = 'SASL';

/** Small chunks, so that tests can fill the memory without much data. */
const ARENA_CHUNKS = 32;
const CHUNK_BYTES = 262_144;

/** What a test wants to be different. */
export interface TestTubeOptions {
  readonly settings?: Readonly<Record<string, string>>;
  readonly superUsers?: readonly string[];
  readonly reservedSettings?: readonly string[];
  readonly credentials?: readonly ScramUpsertion[];
  readonly acls?: readonly AclRule[];
  readonly crypto?: CryptoPort;
  readonly seed?: number;
  /** None when absent: compressed batches are then taken unseen. */
  readonly codecs?: Codecs;
  /** Decides on bearer tokens; without one OAUTHBEARER is not offered. */
  readonly tokenVerifier?: TokenVerifier;
  readonly authenticationMsMax?: number;
  readonly probe?: Probe;
  readonly limits?: LimitsSource;
}

/**
 * A whole broker in memory: virtual time, a disk that can be killed, clients without sockets. Nothing
 * moves on its own: `settle` runs what is due now, `advance` moves time.
 */
export class TestTube {
  readonly time = new VirtualTime();
  readonly disk = new MemoryDisk();
  readonly register = new MemoryRegister();
  readonly random: Random;
  /** What was logged as a warning or an error. */
  readonly problems: { fields: object; message: string }[] = [];
  /** What made the broker give up. */
  failure: AppError | undefined;
  readonly #options: TestTubeOptions;
  readonly #turn: (() => void)[] = [];
  #broker: Broker | undefined;

  constructor(options: TestTubeOptions = {}) {
    this.#options = options;
    this.random = seededRandom(options.seed ?? 1);
    this.boot();
  }

  get broker(): Broker {
    assert(this.#broker !== undefined, 'the broker runs');
    return this.#broker;
  }

  /** Starts a new broker on what is on the disk. */
  boot(): void {
    const broker = new Broker(this.#brokerOptions());
    this.#broker = broker;
    let isStarted = false;
    broker.start((error) => {
      if (error !== undefined) throw error;
      isStarted = true;
    });
    this.settle();
    assert(isStarted, 'the broker has started');
  }

  /** Stops the broker in order and starts it again. */
  restart(): void {
    let isStopped = false;
    this.broker.shutdown(() => (isStopped = true));
    this.settle();
    assert(isStopped, 'the broker has stopped');
    this.boot();
  }

  /** Kills the process, or cuts the power, and starts a new broker. */
  crash(kind: 'kill' | 'power'): void {
    this.#turn.length = 0;
    this.time.clear();
    if (kind === 'kill') this.disk.kill(this.random);
    else this.disk.cutPower(this.random);
    this.boot();
  }

  /** Runs ends of turns and disk operations until nothing is left. */
  settle(): void {
    do {
      for (const callback of this.#turn.splice(0)) callback();
    } while (this.disk.completeOne() || this.#turn.length > 0);
  }

  /** Runs the ends of turns only: what was appended is on its way to the disk. */
  endTurn(): void {
    for (const callback of this.#turn.splice(0)) callback();
  }

  /** Moves time; everything settles after each timer. */
  advance(ms: number): void {
    this.settle();
    this.time.advance(ms, () => this.settle());
    this.settle();
  }

  connect(listenerName: string = PLAIN_LISTENER, host = '10.0.0.7'): TestClient {
    return new TestClient({
      broker: this.broker,
      listenerName,
      host,
      settle: () => this.settle(),
    });
  }

  /** Creates a topic and gives its id. */
  createTopic(
    name: string,
    options: { partitions?: number; configs?: Readonly<Record<string, string>> } = {},
  ): Uuid {
    const { configs = {}, partitions = 1 } = options;
    const topic = {
      name,
      numPartitions: partitions,
      replicationFactor: 1,
      assignments: [],
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    };
    const client = this.connect();
    const response = client.call(apiCalls.createTopics, 7, { topics: [topic] });
    client.disconnect();
    const [result] = response.topics;
    assert(result?.errorCode === 0, `topic ${name} is created`);
    return result.topicId;
  }

  #brokerOptions() {
    const {
      acls,
      authenticationMsMax,
      codecs,
      credentials,
      crypto,
      reservedSettings,
      settings,
      superUsers,
      tokenVerifier,
    } = this.#options;
    const { random, time } = this;
    const values = {
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      'allow.everyone.if.no.acl.found': 'true',
      'group.initial.rebalance.delay.ms': '0',
      'offsets.topic.num.partitions': '4',
      ...settings,
    };
    return {
      nodeId: 1,
      clusterId: undefined,
      rack: null,
      listeners: [
        listener(PLAIN_LISTENER, 'PLAINTEXT', 9092),
        { ...listener(SASL_LISTENER, 'SASL_PLAINTEXT', 9093), tokenVerifier },
      ],
      settings: new Map(Object.entries(values)),
      superUsers: new Set(superUsers ?? []),
      reservedSettings: new Set(reservedSettings ?? []),
      bootstrap: { credentials: credentials ?? [], acls: acls ?? [] },
      secret: Buffer.alloc(32, 's'),
      authenticationMsMax,
      limits: this.#options.limits ?? NO_LIMITS,
      storage: {
        disk: this.disk,
        memory: Buffer.alloc(ARENA_CHUNKS * CHUNK_BYTES),
        chunkBytes: CHUNK_BYTES,
        ...(codecs !== undefined && { codecs }),
      },
      logDirectory: {
        id: 'folder-of-a-test-tubeA',
        path: '/data',
        space: () => ({ totalBytes: 1e9, usableBytes: 4e8 }),
      },
      register: this.register,
      onFailure: (error: AppError) => (this.failure = error),
      ports: {
        clock: time,
        timers: time,
        random,
        crypto: crypto ?? fakeCrypto,
        log: this.#log(),
        loggers: this.#loggers(),
        probe: this.#options.probe ?? SILENT_PROBE,
        afterTurn: (callback: () => void) => this.#turn.push(callback),
      },
    };
  }

  /** One logger whose level tests can see. */
  #loggers(): Loggers {
    const levels = new Map([[ROOT_LOGGER, 'INFO']]);
    return { levels: () => levels, setLevel: (name, level) => levels.set(name, level) };
  }

  #log(): Log {
    const keep = (fields: object, message: string) => this.problems.push({ fields, message });
    return { debug: () => {}, info: () => {}, warn: keep, error: keep };
  }
}

function listener(
  name: string,
  securityProtocol: SecurityProtocol,
  advertisedPort: number,
): ListenerOptions {
  return { name, securityProtocol, advertisedHost: 'broker-1.test', advertisedPort };
}
