import type { CommittedOffset, OffsetRecord } from '../records/coordinator-record.ts';

type Partitions = Map<number, CommittedOffset>;

/** One committed offset with its place. */
export interface OffsetEntry {
  readonly topic: string;
  readonly partition: number;
  readonly committed: CommittedOffset;
}

/** The committed offsets of a shard by group, topic and partition. Changed by replay alone. */
export class OffsetStore {
  readonly #groups = new Map<string, Map<string, Partitions>>();

  hasGroup(groupId: string): boolean {
    return this.#groups.has(groupId);
  }

  find(groupId: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#groups.get(groupId)?.get(topic)?.get(partition);
  }

  /** The topics of a group that have an offset. */
  topicsOf(groupId: string): readonly string[] {
    return [...(this.#groups.get(groupId)?.keys() ?? [])];
  }

  /** The partitions of that topic which have an offset, with their offsets. */
  partitionsOf(groupId: string, topic: string): ReadonlyMap<number, CommittedOffset> {
    return this.#groups.get(groupId)?.get(topic) ?? new Map<number, CommittedOffset>();
  }

  groupIds(): readonly string[] {
    return [...this.#groups.keys()];
  }

  *entriesOf(groupId: string): Generator<OffsetEntry> {
    for (const [topic, partitions] of this.#groups.get(groupId) ?? []) {
      for (const [partition, committed] of partitions) yield { topic, partition, committed };
    }
  }

  /** Takes in one record: sets the offset, or forgets it when the value is null. */
  replay(record: OffsetRecord): void {
    if (record.value === null) {
      this.#remove(record);
      return;
    }
    let topics = this.#groups.get(record.groupId);
    if (topics === undefined) this.#groups.set(record.groupId, (topics = new Map()));
    let partitions = topics.get(record.topic);
    if (partitions === undefined) topics.set(record.topic, (partitions = new Map()));
    partitions.set(record.partition, record.value);
  }

  #remove(record: OffsetRecord): void {
    const topics = this.#groups.get(record.groupId);
    const partitions = topics?.get(record.topic);
    if (topics === undefined || partitions === undefined) return;
    partitions.delete(record.partition);
    if (partitions.size === 0) topics.delete(record.topic);
    if (topics.size === 0) this.#groups.delete(record.groupId);
  }
}

/** The record that removes one offset. */
export function offsetTombstone(groupId: string, topic: string, partition: number): OffsetRecord {
  return { kind: 'offset', groupId, topic, partition, value: null };
}
