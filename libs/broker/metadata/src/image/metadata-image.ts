import type { Uuid } from '@weirhouse/shared-kernel';
import { ConfigResourceType } from '../configs/resolver.ts';
import type { MetadataRecord } from '../records.ts';
import { AclsImage } from './acls-image.ts';
import { BrokersImage } from './brokers-image.ts';
import { ClientQuotasImage } from './client-quotas-image.ts';
import { ConfigsImage, CredentialsImage } from './settings-images.ts';
import { TopicsImage } from './topics-image.ts';

/** Feature names of finalized levels. */
export const METADATA_VERSION_FEATURE = 'metadata.version';
export const GROUP_VERSION_FEATURE = 'group.version';
export const TRANSACTION_VERSION_FEATURE = 'transaction.version';

/**
 * The cluster's metadata after some prefix of the metadata log: equal prefixes make equal images.
 * Only `replay` changes it, in log order, and only with committed records.
 */
export class MetadataImage {
  /** Known from the register, not from the log. */
  readonly clusterId: Uuid;
  readonly brokers = new BrokersImage();
  readonly topics = new TopicsImage();
  readonly configs = new ConfigsImage();
  readonly credentials = new CredentialsImage();
  readonly acls = new AclsImage();
  readonly quotas = new ClientQuotasImage();
  readonly #features = new Map<string, number>();
  #nextProducerId = 0;

  constructor(options: { readonly clusterId: Uuid }) {
    this.clusterId = options.clusterId;
  }

  /** The first producer id that no broker has been given. */
  get nextProducerId(): number {
    return this.#nextProducerId;
  }

  /** Finalized features with their levels; a level of 0 is not listed. */
  get features(): ReadonlyMap<string, number> {
    return this.#features;
  }

  /** The finalized level of a feature; 0 when it is not finalized. */
  featureLevel(name: string): number {
    return this.#features.get(name) ?? 0;
  }

  /** Applies one committed record. Throws `corrupt` when the log contradicts itself. */
  replay(record: MetadataRecord): void {
    switch (record.kind) {
      case 'topic':
        return this.topics.add(record.body.name, record.body.topicId);
      case 'partition':
        return this.topics.putPartition(record.body);
      case 'partitionChange':
        return this.topics.changePartition(record.body);
      case 'removeTopic':
        return this.#removeTopic(record.body.topicId);
      case 'config':
        return this.configs.set(record.body, record.body.name, record.body.value);
      case 'registerBroker':
        return this.brokers.register(record.body);
      case 'unregisterBroker':
        return this.brokers.unregister(record.body.brokerId, record.body.brokerEpoch);
      case 'fenceBroker':
        return this.brokers.setFenced(record.body.id, record.body.epoch, true);
      case 'unfenceBroker':
        return this.brokers.setFenced(record.body.id, record.body.epoch, false);
      case 'brokerRegistrationChange':
        return this.brokers.change(record.body);
      case 'userScramCredential':
        return this.#putCredential(record.body);
      case 'removeUserScramCredential':
        return this.credentials.remove(record.body.name, record.body.mechanism);
      case 'accessControlEntry': {
        const { unknownTaggedFields: _, ...acl } = record.body;
        return this.acls.add(acl);
      }
      case 'removeAccessControlEntry':
        return this.acls.remove(record.body.id);
      case 'featureLevel':
        return this.#setFeature(record.body.name, record.body.featureLevel);
      case 'producerIds':
        this.#nextProducerId = record.body.nextProducerId;
        return undefined;
      case 'clientQuota':
        return this.quotas.apply(record.body);
      case 'noOp':
        return undefined;
    }
  }

  #removeTopic(topicId: Uuid): void {
    const name = this.topics.remove(topicId);
    this.configs.removeAll(ConfigResourceType.TOPIC, name);
  }

  /** Copies the bytes: a decoded record borrows them from a buffer that will be used again. */
  #putCredential(body: Extract<MetadataRecord, { kind: 'userScramCredential' }>['body']): void {
    this.credentials.put({
      user: body.name,
      mechanism: body.mechanism,
      salt: Buffer.from(body.salt),
      storedKey: Buffer.from(body.storedKey),
      serverKey: Buffer.from(body.serverKey),
      iterations: body.iterations,
      principal: body.principal,
    });
  }

  #setFeature(name: string, level: number): void {
    if (level === 0) this.#features.delete(name);
    else this.#features.set(name, level);
  }
}
