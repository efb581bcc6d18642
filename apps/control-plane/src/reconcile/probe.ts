import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What the reconciler tells the world about itself. */
export interface ReconcileProbe {
  onPass(outcome: 'settled' | 'progressed' | 'waiting' | 'failed', durationMs: number): void;
  onStep(kind: string, outcome: 'done' | 'failed'): void;
  onQueue(depth: number): void;
  onShards(held: number): void;
}

/** Measures nothing. */
export const NO_PROBE: ReconcileProbe = {
  onPass: () => undefined,
  onStep: () => undefined,
  onQueue: () => undefined,
  onShards: () => undefined,
};

/** Prometheus metrics of the reconciler; no label has a tenant in it. */
export function createReconcileProbe(registry: Registry): ReconcileProbe {
  const passes = new Histogram({
    name: 'weirhouse_reconciler_pass_seconds',
    help: 'Time of one look at one cluster, by outcome.',
    labelNames: ['outcome'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 30],
    registers: [registry],
  });
  const steps = new Counter({
    name: 'weirhouse_reconciler_steps_total',
    help: 'Steps tried, by kind and outcome.',
    labelNames: ['kind', 'outcome'],
    registers: [registry],
  });
  const queue = new Gauge({
    name: 'weirhouse_reconciler_queue_keys',
    help: 'Clusters that wait for the reconciler or are being worked on.',
    registers: [registry],
  });
  const shards = new Gauge({
    name: 'weirhouse_reconciler_shards',
    help: 'Shards of clusters that this process works on, of 8.',
    registers: [registry],
  });
  return {
    onPass: (outcome, durationMs) => passes.observe({ outcome }, durationMs / 1_000),
    onStep: (kind, outcome) => steps.inc({ kind, outcome }),
    onQueue: (depth) => queue.set(depth),
    onShards: (held) => shards.set(held),
  };
}
