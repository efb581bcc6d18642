import type { ClientQuotasImage, QuotaKey, QuotaMatch } from '@weirhouse/broker-metadata';
import type { Clock } from '@weirhouse/shared-kernel';

import type { Caller } from '../handler.ts';
import type { LimitsSource } from './broker-limits.ts';
import { Meters } from './meters.ts';
import { TokenBucket } from './token-bucket.ts';
import { WindowedRate, type RateWindows } from './windowed-rate.ts';

/** Whose use is counted. */
export interface QuotaClient {
  readonly caller: Pick<Caller, 'principal'>;
  readonly clientId: string | null;
}

/** Limits that are measured as a rate of use by clients. */
export type RateKey = 'producer_byte_rate' | 'consumer_byte_rate' | 'request_percentage';

/** Told of every throttled answer. */
export type ThrottleListener = (key: QuotaKey, throttleMs: number) => void;

/** Construction; `windows` is asked whenever a meter is made. */
export interface ClientQuotasOptions {
  readonly image: ClientQuotasImage;
  /** What all clients together may use. */
  readonly limits: LimitsSource;
  readonly clock: Clock;
  readonly windows: () => RateWindows;
  /** How long credit for changes of topics can be saved: `count` windows. */
  readonly mutationWindows: () => RateWindows;
  readonly onThrottled: ThrottleListener;
}

/** What changes of topics a client may still make, for one request. */
export interface MutationQuota {
  /** Takes partitions to be created or deleted; false when a strict request may not have them. */
  take(partitions: number): boolean;
  /** How long the client is to wait before more; 0 when it need not. */
  throttleMs(): number;
}

/** Partition changes are told to wait at most this long, so that a limit near 0 does not mean forever. */
const MUTATION_THROTTLE_MS_MAX = 3_600_000;
/** Bytes are told to wait at most this long, for the same reason. */
const BYTES_THROTTLE_MS_MAX = 3_600_000;

const NO_MATCH: readonly QuotaMatch[] = [];
/** Those who share the limit of the whole broker; no entity of a quota is written like this. */
const TOGETHER = 'everybody';

const UNLIMITED: MutationQuota = { take: () => true, throttleMs: () => 0 };

/**
 * Measures what clients use against their quotas (KIP-13, 124, 599) and says how long to hold them
 * back. Clients that share a limit share its meter. Costs nothing while a key is not limited.
 */
export class ClientQuotas {
  readonly #options: ClientQuotasOptions;
  readonly #rates: Meters<WindowedRate>;
  readonly #buckets: Meters<TokenBucket>;

  constructor(options: ClientQuotasOptions) {
    this.#options = options;
    this.#rates = new Meters();
    this.#buckets = new Meters();
  }

  /** Meters in use. */
  get meterCount(): number {
    return this.#rates.size + this.#buckets.size;
  }

  /** True when somebody, or all together, have a limit of this key. */
  isLimited(key: QuotaKey): boolean {
    return this.#options.image.limits(key) || this.#together(key) !== undefined;
  }

  /**
   * Counts use of `amount` (bytes, or percent-seconds of a core) and returns the milliseconds that the
   * client is to be held back: as long as it takes for the rate to come down to the limit.
   */
  use(key: RateKey, client: QuotaClient, amount: number): number {
    let throttleMs = 0;
    for (const match of this.#matches(key, client))
      throttleMs = Math.max(throttleMs, this.#useOf(key, match, amount));
    if (throttleMs > 0) this.#options.onThrottled(key, throttleMs);
    return throttleMs;
  }

  #useOf(key: RateKey, match: QuotaMatch, amount: number): number {
    const { clock, windows } = this.#options;
    const nowMs = clock.monotonicMs();
    const rate = this.#rateOf(key, match, nowMs);
    rate.record(amount, nowMs);
    const perSecond = rate.perSecond(nowMs);
    if (perSecond <= match.limit) return 0;
    const waitMs = ((perSecond - match.limit) / match.limit) * rate.spanMs(nowMs);
    const mostMs = key === 'request_percentage' ? windows().windowMs : BYTES_THROTTLE_MS_MAX;
    return Math.min(Math.round(waitMs), mostMs);
  }

  /** Takes back what `use` counted and the client did not get. */
  giveBack(key: RateKey, client: QuotaClient, amount: number): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const match of this.#matches(key, client))
      this.#rateOf(key, match, nowMs).record(-amount, nowMs);
  }

  /** The most bytes one answer may have so that the limits can be kept; undefined without limit. */
  mostAtOnce(key: RateKey, client: QuotaClient): number | undefined {
    const matches = this.#matches(key, client);
    if (matches.length === 0) return undefined;
    const { count, windowMs } = this.#options.windows();
    const limit = Math.min(...matches.map((match) => match.limit));
    return Math.max(1, Math.floor((limit * (count - 1) * windowMs) / 1000));
  }

  /**
   * Changes of topics for one request. A strict one is refused what it has no credit for; the others
   * get it and the client is held back.
   */
  mutations(client: QuotaClient, isStrict: boolean): MutationQuota {
    const match = this.#match('controller_mutation_rate', client);
    if (match === undefined) return UNLIMITED;
    const { clock, mutationWindows, onThrottled } = this.#options;
    const nowMs = clock.monotonicMs();
    const { count, windowMs } = mutationWindows();
    const limit = { perSecond: match.limit, burst: (match.limit * count * windowMs) / 1000 };
    const bucket = this.#buckets.get(
      match.sharers,
      nowMs,
      () => new TokenBucket(limit.burst, nowMs),
    );
    return {
      take: (partitions) => {
        if (isStrict && bucket.credits(limit, nowMs) < 0) return false;
        bucket.take(partitions);
        return true;
      },
      throttleMs: () => {
        const owed = -bucket.credits(limit, nowMs);
        if (owed <= 0) return 0;
        const waitMs = Math.round((owed / match.limit) * 1000);
        const throttleMs = Math.min(waitMs, MUTATION_THROTTLE_MS_MAX);
        onThrottled('controller_mutation_rate', throttleMs);
        return throttleMs;
      },
    };
  }

  /** The client's own limit and the one that all share, as far as there are any. */
  #matches(key: RateKey, client: QuotaClient): readonly QuotaMatch[] {
    const own = this.#match(key, client);
    const limit = this.#together(key);
    if (limit === undefined) return own === undefined ? NO_MATCH : [own];
    const together = { limit, sharers: TOGETHER };
    return own === undefined ? [together] : [own, together];
  }

  #together(key: QuotaKey): number | undefined {
    if (key === 'producer_byte_rate') return this.#options.limits().ingressBytesPerSecond;
    if (key === 'consumer_byte_rate') return this.#options.limits().egressBytesPerSecond;
    return undefined;
  }

  #match(key: QuotaKey, { caller, clientId }: QuotaClient): QuotaMatch | undefined {
    const { image } = this.#options;
    if (!image.limits(key)) return undefined;
    return image.matchClient(key, userOf(caller.principal), clientId ?? '');
  }

  #rateOf(key: RateKey, match: QuotaMatch, nowMs: number): WindowedRate {
    const meterKey = `${key} ${match.sharers}`;
    return this.#rates.get(meterKey, nowMs, () => new WindowedRate(this.#options.windows()));
  }
}

/** The name that quotas use for a principal: what follows its type. */
function userOf(principal: string): string {
  return principal.slice(principal.indexOf(':') + 1);
}
