import { Counter, Histogram, type Registry } from 'prom-client';

/** How the sample of a cluster ended. */
export type SampleOutcome = 'metered' | 'silent' | 'early' | 'overtaken' | 'failed';

/** What metering tells the world about itself. */
export interface MeteringProbe {
  onSample(outcome: SampleOutcome): void;
  onPass(durationMs: number): void;
}

/** Measures nothing. */
export const NO_METERING_PROBE: MeteringProbe = {
  onSample: () => undefined,
  onPass: () => undefined,
};

/** Prometheus metrics of metering; no label has a tenant in it. */
export function createMeteringProbe(registry: Registry): MeteringProbe {
  const samples = new Counter({
    name: 'weirhouse_metering_samples_total',
    help: 'Samples of the usage of clusters, by outcome: metered; silent, no broker answered; overtaken, another process was quicker; early, its minute was metered already; failed.',
    labelNames: ['outcome'],
    registers: [registry],
  });
  const passes = new Histogram({
    name: 'weirhouse_metering_pass_seconds',
    help: 'Time to sample all clusters of this process once; while it is above 60 s, minutes are left out.',
    buckets: [0.1, 0.5, 1, 5, 10, 30, 60],
    registers: [registry],
  });
  return {
    onSample: (outcome) => samples.inc({ outcome }),
    onPass: (durationMs) => passes.observe(durationMs / 1_000),
  };
}
