import { uuidFromBytes, type Uuid } from '@weirhouse/shared-kernel';

import type { CatalogTopic, TopicCatalog } from '../ports.ts';

const UUID_BYTES = 16;

/** Topics that a test makes, lets grow and removes. */
export class TestTopics implements TopicCatalog {
  version = 0;
  readonly #byName = new Map<string, CatalogTopic>();
  #serial = 0;

  /** Makes a topic, or changes how many partitions it has; returns its id. */
  put(name: string, partitionCount: number): Uuid {
    const topicId = this.#byName.get(name)?.topicId ?? this.#nextId();
    this.#byName.set(name, { name, topicId, partitionCount, racksOf: () => [] });
    this.version += 1;
    return topicId;
  }

  remove(name: string): void {
    this.#byName.delete(name);
    this.version += 1;
  }

  find(name: string): CatalogTopic | undefined {
    return this.#byName.get(name);
  }

  findById(topicId: Uuid): CatalogTopic | undefined {
    for (const topic of this.#byName.values()) if (topic.topicId === topicId) return topic;
    return undefined;
  }

  names(): Iterable<string> {
    return this.#byName.keys();
  }

  #nextId(): Uuid {
    this.#serial += 1;
    const bytes = Buffer.alloc(UUID_BYTES);
    bytes.writeUInt32BE(this.#serial, UUID_BYTES - 4);
    return uuidFromBytes(bytes);
  }
}
