import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What the reconciler tells the world about itself. */
export interface ReconcileProbe {
  onPass(outcome: 'settled' | 'progressed' | 'waiting' | 'failed', durationMs: number): void;
  onStep(kind: string, outcome: 'done' | 'failed'): void;
  onOperation(kind: string, outcome: 'begun' | 'succeeded' | 'cancelled'): void;
  /** What to ask at each scrape. */
  watchQueue(queue: QueueView): void;
  onShards(held: number): void;
}

/** How the queue of clusters is doing. */
export interface QueueView {
  readonly depth: number;
  readonly lateMs: number;
  readonly stalledMs: number;
}

/** Measures nothing. */
export const NO_PROBE: ReconcileProbe = {
  onPass: () => undefined,
  onStep: () => undefined,
  onOperation: () => undefined,
  watchQueue: () => undefined,
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
  const operations = new Counter({
    name: 'weirhouse_reconciler_operations_total',
    help: 'Operations on clusters by kind and by what became of them: begun, succeeded, or cancelled by another one.',
    labelNames: ['kind', 'outcome'],
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
    onOperation: (kind, outcome) => operations.inc({ kind, outcome }),
    watchQueue: (queue) => watchQueue(queue, registry),
    onShards: (held) => shards.set(held),
  };
}

function watchQueue(queue: QueueView, registry: Registry): void {
  const depth: Gauge = new Gauge({
    name: 'weirhouse_reconciler_queue_keys',
    help: 'Clusters that this process looks after: they wait for their next look or are being worked on.',
    registers: [registry],
    collect: () => depth.set(queue.depth),
  });
  const late: Gauge = new Gauge({
    name: 'weirhouse_reconciler_late_seconds',
    help: 'How long the cluster that should have been looked at first has waited; 0 = none waits for a worker.',
    registers: [registry],
    collect: () => late.set(queue.lateMs / 1_000),
  });
  const stalled: Gauge = new Gauge({
    name: 'weirhouse_reconciler_stalled_seconds',
    help: 'Age of the oldest look that has not ended; above 180 the process is not ready.',
    registers: [registry],
    collect: () => stalled.set(queue.stalledMs / 1_000),
  });
}
