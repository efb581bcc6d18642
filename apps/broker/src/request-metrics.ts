import { API_INFOS } from '@weirhouse/kafka-protocol';
import { Counter, Histogram, type Registry } from 'prom-client';

/** Latency buckets in seconds: a durable write takes about 0.2 ms, a long poll up to its wait. */
const DURATION_BUCKETS = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];

/** The metrics of one API, bound to its labels. */
export interface ApiMetrics {
  readonly api: string;
  readonly requests: Counter.Internal;
  readonly durations: Histogram.Internal<'api'>;
  readonly queued: Counter.Internal;
  readonly local: Counter.Internal;
  readonly waited: Counter.Internal;
}

/** Metrics of requests by API. One bound set each: looking labels up costs more than counting. */
export function requestMetrics(registry: Registry): (apiKey: number) => ApiMetrics {
  const names = new Map(API_INFOS.map((api) => [api.apiKey, api.name]));
  const registers = [registry];
  const requests = new Counter({
    name: 'weirhouse_broker_requests_total',
    help: 'Requests by API.',
    labelNames: ['api'],
    registers,
  });
  const phases = new Counter({
    name: 'weirhouse_broker_request_seconds_total',
    help: 'Time of requests by API and phase: in the queue, on the event loop, waiting for disks or others.',
    labelNames: ['api', 'phase'],
    registers,
  });
  const durations = new Histogram({
    name: 'weirhouse_broker_request_duration_seconds',
    help: 'Time from a request to its answer, waiting included, by API.',
    labelNames: ['api'],
    buckets: DURATION_BUCKETS,
    registers,
  });
  const bound = new Map<number, ApiMetrics>();
  return (apiKey) => {
    const known = bound.get(apiKey);
    if (known !== undefined) return known;
    const api = names.get(apiKey) ?? 'unknown';
    const metrics: ApiMetrics = {
      api,
      requests: requests.labels({ api }),
      durations: durations.labels({ api }),
      queued: phases.labels({ api, phase: 'queue' }),
      local: phases.labels({ api, phase: 'local' }),
      waited: phases.labels({ api, phase: 'wait' }),
    };
    bound.set(apiKey, metrics);
    return metrics;
  };
}
