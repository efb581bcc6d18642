import type { Uuid } from '@weirhouse/shared-kernel';

import type { Assignment, TopicPartition } from '../assignors/assignment.ts';

/**
 * What a member has: topic id to partition to the epoch in which the member got it (KIP-1251).
 * Never changed once it is part of a record; topics without partitions are left out.
 */
export type HeldPartitions = ReadonlyMap<Uuid, ReadonlyMap<number, number>>;

/** Nothing at all. */
export const NOTHING_HELD: HeldPartitions = new Map();

/** Collects partitions; what is left without any is not listed. */
export class HeldBuilder {
  readonly #topics = new Map<Uuid, Map<number, number>>();

  add(topicId: Uuid, partition: number, epoch: number): void {
    const partitions = this.#topics.get(topicId);
    if (partitions === undefined) this.#topics.set(topicId, new Map([[partition, epoch]]));
    else partitions.set(partition, epoch);
  }

  get isEmpty(): boolean {
    return this.#topics.size === 0;
  }

  build(): HeldPartitions {
    return this.#topics;
  }
}

/** Every partition that is held. */
export function* eachHeld(held: HeldPartitions): Generator<TopicPartition & { epoch: number }> {
  for (const [topicId, partitions] of held) {
    for (const [partition, epoch] of partitions) yield { topicId, partition, epoch };
  }
}

/** True when that partition is held. */
export function holds(held: HeldPartitions, topicId: Uuid, partition: number): boolean {
  return held.get(topicId)?.has(partition) ?? false;
}

/** All of an assignment, held since `epoch`. */
export function heldSince(assignment: Assignment, epoch: number): HeldPartitions {
  return new Map(
    Array.from(assignment, ([topicId, partitions]) => [
      topicId,
      new Map(partitions.map((partition) => [partition, epoch])),
    ]),
  );
}

/** True when both hold the same partitions, whenever they got them. */
export function isSameHeld(one: HeldPartitions, other: HeldPartitions): boolean {
  if (one === other) return true;
  if (one.size !== other.size) return false;
  for (const [topicId, partitions] of one) {
    const others = other.get(topicId);
    if (others === undefined || others.size !== partitions.size) return false;
    for (const partition of partitions.keys()) if (!others.has(partition)) return false;
  }
  return true;
}

/** What a client says it owns. */
export type OwnedPartitions = readonly {
  readonly topicId: Uuid;
  readonly partitions: readonly number[];
}[];

/** True when one of the owned partitions is among the held ones. */
export function ownsAny(owned: OwnedPartitions, held: HeldPartitions): boolean {
  return owned.some(({ topicId, partitions }) =>
    partitions.some((partition) => holds(held, topicId, partition)),
  );
}

/** True when all owned partitions are held. */
export function ownsOnly(owned: OwnedPartitions, held: HeldPartitions): boolean {
  return owned.every(({ topicId, partitions }) =>
    partitions.every((partition) => holds(held, topicId, partition)),
  );
}
