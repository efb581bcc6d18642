import { createRegistry } from '@weirhouse/shared-observability';
import type { Registry } from 'prom-client';
import {
  collectCertificates,
  collectLosses,
  collectStatus,
  collectWalMode,
  countMaterial,
  createProbe,
} from './probe.ts';
import { SlowRequests } from './slow-requests.ts';

interface DescribedMetric {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly labelNames?: readonly string[];
}

/** The reference of all metrics as Markdown, from the metrics themselves. */
export function metricsDocs(): string {
  const registry = createRegistry('broker');
  registerAll(registry);
  const metrics = registry.getMetricsAsArray() as unknown as readonly DescribedMetric[];
  const rows = metrics
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ help, labelNames = [], name, type }) => {
      const labels = labelNames.map((label) => `\`${label}\``).join(', ');
      return `| \`${name}\` | ${type} | ${labels} | ${help} |`;
    });
  return [
    '# Metrics of a broker',
    '',
    'Served in the Prometheus format at `/metrics` of the admin listener. Generated from the metrics themselves',
    '(`npm run gen`); what to watch and what to do is in [operations](operations.md). No label has a value that clients choose.',
    '',
    '| metric | type | labels | what it says |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function none(): never {
  throw new Error('nothing is read for the reference');
}

/** Registers everything that a broker registers; nothing is read here. */
function registerAll(registry: Registry): void {
  const log = { debug: none, info: none, warn: none, error: none };
  createProbe(registry, new SlowRequests({ log, thresholdMs: 0, nowMs: none }));
  collectStatus(registry, none);
  collectWalMode(registry, 'direct');
  collectLosses(registry, []);
  countMaterial(registry);
  collectCertificates(registry, []);
}
