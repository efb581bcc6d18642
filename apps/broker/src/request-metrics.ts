import { API_INFOS } from '@weirhouse/kafka-protocol';
import { Counter, type Histogram, type Registry } from 'prom-client';

/** Latency buckets in seconds: a durable write takes about 0.2 ms, a long poll up to its wait. */
const DURATION_BUCKETS = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];

/** Where the time of one request went, in milliseconds. */
export interface RequestTimes {
  readonly queuedMs: number;
  readonly busyMs: number;
  readonly takenMs: number;
}

/** What was counted of one API since the start: plain numbers, which a registry reads at a scrape. */
export class ApiTally {
  readonly api: string;
  requests = 0;
  answers = 0;
  queuedMs = 0;
  busyMs = 0;
  waitedMs = 0;
  takenMs = 0;
  /** Answers by the first bucket that holds them; those above the last bucket are in none. */
  readonly buckets: number[] = DURATION_BUCKETS.map(() => 0);

  constructor(api: string) {
    this.api = api;
  }

  /** Counts an answer. */
  onAnswer({ busyMs, queuedMs, takenMs }: RequestTimes): void {
    this.answers++;
    this.queuedMs += queuedMs;
    this.busyMs += busyMs;
    this.takenMs += takenMs;
    if (takenMs > busyMs) this.waitedMs += takenMs - busyMs;
    const seconds = takenMs / 1000;
    for (let place = 0; place < DURATION_BUCKETS.length; place++) {
      if (seconds > (DURATION_BUCKETS[place] as number)) continue;
      this.buckets[place] = (this.buckets[place] as number) + 1;
      return;
    }
  }
}

/**
 * Metrics of requests by API. Counted beside the registry, whose own counters look labels up by text each
 * time: several of these for every request were a twentieth of the CPU of producing small batches.
 */
export function requestMetrics(registry: Registry): (apiKey: number) => ApiTally {
  const tallies = new Map<number, ApiTally>();
  const names = new Map(API_INFOS.map((api) => [api.apiKey, api.name]));
  registerCounters(registry, tallies);
  registerDurations(registry, tallies);
  return (apiKey) => {
    let tally = tallies.get(apiKey);
    if (tally === undefined) {
      tally = new ApiTally(names.get(apiKey) ?? 'unknown');
      tallies.set(apiKey, tally);
    }
    return tally;
  };
}

type Tallies = ReadonlyMap<number, ApiTally>;

function registerCounters(registry: Registry, tallies: Tallies): void {
  const registers = [registry];
  const requests: Counter = new Counter({
    name: 'weirhouse_broker_requests_total',
    help: 'Requests by API.',
    labelNames: ['api'],
    registers,
    collect: () => {
      requests.reset();
      for (const { api, requests: count } of tallies.values()) requests.inc({ api }, count);
    },
  });
  const phases: Counter = new Counter({
    name: 'weirhouse_broker_request_seconds_total',
    help: 'Time of requests by API and phase: in the queue, on the event loop, waiting for disks or others.',
    labelNames: ['api', 'phase'],
    registers,
    collect: () => {
      phases.reset();
      for (const { api, busyMs, queuedMs, waitedMs } of tallies.values()) {
        phases.inc({ api, phase: 'queue' }, queuedMs / 1000);
        phases.inc({ api, phase: 'local' }, busyMs / 1000);
        phases.inc({ api, phase: 'wait' }, waitedMs / 1000);
      }
    },
  });
}

/** A histogram whose counts are kept elsewhere: the registry asks a metric for its name and its values only. */
function registerDurations(registry: Registry, tallies: Tallies): void {
  const description = {
    name: 'weirhouse_broker_request_duration_seconds',
    help: 'Time from a request to its answer, waiting included, by API.',
    type: 'histogram',
    aggregator: 'sum',
    labelNames: ['api'],
  };
  const get = () => {
    const values = Array.from(tallies.values(), (tally) => samplesOf(description.name, tally));
    return Promise.resolve({ ...description, values: values.flat() });
  };
  registry.registerMetric({ ...description, get } as unknown as Histogram<'api'>);
}

function samplesOf(name: string, { answers, api, buckets, takenMs }: ApiTally): readonly object[] {
  const bucket = (le: number | string, value: number) => {
    return { metricName: `${name}_bucket`, labels: { le, api }, value };
  };
  let below = 0;
  const samples: object[] = DURATION_BUCKETS.map((le, place) => {
    below += buckets[place] as number;
    return bucket(le, below);
  });
  samples.push(
    bucket('+Inf', answers),
    { metricName: `${name}_sum`, labels: { api }, value: takenMs / 1000 },
    { metricName: `${name}_count`, labels: { api }, value: answers },
  );
  return samples;
}
