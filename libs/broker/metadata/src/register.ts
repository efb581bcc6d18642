import type { AppError, Uuid } from '@weirhouse/shared-kernel';

/**
 * The one fact that lives outside the replicated log: who leads the metadata partition and which
 * replicas it must wait for. Everything else is an ordinary log (architecture, decision 5).
 */
export interface RegisterValue {
  readonly clusterId: Uuid;
  /** Node id of the leader of `__cluster_metadata`, who is the controller. */
  readonly leaderId: number;
  /** Grows by one with each leader; an older leader is refused by every replica. */
  readonly leaderEpoch: number;
  /** Node ids whose copies hold every committed metadata record. */
  readonly isr: readonly number[];
}

/** A value with the version it was read at; versions are opaque and only compared for equality. */
export interface VersionedRegisterValue {
  readonly version: string;
  readonly value: RegisterValue;
}

/** What was found: a value, nothing yet, or no answer (`unavailable`, `corrupt`). */
export type RegisterReadOutcome =
  | { readonly kind: 'value'; readonly current: VersionedRegisterValue }
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly error: AppError };

/**
 * What became of a write. `conflict` = somebody else was faster, nothing changed. After `failed` the
 * write may or may not have happened: read before deciding anything.
 */
export type RegisterWriteOutcome =
  | { readonly kind: 'written'; readonly version: string }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'failed'; readonly error: AppError };

/** A linearizable cell with compare-and-set: a Kubernetes object, an etcd key, a local file. */
export interface Register {
  read(done: (outcome: RegisterReadOutcome) => void): void;
  /** Writes when the version is still `expectedVersion`; undefined = when there is no value yet. */
  compareAndSet(
    expectedVersion: string | undefined,
    value: RegisterValue,
    done: (outcome: RegisterWriteOutcome) => void,
  ): void;
  /** Calls back after changes; may skip values in between. Returns the function that stops it. */
  watch(onChange: (current: VersionedRegisterValue) => void): () => void;
}

/** Whether a node may lead, and the value to write for it. */
export type LeadershipDecision =
  | { readonly kind: 'lead'; readonly next: RegisterValue }
  | { readonly kind: 'refuse'; readonly reason: 'another-cluster' | 'not-in-sync' };

/** Who wants to lead. The cluster id is used when the register is still empty. */
export interface LeadershipCandidate {
  readonly nodeId: number;
  readonly clusterId: Uuid;
}

/** The epoch of the first leader a cluster ever has. */
export const FIRST_LEADER_EPOCH = 1;

/**
 * Decides whether `candidate` may become leader. Only a member of the in-sync set may: others can
 * lack committed records. The in-sync set itself stays: the new leader shrinks it later, by the same
 * compare-and-set, when a member does not follow.
 */
export function decideLeadership(
  current: RegisterValue | undefined,
  candidate: LeadershipCandidate,
): LeadershipDecision {
  const { nodeId, clusterId } = candidate;
  if (current === undefined) {
    const first = { leaderId: nodeId, leaderEpoch: FIRST_LEADER_EPOCH, isr: [nodeId] };
    return { kind: 'lead', next: { clusterId, ...first } };
  }
  if (current.clusterId !== clusterId) return { kind: 'refuse', reason: 'another-cluster' };
  if (!current.isr.includes(nodeId)) return { kind: 'refuse', reason: 'not-in-sync' };
  const leaderEpoch = current.leaderEpoch + 1;
  return { kind: 'lead', next: { ...current, leaderId: nodeId, leaderEpoch } };
}

/** A register in memory, for tests and simulations. Answers at once, in the caller's turn. */
export class MemoryRegister implements Register {
  #current: VersionedRegisterValue | undefined;
  #writes = 0;
  readonly #watchers = new Set<(current: VersionedRegisterValue) => void>();

  read(done: (outcome: RegisterReadOutcome) => void): void {
    done(
      this.#current === undefined ? { kind: 'absent' } : { kind: 'value', current: this.#current },
    );
  }

  compareAndSet(
    expectedVersion: string | undefined,
    value: RegisterValue,
    done: (outcome: RegisterWriteOutcome) => void,
  ): void {
    if (this.#current?.version !== expectedVersion) {
      done({ kind: 'conflict' });
      return;
    }
    this.#writes += 1;
    const current = { version: String(this.#writes), value };
    this.#current = current;
    done({ kind: 'written', version: current.version });
    for (const watcher of this.#watchers) watcher(current);
  }

  watch(onChange: (current: VersionedRegisterValue) => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }
}
