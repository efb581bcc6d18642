import { collectDefaultMetrics, Registry } from 'prom-client';

/** A registry with Node's process metrics (memory, CPU, event-loop lag) under `weirhouse_<component>_`. */
export function createRegistry(component: string): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: `weirhouse_${component}_` });
  return registry;
}
