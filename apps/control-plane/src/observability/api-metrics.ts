import { Histogram, type Registry } from 'prom-client';

/** Upper bounds of request times, in seconds. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30];
/** What stands for every path that is not served: paths are chosen by callers. */
const NO_ROUTE = 'none';

/** One request that was answered. */
export interface AnsweredRequest {
  readonly method: string;
  /** The pattern of the path; undefined when nothing is served there. */
  readonly route: string | undefined;
  readonly status: number;
  readonly durationMs: number;
}

/** Counts and times requests by route and status; no label has a value that callers choose. */
export function createRequestMeter(registry: Registry): (request: AnsweredRequest) => void {
  const seconds = new Histogram({
    name: 'weirhouse_control_plane_request_seconds',
    help: 'Time from a request to its answer, by method, route and status; 401 are refused credentials.',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers: [registry],
  });
  return ({ method, route, status, durationMs }) => {
    const labels = { method: route === undefined ? NO_ROUTE : method, route: route ?? NO_ROUTE };
    seconds.observe({ ...labels, status }, durationMs / 1_000);
  };
}
