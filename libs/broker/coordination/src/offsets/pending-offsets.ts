import type { OffsetRecord, PendingOffsetRecord } from '../records/coordinator-record.ts';

/** A pending offset with its turn in the log. */
interface Pending {
  readonly record: PendingOffsetRecord;
  readonly turn: number;
}

type Places = Map<string, Map<number, Pending>>;

/** What the end of a transaction decided. */
export interface EndedOffsets {
  /** Those that count now; none when the transaction was aborted. */
  readonly committed: readonly OffsetRecord[];
  /** Every group that had one. */
  readonly groupIds: readonly string[];
}

/**
 * Offsets committed in transactions that are still open, by group, place and producer. Changed by
 * replay alone. Of several commits for one place the last in the log counts, whoever ends first.
 */
export class PendingOffsets {
  readonly #groups = new Map<string, Places>();
  readonly #producers = new Map<number, Set<Pending>>();
  #turn = 0;

  hasGroup(groupId: string): boolean {
    return this.#groups.has(groupId);
  }

  /** True while a transaction may still change the offset of that place. */
  has(groupId: string, topic: string, partition: number): boolean {
    return this.#groups.get(groupId)?.has(placeOf(topic, partition)) ?? false;
  }

  /** The places of a group that wait, each once. */
  placesOf(groupId: string): { readonly topic: string; readonly partition: number }[] {
    const found: { readonly topic: string; readonly partition: number }[] = [];
    for (const producers of this.#groups.get(groupId)?.values() ?? []) {
      for (const { record } of producers.values()) {
        found.push(record);
        break;
      }
    }
    return found;
  }

  groupIds(): readonly string[] {
    return [...this.#groups.keys()];
  }

  /** All of them in the order of the log: for snapshots. */
  records(): readonly PendingOffsetRecord[] {
    return Array.from(this.#producers.values(), (each) => [...each])
      .flat()
      .toSorted((one, other) => one.turn - other.turn)
      .map(({ record }) => record);
  }

  /** Takes in an offset of an open transaction; it replaces the same producer's for that place. */
  replay(record: PendingOffsetRecord): void {
    const { groupId, partition, producerId, topic } = record;
    const place = placeOf(topic, partition);
    let places = this.#groups.get(groupId);
    if (places === undefined) this.#groups.set(groupId, (places = new Map()));
    let producers = places.get(place);
    if (producers === undefined) places.set(place, (producers = new Map()));
    const before = producers.get(producerId);
    const own = this.#producers.get(producerId) ?? new Set();
    if (before !== undefined) own.delete(before);
    const pending = { record, turn: (this.#turn += 1) };
    producers.set(producerId, pending);
    this.#producers.set(producerId, own.add(pending));
  }

  /** An offset was committed, or removed, outside: what any transaction holds for it is outdated. */
  drop(groupId: string, topic: string, partition: number): void {
    const producers = this.#groups.get(groupId)?.get(placeOf(topic, partition));
    for (const pending of producers?.values() ?? []) this.#remove(pending);
  }

  /** A producer's transaction is over: its offsets, unless later ones overtook them. */
  end(producerId: number, isCommitted: boolean): EndedOffsets {
    const committed: OffsetRecord[] = [];
    const groupIds = new Set<string>();
    for (const pending of this.#producers.get(producerId) ?? []) {
      const { groupId, partition, topic, value } = pending.record;
      groupIds.add(groupId);
      this.#remove(pending);
      if (!isCommitted) continue;
      committed.push({ kind: 'offset', groupId, topic, partition, value });
      const others = this.#groups.get(groupId)?.get(placeOf(topic, partition));
      for (const other of others?.values() ?? [])
        if (other.turn < pending.turn) this.#remove(other);
    }
    return { committed, groupIds: [...groupIds] };
  }

  #remove(pending: Pending): void {
    const { groupId, partition, producerId, topic } = pending.record;
    const own = this.#producers.get(producerId);
    own?.delete(pending);
    if (own?.size === 0) this.#producers.delete(producerId);
    const places = this.#groups.get(groupId);
    const place = placeOf(topic, partition);
    const producers = places?.get(place);
    producers?.delete(producerId);
    if (producers?.size === 0) places?.delete(place);
    if (places?.size === 0) this.#groups.delete(groupId);
  }
}

function placeOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
