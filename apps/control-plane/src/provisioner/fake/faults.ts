import { AppError, type Random, type Timers } from '@weirhouse/shared-kernel';

/** What of a provisioner can fail. */
export type FaultPoint =
  | 'choosePorts'
  | 'ensureBroker'
  | 'applyLimits'
  | 'observe'
  | 'stop'
  | 'remove'
  | 'removeCluster';

/** Decides which calls go wrong. */
export interface FaultPlan {
  /** Before the effect: slow, or rejects and nothing has happened. */
  before(point: FaultPoint): Promise<void>;
  /** After the effect: rejects although it has happened. */
  after(point: FaultPoint): Promise<void>;
  /** True = this look sees nothing. */
  isBlind(): boolean;
  /** True = this look takes a ready broker for a starting one. */
  isLying(): boolean;
}

/** Nothing goes wrong. */
export const NO_FAULTS: FaultPlan = {
  before: () => Promise.resolve(),
  after: () => Promise.resolve(),
  isBlind: () => false,
  isLying: () => false,
};

/** Every look sees nothing. */
export const BLIND: FaultPlan = { ...NO_FAULTS, isBlind: () => true };

/** Each call fails, is slow, is lost after its effect, or is lied about with the same chance. */
export class RandomFaults implements FaultPlan {
  readonly #random: Random;
  readonly #timers: Timers;
  readonly #oneIn: number;
  readonly #slowMs: number;

  constructor(options: {
    readonly random: Random;
    readonly timers: Timers;
    readonly oneIn: number;
    readonly slowMs: number;
  }) {
    this.#random = options.random;
    this.#timers = options.timers;
    this.#oneIn = options.oneIn;
    this.#slowMs = options.slowMs;
  }

  async before(point: FaultPoint): Promise<void> {
    if (this.#strikes())
      await new Promise<void>((resolve) => {
        this.#timers.after(this.#slowMs, resolve);
      });
    if (this.#strikes()) throw new AppError('unavailable', `${point} failed`);
  }

  async after(point: FaultPoint): Promise<void> {
    await Promise.resolve();
    if (this.#strikes()) throw new AppError('timeout', `${point} was done, and the answer is lost`);
  }

  isBlind(): boolean {
    return this.#strikes();
  }

  isLying(): boolean {
    return this.#strikes();
  }

  #strikes(): boolean {
    return this.#random.below(this.#oneIn) === 0;
  }
}
