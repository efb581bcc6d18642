import type { QuotaMatch } from '@weirhouse/broker-metadata';
import type { Clock } from '@weirhouse/shared-kernel';

import { Meters } from './meters.ts';
import { WindowedRate, type RateWindows } from './windowed-rate.ts';

/** How many connections may be open and how many may be opened, asked anew for each connection. */
export interface ConnectionLimits {
  readonly windows: RateWindows;
  /** Open connections: of the broker, of this listener, of an address (KIP-402). */
  readonly open: number;
  readonly openOfListener: number;
  openOf(address: string): number;
  /** New connections per second: of the broker, of this listener, of an address (KIP-612). */
  readonly rate: number;
  readonly rateOfListener: number;
  rateOf(address: string): QuotaMatch | undefined;
}

/** Why a connection is not kept. */
export type RefusalReason =
  | 'process-limit'
  | 'broker-limit'
  | 'listener-limit'
  | 'address-limit'
  | 'address-rate';

/** What becomes of a new connection. A refused one may be closed late: its client would come at once again. */
export type Admission =
  | { readonly kind: 'accept'; readonly delayMs: number }
  | { readonly kind: 'refuse'; readonly reason: RefusalReason; readonly delayMs: number };

/** A connection is held up at most this long before it is served or closed. */
const DELAY_MS_MAX = 1000;

const NOW: Admission = { kind: 'accept', delayMs: 0 };

/**
 * Counts the connections of a broker over all its listeners and decides on new ones. Every admitted
 * connection is to be given back by `release`; refused ones are not counted.
 */
export class ConnectionGate {
  readonly #clock: Clock;
  readonly #limitsOf: (listener: string) => ConnectionLimits;
  readonly #openMax: number;
  readonly #byListener = new Map<string, number>();
  readonly #byAddress = new Map<string, number>();
  readonly #rates = new Meters<WindowedRate>();
  #open = 0;

  constructor(options: {
    readonly clock: Clock;
    readonly limitsOf: (listener: string) => ConnectionLimits;
    /** Connections that the process can have beside its files, whatever the settings say. */
    readonly openMax?: number;
  }) {
    this.#clock = options.clock;
    this.#limitsOf = options.limitsOf;
    this.#openMax = options.openMax ?? Infinity;
  }

  /** Connections that were admitted and not released. */
  get open(): number {
    return this.#open;
  }

  /** Decides on a new connection and counts it when it is accepted. */
  admit(listener: string, address: string): Admission {
    const limits = this.#limitsOf(listener);
    const reason = this.#exceeded(limits, listener, address);
    if (reason !== undefined) return { kind: 'refuse', reason, delayMs: 0 };
    const nowMs = this.#clock.monotonicMs();
    const ofAddress = limits.rateOf(address);
    if (ofAddress !== undefined) {
      const rate = this.#rate(`address ${ofAddress.sharers}`, limits, nowMs);
      rate.record(1, nowMs);
      const delayMs = delayOf(rate, ofAddress.limit, nowMs);
      if (delayMs > 0) {
        rate.record(-1, nowMs);
        return { kind: 'refuse', reason: 'address-rate', delayMs };
      }
    }
    this.#open += 1;
    this.#byListener.set(listener, (this.#byListener.get(listener) ?? 0) + 1);
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
    const delayMs = Math.max(
      this.#delay('broker', limits.rate, { limits, nowMs }),
      this.#delay(`listener ${listener}`, limits.rateOfListener, { limits, nowMs }),
    );
    return delayMs === 0 ? NOW : { kind: 'accept', delayMs };
  }

  /** Takes an admitted connection out of the count. */
  release(listener: string, address: string): void {
    this.#open -= 1;
    decrease(this.#byListener, listener);
    decrease(this.#byAddress, address);
  }

  #exceeded(
    limits: ConnectionLimits,
    listener: string,
    address: string,
  ): RefusalReason | undefined {
    if ((this.#byAddress.get(address) ?? 0) >= limits.openOf(address)) return 'address-limit';
    if ((this.#byListener.get(listener) ?? 0) >= limits.openOfListener) return 'listener-limit';
    if (this.#open >= limits.open) return 'broker-limit';
    return this.#open >= this.#openMax ? 'process-limit' : undefined;
  }

  #delay(
    name: string,
    perSecond: number,
    now: { readonly limits: ConnectionLimits; readonly nowMs: number },
  ): number {
    // The default is the largest int32: nothing to measure.
    if (perSecond >= 2 ** 31 - 1) return 0;
    const rate = this.#rate(name, now.limits, now.nowMs);
    rate.record(1, now.nowMs);
    return delayOf(rate, perSecond, now.nowMs);
  }

  #rate(name: string, { windows }: ConnectionLimits, nowMs: number): WindowedRate {
    return this.#rates.get(name, nowMs, () => new WindowedRate(windows));
  }
}

function delayOf(rate: WindowedRate, limit: number, nowMs: number): number {
  const perSecond = rate.perSecond(nowMs);
  if (perSecond <= limit) return 0;
  const delayMs = ((perSecond - limit) / limit) * rate.spanMs(nowMs);
  return Math.min(DELAY_MS_MAX, Math.max(1, Math.round(delayMs)));
}

function decrease(counts: Map<string, number>, name: string): void {
  const left = (counts.get(name) ?? 1) - 1;
  if (left === 0) counts.delete(name);
  else counts.set(name, left);
}
