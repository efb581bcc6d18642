import { addressOf } from '@weirhouse/cloud-plan';
import type { CloudClient } from '../cloud-client.ts';
import type { LiveNames } from './live-names.ts';

/** Reads what lies in clusters. */
export async function readInside(
  _client: CloudClient,
  names: LiveNames,
  inside: ReadonlySet<string> | 'all',
): Promise<void> {
  for (const cluster of names.clusters.values())
    if (inside === 'all' || inside.has(addressOf('cluster', ...cluster.names))) return;
}
