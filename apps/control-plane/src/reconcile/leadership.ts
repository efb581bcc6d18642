import type { Log, Timers } from '@weirhouse/shared-kernel';
import type { Fence, LeaseRepository } from './lease.repository.ts';
import { LEASE_MS, LEASE_RENEW_MS, LEASE_RETRY_MS } from './limits.ts';

export interface LeadershipOptions {
  readonly lease: LeaseRepository;
  /** What is led. */
  readonly name: string;
  /** Unique to this process's life. */
  readonly holder: string;
  /** True for an embedded database: its owner knows that no other process is alive. */
  readonly takeOver: boolean;
  readonly timers: Timers;
  readonly log: Log;
  readonly onGained: (fence: Fence) => void;
  readonly onLost: () => void;
}

/**
 * Gets and keeps the lease.
 *
 * | state    | meaning                         | next                                          |
 * |----------|---------------------------------|-----------------------------------------------|
 * | follower | tries to get the lease          | leader (got it), stopped                      |
 * | leader   | renews the lease                | follower (lost it, or could not ask), stopped |
 * | stopped  | the lease is given back         | -                                             |
 *
 * A leader that cannot reach the database steps down at once: its writes would fail anyway.
 */
export class Leadership {
  readonly #options: LeadershipOptions;
  #fence: Fence | undefined;
  #stopped = false;
  #cancelTimer: (() => void) | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: LeadershipOptions) {
    this.#options = options;
  }

  get fence(): Fence | undefined {
    return this.#fence;
  }

  /** Begins to try; resolves after the first try. */
  start(): Promise<void> {
    return this.#next();
  }

  /** Steps down and gives the lease back. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer?.();
    await this.#turn;
    const fence = this.#fence;
    this.#fence = undefined;
    if (!fence) return;
    try {
      await this.#options.lease.release(fence);
    } catch (error) {
      this.#options.log.warn({ error }, 'lease could not be given back; it runs out by itself');
    }
  }

  #next(): Promise<void> {
    this.#turn = this.#fence ? this.#renew(this.#fence) : this.#acquire();
    return this.#turn;
  }

  async #acquire(): Promise<void> {
    const { lease, name, holder, takeOver, log, onGained } = this.#options;
    try {
      const fence = await lease.acquire({ name, holder, durationMs: LEASE_MS, takeOver });
      if (fence) {
        this.#fence = fence;
        log.info({ name, token: fence.token.toString() }, 'leadership gained');
        if (!this.#stopped) onGained(fence);
      }
    } catch (error) {
      log.warn({ name, error }, 'lease could not be asked for');
    }
    this.#schedule(this.#fence ? LEASE_RENEW_MS : LEASE_RETRY_MS);
  }

  async #renew(fence: Fence): Promise<void> {
    const { lease, name, log } = this.#options;
    let kept = false;
    try {
      kept = await lease.renew(fence, LEASE_MS);
    } catch (error) {
      log.warn({ name, error }, 'lease could not be renewed');
    }
    if (!kept) {
      this.#fence = undefined;
      log.warn({ name, token: fence.token.toString() }, 'leadership lost');
      if (!this.#stopped) this.#options.onLost();
    }
    this.#schedule(kept ? LEASE_RENEW_MS : LEASE_RETRY_MS);
  }

  #schedule(delayMs: number): void {
    if (this.#stopped) return;
    this.#cancelTimer = this.#options.timers.after(delayMs, () => {
      void this.#next();
    });
  }
}
