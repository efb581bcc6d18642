import type { Log, Timers } from '@weirhouse/shared-kernel';
import type { Fence, LeaseRepository } from './lease.repository.ts';
import { LEASE_MS, LEASE_RENEW_MS, LEASE_RETRY_MS } from './limits.ts';
import { decideShards, SHARDS, type SeenLease } from './shards.ts';

/** How long leases last and how often they are looked after. */
export interface LeaseTimes {
  readonly leaseMs: number;
  readonly renewMs: number;
  readonly retryMs: number;
}

/** For processes; tests want to wait less. */
export const LEASE_TIMES: LeaseTimes = {
  leaseMs: LEASE_MS,
  renewMs: LEASE_RENEW_MS,
  retryMs: LEASE_RETRY_MS,
};

export interface ShardLeasesOptions {
  readonly lease: LeaseRepository;
  /** Whose brokers these are: processes of different data planes share nothing. */
  readonly dataPlaneId: string;
  /** Unique to this process's life. */
  readonly holder: string;
  /** True for an embedded database: its owner knows that no other process is alive. */
  readonly takeOver: boolean;
  readonly times: LeaseTimes;
  readonly timers: Timers;
  readonly log: Log;
  readonly onGained: (shards: ReadonlySet<number>) => void;
  /** Resolves when nothing of these shards is being worked on any more. */
  readonly onLost: (shards: ReadonlySet<number>) => Promise<void>;
}

/**
 * Gets and keeps this process's share of the shards, each by a lease with a token of its own.
 *
 * | shard   | meaning                        | next                                                  |
 * |---------|--------------------------------|-------------------------------------------------------|
 * | other   | somebody else has it, or nobody| held (it is free, and this process has too few)       |
 * | held    | this process works on it       | leaving (too many, or the end), other (not renewed)   |
 * | leaving | what runs is ended             | other (given back)                                    |
 *
 * A process that cannot reach the database gives everything up at once: its writes would fail anyway.
 * What is leaving is renewed until its work has ended, so that two never work on one cluster.
 */
export class ShardLeases {
  readonly #options: ShardLeasesOptions;
  readonly #prefix: string;
  readonly #held = new Map<number, Fence>();
  readonly #leaving = new Map<number, { readonly fence: Fence; readonly left: Promise<void> }>();
  #isEnding = false;
  #isStopped = false;
  #cancelTimer: (() => void) | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: ShardLeasesOptions) {
    this.#options = options;
    this.#prefix = `reconciler/${options.dataPlaneId}/`;
  }

  /** The proof that this process may work on a shard now; undefined = it may not. */
  fenceOf(shard: number): Fence | undefined {
    return this.#held.get(shard);
  }

  get heldCount(): number {
    return this.#held.size;
  }

  /** Begins to look for shards; resolves after the first look. */
  start(): Promise<void> {
    this.#turn = this.#look();
    return this.#turn;
  }

  /** Ends the work in hand and gives everything back; leases are renewed until that is done. */
  async stop(): Promise<{ readonly areOthersAlive: boolean }> {
    const { holder, lease, log } = this.#options;
    this.#isEnding = true;
    await this.#turn;
    this.#leave([...this.#held.keys()]);
    await Promise.all([...this.#leaving.values()].map(({ left }) => left));
    this.#isStopped = true;
    this.#cancelTimer?.();
    await this.#turn;
    try {
      await lease.leave(this.#memberName(), holder);
      const seen = await this.#see();
      return { areOthersAlive: seen.some(({ isAlive, shard }) => isAlive && shard === undefined) };
    } catch (error) {
      log.warn({ error }, 'leases could not be given back; they run out by themselves');
      return { areOthersAlive: false };
    }
  }

  async #look(): Promise<void> {
    const { log, timers, times } = this.#options;
    let delayMs = times.retryMs;
    try {
      if (await this.#balance()) delayMs = times.renewMs;
    } catch (error) {
      log.warn({ error }, 'leases could not be looked after');
      this.#lose([...this.#held.keys()]);
    }
    if (this.#isStopped) return;
    this.#cancelTimer = timers.after(delayMs, () => {
      this.#turn = this.#look();
    });
  }

  /** One look; true when there is nothing more to get. */
  async #balance(): Promise<boolean> {
    const { holder, lease, takeOver, times } = this.#options;
    await lease.join(this.#memberName(), holder, times.leaseMs);
    const leaving = [...this.#leaving.values()].map(({ fence }) => fence);
    const kept = await lease.renewAll([...this.#held.values(), ...leaving], times.leaseMs);
    this.#lose([...this.#held].flatMap(([shard, { name }]) => (kept.has(name) ? [] : [shard])));
    if (this.#isEnding) return false;
    const held = new Set(this.#held.keys());
    const seen = takeOver ? [] : await this.#see();
    const { acquire, giveUp, isContent } = decideShards(holder, held, seen);
    this.#leave(giveUp);
    await this.#acquire(acquire);
    return isContent || this.#held.size === SHARDS;
  }

  async #acquire(shards: readonly number[]): Promise<void> {
    const { holder, lease, log, onGained, takeOver, times } = this.#options;
    const gained = new Set<number>();
    for (const shard of shards) {
      const name = `${this.#prefix}shard/${shard}`;
      const fence = await lease.acquire({ name, holder, durationMs: times.leaseMs, takeOver });
      if (fence === undefined) continue;
      this.#held.set(shard, fence);
      gained.add(shard);
    }
    if (gained.size === 0) return;
    log.info({ shards: [...gained], held: this.#held.size }, 'shards of clusters gained');
    onGained(gained);
  }

  /** Begins no more work there, waits for what runs, and then lets others have it. */
  #leave(shards: readonly number[]): void {
    for (const shard of shards) {
      const fence = this.#held.get(shard);
      if (fence === undefined) continue;
      this.#held.delete(shard);
      this.#leaving.set(shard, { fence, left: this.#giveBack(shard, fence) });
    }
  }

  async #giveBack(shard: number, fence: Fence): Promise<void> {
    const { lease, log, onLost } = this.#options;
    try {
      await onLost(new Set([shard]));
      await lease.release(fence);
    } catch (error) {
      log.warn({ shard, error }, 'a lease could not be given back; it runs out by itself');
    }
    this.#leaving.delete(shard);
  }

  /** Others may have these already: whatever still runs there cannot write. */
  #lose(shards: readonly number[]): void {
    if (shards.length === 0) return;
    for (const shard of shards) this.#held.delete(shard);
    this.#options.log.warn({ shards, held: this.#held.size }, 'shards of clusters lost');
    void this.#options.onLost(new Set(shards));
  }

  async #see(): Promise<readonly SeenLease[]> {
    const rows = await this.#options.lease.list(this.#prefix);
    return rows.map(({ holder, isAlive, name }) => {
      const [kind, value] = name.slice(this.#prefix.length).split('/');
      return { holder, isAlive, shard: kind === 'shard' ? Number(value) : undefined };
    });
  }

  #memberName(): string {
    return `${this.#prefix}member/${this.#options.holder}`;
  }
}
