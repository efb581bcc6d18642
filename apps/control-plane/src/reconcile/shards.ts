/**
 * Parts into which a data plane's clusters are divided; a process works on whole parts. Enough for a
 * few processes to have about the same, few enough to renew in one statement.
 */
export const SHARDS = 8;

const FNV_OFFSET = 0x81_1c_9d_c5;
const FNV_PRIME = 0x01_00_01_93;

/** The part a cluster belongs to: always the same, whoever asks. */
export function shardOf(clusterId: string): number {
  let hash = FNV_OFFSET;
  for (let at = 0; at < clusterId.length; at += 1)
    hash = Math.imul(hash ^ clusterId.charCodeAt(at), FNV_PRIME) >>> 0;
  return hash % SHARDS;
}

/** A lease of a data plane, as everybody sees it. */
export interface SeenLease {
  /** A shard's number, or undefined for the lease by which a process says that it is alive. */
  readonly shard: number | undefined;
  readonly holder: string;
  readonly isAlive: boolean;
}

/** What a process does about shards at one look. */
export interface ShardDecision {
  /** To be tried; somebody else may be quicker. */
  readonly acquire: readonly number[];
  readonly giveUp: readonly number[];
  /** It has its share and nothing is free: it need not look again soon. */
  readonly isContent: boolean;
}

/**
 * Shares the shards out: nobody holds more than its part, and what is free is taken by who holds less.
 * Everybody decides for itself, from the same rows; the lease decides between two who want the same.
 */
export function decideShards(
  holder: string,
  held: ReadonlySet<number>,
  leases: readonly SeenLease[],
): ShardDecision {
  const alive = leases.filter(({ isAlive }) => isAlive);
  const members = new Set(
    alive.filter(({ shard }) => shard === undefined).map((lease) => lease.holder),
  ).add(holder);
  const share = Math.ceil(SHARDS / members.size);
  const taken = new Set(alive.map(({ shard }) => shard));
  const free = Array.from({ length: SHARDS }, (_, shard) => shard).filter(
    (shard) => !taken.has(shard) && !held.has(shard),
  );
  const acquire = free.slice(0, Math.max(0, share - held.size));
  const giveUp = [...held].toSorted((a, b) => a - b).slice(share);
  return { acquire, giveUp, isContent: held.size >= share && free.length === 0 };
}
