import type { Uuid } from '@weirhouse/shared-kernel';

import { compare } from '../assignors/assignor.ts';
import type { CatalogTopic, TopicCatalog } from '../ports.ts';

/** FNV-1a, 32 bits. */
const FNV_OFFSET = 0x811c_9dc5;
const FNV_PRIME = 0x0100_0193;
const TWO_POW_32 = 2 ** 32;
/** The hash of no topic. */
const NO_HASH = 0;
/** Bits of the second half that still fit a safe integer. */
const HIGH_BITS = 20;

/** The topics of those names that exist. */
export function existingTopics(
  topics: TopicCatalog,
  names: Iterable<string>,
): ReadonlyMap<Uuid, CatalogTopic> {
  const found = new Map<Uuid, CatalogTopic>();
  for (const name of names) {
    const topic = topics.find(name);
    if (topic !== undefined) found.set(topic.topicId, topic);
  }
  return found;
}

/** Hashes of topics, each worked out once per version of the topics. */
export class TopicHashes {
  readonly #topics: TopicCatalog;
  readonly #known = new Map<string, number>();
  #version = -1;

  constructor(topics: TopicCatalog) {
    this.#topics = topics;
  }

  /**
   * A number that changes when one of these topics comes, goes, is made again, grows or moves between
   * racks; 0 when none exists. Kafka keeps another hash in the same place: it is only ever compared.
   */
  of(names: ReadonlySet<string>): number {
    if (this.#version !== this.#topics.version) this.#known.clear();
    this.#version = this.#topics.version;
    const hashes = [...names].toSorted(compare).map((name) => this.#hashOf(name));
    const present = hashes.filter((hash) => hash !== NO_HASH);
    if (present.length === 0) return NO_HASH;
    const text = present.join();
    const low = fnv(FNV_OFFSET, text);
    const high = fnv(low, text) >>> (32 - HIGH_BITS);
    return high * TWO_POW_32 + low;
  }

  #hashOf(name: string): number {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const topic = this.#topics.find(name);
    // Names that clients make up are not kept.
    if (topic === undefined) return NO_HASH;
    const hash = hashOf(topic);
    this.#known.set(name, hash);
    return hash;
  }
}

function hashOf(topic: CatalogTopic): number {
  const { name, partitionCount, topicId } = topic;
  const racks = Array.from({ length: partitionCount }, (_, partition) =>
    topic.racksOf(partition).toSorted(compare).join(),
  );
  // An existing topic must not look like one that does not exist.
  return fnv(FNV_OFFSET, `${name} ${topicId} ${racks.join(';')}`) || 1;
}

function fnv(seed: number, text: string): number {
  let hash = seed;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), FNV_PRIME);
  return hash >>> 0;
}
