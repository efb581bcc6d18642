import { performance } from 'node:perf_hooks';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** Sampling the loop's lag wakes the process each time; every 10 ms, as usual, costs an idle one 0.5 % of a core. */
const LAG_SAMPLE_MS = 3_600_000;
/** What the samples would say. */
const SAMPLED = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'];

/** A registry with Node's process metrics (memory, CPU, load of the event loop) under `weirhouse_<component>_`. */
export function createRegistry(component: string): Registry {
  const registry = new Registry();
  const prefix = `weirhouse_${component}_`;
  collectDefaultMetrics({
    register: registry,
    prefix,
    eventLoopMonitoringPrecision: LAG_SAMPLE_MS,
  });
  for (const what of SAMPLED)
    registry.removeSingleMetric(`${prefix}nodejs_eventloop_lag_${what}_seconds`);
  let before = performance.eventLoopUtilization();
  const gauge = new Gauge({
    name: `${prefix}event_loop_busy_ratio`,
    help: 'Part of the time since the last scrape that the event loop worked; at 1 the process is saturated.',
    registers: [registry],
    collect: () => {
      const now = performance.eventLoopUtilization();
      gauge.set(performance.eventLoopUtilization(now, before).utilization);
      before = now;
    },
  });
  return registry;
}
