/** Topic name to partition indexes. Never changed once it is part of a record. */
export type PartitionSet = ReadonlyMap<string, ReadonlySet<number>>;

/** Partitions of one topic, as requests and records list them. */
export interface TopicPartitions {
  readonly name: string;
  readonly partitions: readonly number[];
}

/** The set of no partition. */
export const NO_PARTITIONS: PartitionSet = new Map();

/** Bytes a topic takes in a record beside its name, and a partition index. */
const TOPIC_OVERHEAD_BYTES = 16;
const PARTITION_BYTES = 4;

/** The listed partitions as a set; what is listed twice counts once. */
export function partitionSet(topics: readonly TopicPartitions[]): PartitionSet {
  return union(NO_PARTITIONS, topics);
}

/** A new set with the partitions of both. */
export function union(set: PartitionSet, topics: readonly TopicPartitions[]): PartitionSet {
  const result = new Map(set);
  for (const { name, partitions } of topics) {
    if (partitions.length > 0)
      result.set(name, new Set([...(result.get(name) ?? []), ...partitions]));
  }
  return result;
}

/** True when the set has that partition. */
export function hasPartition(set: PartitionSet, topic: string, partition: number): boolean {
  return set.get(topic)?.has(partition) ?? false;
}

/** True when the set has all listed partitions. */
export function hasAll(set: PartitionSet, topics: readonly TopicPartitions[]): boolean {
  return topics.every(({ name, partitions }) =>
    partitions.every((partition) => hasPartition(set, name, partition)),
  );
}

/** The set as a list, in the order in which partitions were added. */
export function listPartitions(set: PartitionSet): readonly TopicPartitions[] {
  return Array.from(set, ([name, partitions]) => ({ name, partitions: [...partitions] }));
}

/** An upper bound of what the set takes in a record, in bytes. */
export function encodedBytesMax(set: PartitionSet): number {
  let bytes = 0;
  for (const [name, partitions] of set)
    bytes += Buffer.byteLength(name) + TOPIC_OVERHEAD_BYTES + partitions.size * PARTITION_BYTES;
  return bytes;
}
