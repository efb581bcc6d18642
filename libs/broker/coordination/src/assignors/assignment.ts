import type { Uuid } from '@weirhouse/shared-kernel';

/** Topic id to partition indexes, ascending; topics without partitions are left out. */
export type Assignment = ReadonlyMap<Uuid, readonly number[]>;

/** Nothing at all. */
export const NO_ASSIGNMENT: Assignment = new Map();

/** One partition of a topic. */
export interface TopicPartition {
  readonly topicId: Uuid;
  readonly partition: number;
}

/** The listed partitions in the canonical form; what is listed twice counts once. */
export function assignmentOf(partitions: Iterable<TopicPartition>): Assignment {
  const lists = new Map<Uuid, Set<number>>();
  for (const { topicId, partition } of partitions) {
    const list = lists.get(topicId);
    if (list === undefined) lists.set(topicId, new Set([partition]));
    else list.add(partition);
  }
  return new Map(
    Array.from(lists, ([topicId, list]) => [topicId, [...list].toSorted((a, b) => a - b)]),
  );
}

/** Every partition of an assignment. */
export function* partitionsOf(assignment: Assignment): Generator<TopicPartition> {
  for (const [topicId, partitions] of assignment) {
    for (const partition of partitions) yield { topicId, partition };
  }
}

/** How many partitions it has. */
export function partitionCount(assignment: Assignment): number {
  let count = 0;
  for (const partitions of assignment.values()) count += partitions.length;
  return count;
}

/** True when both have the same partitions. */
export function isSameAssignment(one: Assignment, other: Assignment): boolean {
  if (one.size !== other.size) return false;
  for (const [topicId, partitions] of one) {
    const others = other.get(topicId);
    if (others === undefined || others.length !== partitions.length) return false;
    if (partitions.some((partition, index) => others[index] !== partition)) return false;
  }
  return true;
}
