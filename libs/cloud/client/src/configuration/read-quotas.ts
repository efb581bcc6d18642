import { routes } from '@weirhouse/cloud-contract';
import { addressOf } from '@weirhouse/cloud-plan';
import type { CloudClient } from '../cloud-client.ts';
import type { LiveNames } from './live-names.ts';

/** Items of a page. */
const PAGE_SIZE = 100;

/** Reads the client quotas of every cluster. */
export async function readQuotas(client: CloudClient, names: LiveNames): Promise<void> {
  for (const { environmentId: environment, id, names: place } of names.clusters.values()) {
    const query = { page_size: PAGE_SIZE, 'spec.cluster': id, environment };
    for await (const { data } of client.pages(routes.listClientQuotas, { params: {}, query })) {
      for (const { id: quotaId, spec } of data) {
        const { description, display_name, principals, throughput } = spec;
        names.add({
          kind: 'quota',
          address: addressOf('quota', ...place, display_name),
          id: quotaId,
          fields: {
            description,
            principals: principals.map((one) => names.accounts.get(one.id) ?? one.id).toSorted(),
            ingress_byte_rate: Number(throughput.ingress_byte_rate),
            egress_byte_rate: Number(throughput.egress_byte_rate),
          },
          needs: [addressOf('cluster', ...place), addressOf('environment', place[0])],
        });
      }
    }
  }
}
