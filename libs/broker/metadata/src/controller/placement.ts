import type { Random } from '@weirhouse/shared-kernel';

/** A broker that replicas can be placed on. */
export interface PlacementBroker {
  readonly id: number;
  /** Brokers without a rack count as one rack of their own. */
  readonly rack: string | null;
  /** Only active brokers become the first replica; others are taken when there are too few. */
  readonly active: boolean;
}

export interface PlacementRequest {
  readonly brokers: readonly PlacementBroker[];
  readonly partitions: number;
  /** At most the number of brokers. */
  readonly replicationFactor: number;
  readonly random: Random;
}

interface Candidate extends PlacementBroker {
  /** Place in the rotation. */
  readonly position: number;
  /** Replicas placed on it by this request. */
  load: number;
}

/**
 * Broker ids of the replicas of each new partition, preferred leader first. Leaders rotate over the
 * active brokers; the replicas of a partition lie in as many racks as there are; replicas are spread
 * evenly. The caller has checked that there are enough brokers and an active one.
 */
export function placeReplicas(request: PlacementRequest): readonly (readonly number[])[] {
  const { partitions, replicationFactor, random } = request;
  const candidates = rotate(request.brokers, random);
  const leaders = candidates.filter((candidate) => candidate.active);
  const offset = random.below(leaders.length);
  return Array.from({ length: partitions }, (_, partition) => {
    const leader = leaders[(offset + partition) % leaders.length];
    if (leader === undefined) return [];
    leader.load += 1;
    const chosen = [leader];
    while (chosen.length < replicationFactor) {
      const next = pickFollower(candidates, chosen);
      if (next === undefined) break;
      next.load += 1;
      chosen.push(next);
    }
    return chosen.map((candidate) => candidate.id);
  });
}

/** Orders brokers so that neighbours are in different racks: one of each rack in turn, shuffled. */
function rotate(brokers: readonly PlacementBroker[], random: Random): readonly Candidate[] {
  const racks = new Map<string | null, PlacementBroker[]>();
  for (const broker of shuffle(brokers, random)) {
    racks.set(broker.rack, [...(racks.get(broker.rack) ?? []), broker]);
  }
  const order: Candidate[] = [];
  for (let round = 0; order.length < brokers.length; round++) {
    for (const rack of racks.values()) {
      const broker = rack[round];
      if (broker !== undefined) order.push({ ...broker, position: order.length, load: 0 });
    }
  }
  return order;
}

/** Fisher-Yates. */
function shuffle<T>(items: readonly T[], random: Random): readonly T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}

/** By precedence: an active broker, a rack with few replicas of this partition, little load. */
function pickFollower(
  candidates: readonly Candidate[],
  chosen: readonly Candidate[],
): Candidate | undefined {
  const leader = chosen[0];
  let best: Candidate | undefined;
  let bestRank: readonly number[] = [];
  for (const candidate of candidates) {
    if (chosen.includes(candidate)) continue;
    const inRack = chosen.filter((other) => other.rack === candidate.rack).length;
    const distance = candidate.position - (leader?.position ?? 0);
    const turn = distance < 0 ? distance + candidates.length : distance;
    const rank = [candidate.active ? 0 : 1, inRack, candidate.load, turn];
    if (best === undefined || isBelow(rank, bestRank)) {
      best = candidate;
      bestRank = rank;
    }
  }
  return best;
}

function isBelow(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0);
}
