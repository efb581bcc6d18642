import { CLUSTER_FIELD, labelsOf, type Metric, type Usage } from '@weirhouse/cloud-plan';

/** What a cluster used in a minute. */
export interface ExportedMinute {
  readonly clusterId: string;
  readonly timeMs: number;
  readonly usage: Usage;
}

/**
 * The Prometheus text format 0.0.4. A counter is what came in one minute, so everything is a gauge with the
 * time of its minute.
 */
export function exportText(metrics: readonly Metric[], minutes: readonly ExportedMinute[]): string {
  const lines: string[] = [];
  for (const metric of metrics) {
    const name = metric.name.replace(/^io\./u, '').replaceAll(/[^a-zA-Z0-9_]/gu, '_');
    const samples = minutes.flatMap(({ clusterId, timeMs, usage }) =>
      usage[metric.section].map((row) => {
        const labels = labelText(labelsOf(metric, clusterId, row));
        return `${name}{${labels}} ${metric.read(row)} ${timeMs}`;
      }),
    );
    if (samples.length === 0) continue;
    lines.push(`# HELP ${name} ${metric.description}`, `# TYPE ${name} gauge`, ...samples);
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** `kafka_id` of `resource.kafka.id`, `topic` of `metric.topic`. */
function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([field, value]) => {
      const key = field === CLUSTER_FIELD ? 'kafka_id' : field.replace(/^metric\./u, '');
      const escaped = value
        .replaceAll('\\', '\\\\')
        .replaceAll('"', String.raw`\"`)
        .replaceAll('\n', String.raw`\n`);
      return `${key}="${escaped}"`;
    })
    .join(',');
}
