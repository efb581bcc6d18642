import type { Uuid } from '@weirhouse/shared-kernel';

import { compare } from '../assignors/assignor.ts';
import type { CatalogTopic, TopicCatalog } from '../ports.ts';

/** FNV-1a, 32 bits. */
const FNV_OFFSET = 0x811c_9dc5;
const FNV_PRIME = 0x0100_0193;
const TWO_POW_32 = 2 ** 32;
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

/**
 * A number that changes when one of these topics comes, goes, is made again, grows or moves between
 * racks; 0 when none exists. Kafka keeps another hash in the same place: it is only ever compared.
 */
export function topicsHash(topics: TopicCatalog, names: Iterable<string>): number {
  const found = [...existingTopics(topics, names).values()];
  if (found.length === 0) return 0;
  const text = found
    .toSorted((a, b) => compare(a.name, b.name))
    .map((topic) => {
      const racks = Array.from({ length: topic.partitionCount }, (_, partition) =>
        topic.racksOf(partition).toSorted(compare).join(),
      );
      return `${topic.name} ${topic.topicId} ${racks.join(';')}`;
    })
    .join('\n');
  const low = fnv(FNV_OFFSET, text);
  const high = fnv(low, text) >>> (32 - HIGH_BITS);
  return high * TWO_POW_32 + low;
}

function fnv(seed: number, text: string): number {
  let hash = seed;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), FNV_PRIME);
  return hash >>> 0;
}
