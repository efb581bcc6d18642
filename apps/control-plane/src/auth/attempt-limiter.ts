import { AppError, type Clock } from '@weirhouse/shared-kernel';
import { FailureCounter, type FailureLimit } from './failure-counter.ts';
import { networkOf } from './network-of.ts';

/** Pairs of address and identity that are known to be good, kept at most: some 2 MB. */
const KNOWN_MAX = 10_000;

/** How many failures are let go before tries are refused. */
export interface AttemptLimits {
  /** Of one identity from one address. */
  readonly pair: FailureLimit;
  /** Of every identity from one address. */
  readonly address: FailureLimit;
  /** Of one identity from every address. */
  readonly identity: FailureLimit;
}

/** Passwords can be guessed: a person mistypes a few times, a program tries for hours. */
export const PASSWORD_LIMITS: AttemptLimits = {
  pair: { max: 10, forgetMs: 30_000 },
  address: { max: 50, forgetMs: 10_000 },
  identity: { max: 100, forgetMs: 60_000 },
};

/** Secrets of keys cannot be guessed: the limit only slows what is broken. */
export const KEY_LIMITS: AttemptLimits = {
  pair: { max: 60, forgetMs: 1_000 },
  address: { max: 300, forgetMs: 200 },
  identity: { max: Number.POSITIVE_INFINITY, forgetMs: 1_000 },
};

/** The cause of a `rate_limited` error: when to come back. */
export interface TooManyAttempts {
  readonly retryAfterMs: number;
}

/**
 * Limits failed tries by address and by identity. Who got in from an address before is not shut out
 * there by the failures of others: for such a pair only its own failures count.
 */
export class AttemptLimiter {
  readonly #clock: Clock;
  readonly #pairs: FailureCounter;
  readonly #addresses: FailureCounter;
  readonly #identities: FailureCounter;
  readonly #known = new Set<string>();

  constructor(clock: Clock, limits: AttemptLimits) {
    this.#clock = clock;
    this.#pairs = new FailureCounter(limits.pair);
    this.#addresses = new FailureCounter(limits.address);
    this.#identities = new FailureCounter(limits.identity);
  }

  /** Throws `rate_limited` when the identity itself failed too often from this address. */
  requirePair(address: string, identity: string): void {
    refuseFor(this.#pairs.blockedMs(pairOf(address, identity), this.#nowMs()));
  }

  /** The same, and for a pair that is not known to be good also when others failed too often. */
  requireAll(address: string, identity: string): void {
    this.requirePair(address, identity);
    if (this.#known.has(pairOf(address, identity))) return;
    this.requireAddress(address);
    refuseFor(this.#identities.blockedMs(identity, this.#nowMs()));
  }

  /** Throws `rate_limited` when too much failed from this address. */
  requireAddress(address: string): void {
    refuseFor(this.#addresses.blockedMs(networkOf(address), this.#nowMs()));
  }

  /** Notes that a try failed. */
  failed(address: string, identity: string): void {
    const nowMs = this.#nowMs();
    this.#pairs.add(pairOf(address, identity), nowMs);
    this.#addresses.add(networkOf(address), nowMs);
    this.#identities.add(identity, nowMs);
  }

  /** Notes that a try got in. */
  succeeded(address: string, identity: string): void {
    const pair = pairOf(address, identity);
    this.#known.delete(pair);
    const [oldest] = this.#known;
    if (this.#known.size >= KNOWN_MAX && oldest !== undefined) this.#known.delete(oldest);
    this.#known.add(pair);
  }

  #nowMs(): number {
    return this.#clock.monotonicMs();
  }
}

function pairOf(address: string, identity: string): string {
  return `${networkOf(address)} ${identity}`;
}

function refuseFor(retryAfterMs: number): void {
  if (retryAfterMs === 0) return;
  const cause: TooManyAttempts = { retryAfterMs };
  const seconds = Math.ceil(retryAfterMs / 1_000);
  throw new AppError('rate_limited', `Too many failed tries: try again in ${seconds} s.`, {
    cause,
  });
}
