import type { ClientQuotasImage, QuotaKey, QuotaMatch } from '@weirhouse/broker-metadata';
import type { Clock } from '@weirhouse/shared-kernel';

import type { Caller } from '../handler.ts';
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

  /** True when somebody has a limit of this key. */
  isLimited(key: QuotaKey): boolean {
    return this.#options.image.limits(key);
  }

  /**
   * Counts use of `amount` (bytes, or percent-seconds of a core) and returns the milliseconds that the
   * client is to be held back: as long as it takes for the rate to come down to the limit.
   */
  use(key: RateKey, client: QuotaClient, amount: number): number {
    const match = this.#match(key, client);
    if (match === undefined) return 0;
    const { clock, onThrottled, windows } = this.#options;
    const nowMs = clock.monotonicMs();
    const rate = this.#rateOf(key, match, nowMs);
    rate.record(amount, nowMs);
    const perSecond = rate.perSecond(nowMs);
    if (perSecond <= match.limit) return 0;
    const waitMs = ((perSecond - match.limit) / match.limit) * rate.spanMs(nowMs);
    const mostMs = key === 'request_percentage' ? windows().windowMs : BYTES_THROTTLE_MS_MAX;
    const throttleMs = Math.min(Math.round(waitMs), mostMs);
    if (throttleMs > 0) onThrottled(key, throttleMs);
    return throttleMs;
  }

  /** Takes back what `use` counted and the client did not get. */
  giveBack(key: RateKey, client: QuotaClient, amount: number): void {
    const match = this.#match(key, client);
    if (match === undefined) return;
    const nowMs = this.#options.clock.monotonicMs();
    this.#rateOf(key, match, nowMs).record(-amount, nowMs);
  }

  /** The most bytes one answer may have so that the limit can be kept; undefined without limit. */
  mostAtOnce(key: RateKey, client: QuotaClient): number | undefined {
    const match = this.#match(key, client);
    if (match === undefined) return undefined;
    const { count, windowMs } = this.#options.windows();
    return Math.max(1, Math.floor((match.limit * (count - 1) * windowMs) / 1000));
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
