import { defaultCreateTopicsRequestCreatableTopic } from '@weirhouse/kafka-protocol/messages/create-topics-request';
import type {
  CreateTopicsRequest,
  CreateTopicsRequestCreatableTopic,
} from '@weirhouse/kafka-protocol/messages/create-topics-request';
import type { BrokerRegistrationRequest } from '@weirhouse/kafka-protocol/messages/broker-registration-request';
import type { Random } from '@weirhouse/shared-kernel';
import { ConfigResolver } from './configs/resolver.ts';
import { bootstrapRecords, SUPPORTED_FEATURES } from './controller/bootstrap.ts';
import { registerBroker, unfenceBroker } from './controller/brokers.ts';
import type { ControllerContext, ControllerResult } from './controller/controller-types.ts';
import { createTopics } from './controller/create-topics.ts';
import { MetadataImage } from './image/metadata-image.ts';
import { decodeMetadataRecord, encodeMetadataRecord, type MetadataRecord } from './records.ts';
import type { ScramCrypto } from './sasl/scram-crypto.ts';

/** Builders for the specs of this lib; not part of its surface. */

export const CLUSTER_ID = 'cluster-id-of-a-spec-A';

/** A seeded generator (mulberry32): equal seeds give equal cases. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    bytes: (length) => Buffer.from(Array.from({ length }, () => Math.floor(next() * 256))),
    below: (bound) => Math.floor(next() * bound),
  };
}

/** Cryptography that only has the right shape: keys are told apart, nothing is secret. */
export const shapeOnlyCrypto: ScramCrypto = {
  hmac: (hash, key, data) => Buffer.concat([Buffer.from(`${hash}-hmac:`), key, data]),
  hash: (hash, data) => Buffer.concat([Buffer.from(`${hash}:`), data]),
  timingSafeEqual: (a, b) => a.equals(b),
  randomBytes: (length) => Buffer.alloc(length, 7),
};

/** A controller with its log: records are committed as bytes, as a real log would hand them back. */
export class SpecCluster {
  readonly image = new MetadataImage({ clusterId: CLUSTER_ID });
  readonly log: Buffer[] = [];
  readonly context: ControllerContext;

  constructor(settings: Readonly<Record<string, string>> = {}) {
    const values = new Map(Object.entries(settings));
    const configs = new ConfigResolver(this.image.configs, { brokerId: 0, values });
    this.context = { image: this.image, configs, random: seededRandom(1) };
  }

  commit(records: readonly MetadataRecord[]): void {
    for (const record of records) {
      const bytes = encodeMetadataRecord(record);
      this.log.push(bytes);
      this.image.replay(decodeMetadataRecord(bytes));
    }
  }

  /** Commits what an operation decided and gives its response. */
  run<Response>(result: ControllerResult<Response>): Response {
    this.commit(result.records);
    return result.response;
  }

  addBroker(id: number, rack: string | null = null): void {
    const request = registrationOf(id, { rack });
    const options = { brokerEpoch: this.log.length, sessionAlive: false, fenced: true };
    this.run(registerBroker(this.context, request, options));
    this.commit(unfenceBroker(this.context, id));
  }

  addTopic(name: string, change: Partial<CreateTopicsRequestCreatableTopic> = {}): void {
    const [result] = this.run(
      createTopics(this.context, topicsRequest({ name, ...change })),
    ).topics;
    if (result?.errorCode !== 0) throw new Error(`cannot create ${name}: ${result?.errorMessage}`);
  }
}

/** A cluster of `brokers` active brokers with the features of this release. */
export function clusterOf(
  brokers: number,
  settings: Readonly<Record<string, string>> = {},
): SpecCluster {
  const cluster = new SpecCluster(settings);
  const { random } = cluster.context;
  const nothing = { featureLevels: new Map(), credentials: [], acls: [] };
  cluster.commit(bootstrapRecords({ random, crypto: shapeOnlyCrypto, ...nothing }));
  for (let id = 0; id < brokers; id++) cluster.addBroker(id, `rack-${id % 3}`);
  return cluster;
}

export function registrationOf(
  brokerId: number,
  change: Partial<BrokerRegistrationRequest> = {},
): BrokerRegistrationRequest {
  return {
    brokerId,
    clusterId: CLUSTER_ID,
    incarnationId: `incarnation-of-${brokerId}`.padEnd(21, 'x').concat('A'),
    listeners: [{ name: 'CLIENT', host: `b${brokerId}`, port: 9092, securityProtocol: 3 }],
    features: [...SUPPORTED_FEATURES].map(([name, { min, max }]) => ({
      name,
      minSupportedVersion: min,
      maxSupportedVersion: max,
    })),
    rack: null,
    isMigratingZkBroker: false,
    logDirs: [`directory-of-${brokerId}`.padEnd(21, 'x').concat('A')],
    previousBrokerEpoch: -1,
    ...change,
  };
}

/** A topic of a CreateTopics request: what is left out is empty, counts are -1. */
export type SpecTopic = Partial<CreateTopicsRequestCreatableTopic> & { readonly name: string };

export function topicsRequest(...topics: readonly SpecTopic[]): CreateTopicsRequest {
  return {
    topics: topics.map((topic) => {
      const counts = { numPartitions: -1, replicationFactor: -1 };
      return Object.assign(defaultCreateTopicsRequestCreatableTopic(), counts, topic);
    }),
    timeoutMs: 1000,
    validateOnly: false,
  };
}
