import { USAGE_IDLE_MS, USAGE_PRINCIPALS_MAX, USAGE_SERIES_MAX } from '../limits.ts';

/** Where everything is counted that has no counter of its own; no topic or principal is called so. */
export const REST = '(other)';

/** Records of one principal on one topic, since `series` began. */
export interface TrafficCounter {
  /** Unique in the life of this process: a counter that begins anew is another series. */
  readonly series: number;
  readonly topic: string;
  receivedBytes: number;
  receivedRecords: number;
  sentBytes: number;
  sentRecords: number;
}

/** Requests of one principal to one API, since `series` began. */
export interface RequestCounter {
  readonly series: number;
  readonly apiKey: number;
  requests: number;
  responses: number;
  requestBytes: number;
  responseBytes: number;
}

/** When a counter last moved, as seen by calls of `prune`. */
interface Seen {
  sum: number;
  movedAtMs: number;
}

/** What one principal uses. A connection keeps its own, so that counting a request costs two look-ups. */
export class PrincipalUsage {
  readonly series: number;
  readonly principal: string;
  /** Open now. */
  connections = 0;
  /** Logins that succeeded, the repeated ones of a connection too. */
  authentications = 0;
  readonly #ledger: UsageLedger;
  readonly #traffic = new Map<string, TrafficCounter>();
  readonly #requests = new Map<number, RequestCounter>();

  constructor(ledger: UsageLedger, series: number, principal: string) {
    this.#ledger = ledger;
    this.series = series;
    this.principal = principal;
  }

  /** The counter of a topic; when there are too many, that of all topics without their own. */
  traffic(topic: string): TrafficCounter {
    const known = this.#traffic.get(topic);
    if (known !== undefined) return known;
    const name = this.#ledger.hasRoom ? topic : REST;
    let counter = this.#traffic.get(name);
    if (counter === undefined) {
      counter = this.#ledger.openTraffic(name);
      this.#traffic.set(name, counter);
    }
    return counter;
  }

  /** The counter of an API: a closed set, so it is always there. */
  request(apiKey: number): RequestCounter {
    const known = this.#requests.get(apiKey);
    if (known !== undefined) return known;
    const counter = newRequests(this.#ledger.nextSeries(), apiKey);
    this.#requests.set(apiKey, counter);
    return counter;
  }

  get trafficCounters(): Iterable<TrafficCounter> {
    return this.#traffic.values();
  }

  get requestCounters(): Iterable<RequestCounter> {
    return this.#requests.values();
  }

  get trafficCount(): number {
    return this.#traffic.size;
  }

  /** A number that moves whenever anything of this was counted. */
  get sum(): number {
    let sum = this.authentications;
    for (const { requests, responses } of this.#requests.values()) sum += requests + responses;
    for (const counter of this.#traffic.values()) sum += sumOf(counter);
    return sum;
  }

  /** Forgets the counter of a topic; whoever counts there next begins a new series. */
  forget(topic: string): void {
    this.#traffic.delete(topic);
  }
}

/** What everybody uses of this broker since its start. Bounded: clients choose topics and principals. */
export class UsageLedger {
  /** Logins that failed. */
  failedAuthentications = 0;
  /** Of clients that have not logged in: not reported. */
  readonly strangers: PrincipalUsage;
  readonly #principals = new Map<string, PrincipalUsage>();
  readonly #seen = new WeakMap<PrincipalUsage | TrafficCounter, Seen>();
  #series = 0;
  #trafficCount = 0;

  constructor() {
    this.strangers = new PrincipalUsage(this, this.nextSeries(), REST);
  }

  /** What a principal uses; when there are too many, what all without their own use. */
  principal(name: string): PrincipalUsage {
    const known = this.#principals.get(name);
    if (known !== undefined) return known;
    const counted = this.#principals.size < USAGE_PRINCIPALS_MAX ? name : REST;
    const usage =
      this.#principals.get(counted) ?? new PrincipalUsage(this, this.nextSeries(), counted);
    this.#principals.set(counted, usage);
    return usage;
  }

  get principals(): Iterable<PrincipalUsage> {
    return this.#principals.values();
  }

  /** True while a topic of a principal may have a counter of its own. */
  get hasRoom(): boolean {
    return this.#trafficCount < USAGE_SERIES_MAX;
  }

  /** A counter that begins now. */
  openTraffic(topic: string): TrafficCounter {
    this.#trafficCount += 1;
    return newTraffic(this.nextSeries(), topic);
  }

  nextSeries(): number {
    this.#series += 1;
    return this.#series;
  }

  /**
   * Makes room: counters that have not moved for an hour are forgotten, and who reads them each minute
   * has what they counted. Those who are active keep theirs.
   */
  prune(nowMs: number): void {
    let count = 0;
    for (const usage of this.#principals.values()) {
      for (const counter of usage.trafficCounters) {
        if (this.#isIdle(counter, sumOf(counter), nowMs)) usage.forget(counter.topic);
      }
      count += usage.trafficCount;
      const isIdle = this.#isIdle(usage, usage.sum, nowMs);
      if (isIdle && usage.connections === 0 && usage.trafficCount === 0)
        this.#principals.delete(usage.principal);
    }
    this.#trafficCount = count;
  }

  #isIdle(counter: PrincipalUsage | TrafficCounter, sum: number, nowMs: number): boolean {
    const seen = this.#seen.get(counter);
    if (seen === undefined) this.#seen.set(counter, { sum, movedAtMs: nowMs });
    else if (seen.sum !== sum) {
      seen.sum = sum;
      seen.movedAtMs = nowMs;
    } else return nowMs - seen.movedAtMs >= USAGE_IDLE_MS;
    return false;
  }
}

function newTraffic(series: number, topic: string): TrafficCounter {
  return { series, topic, receivedBytes: 0, receivedRecords: 0, sentBytes: 0, sentRecords: 0 };
}

function newRequests(series: number, apiKey: number): RequestCounter {
  return { series, apiKey, requests: 0, responses: 0, requestBytes: 0, responseBytes: 0 };
}

function sumOf(counter: TrafficCounter): number {
  return counter.receivedBytes + counter.receivedRecords + counter.sentBytes + counter.sentRecords;
}
