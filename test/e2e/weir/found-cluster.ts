import type { TestCloud } from '@weirhouse/testing-harness';

/** A cluster as whoever manages it finds it over REST. */
export interface FoundCluster {
  readonly id: string;
  readonly environmentId: string;
  /** `host:port` */
  readonly bootstrap: string;
  /** The id of the role binding whose pattern ends so. */
  findBinding(end: string): Promise<string>;
}

interface Listed {
  readonly id: string;
  readonly display_name: string;
  readonly crn_pattern: string;
  readonly spec: { readonly kafka_bootstrap_endpoint: string };
}

/** The first cluster of an environment. */
export async function findCluster(cloud: TestCloud, environment: string): Promise<FoundCluster> {
  const list = async (path: string): Promise<readonly Listed[]> =>
    ((await cloud.call('GET', path)).body as { readonly data: readonly Listed[] }).data;
  const environments = await list('/org/v2/environments');
  const environmentId = environments.find((one) => one.display_name === environment)?.id ?? '';
  const [cluster] = await list(`/cmk/v2/clusters?environment=${environmentId}`);
  if (cluster === undefined) throw new Error(`no cluster in ${environment}`);
  const { organizationId } = cloud.quickstart;
  const pattern = `crn://confluent.cloud/organization=${organizationId}/environment=${environmentId}/*`;
  return {
    id: cluster.id,
    environmentId,
    bootstrap: cluster.spec.kafka_bootstrap_endpoint.replace(/^.*:\/\//u, ''),
    async findBinding(end) {
      const path = `/iam/v2/role-bindings?crn_pattern=${encodeURIComponent(pattern)}`;
      const binding = (await list(path)).find(({ crn_pattern }) => crn_pattern.endsWith(end));
      if (binding === undefined) throw new Error(`no binding ${end}`);
      return binding.id;
    },
  };
}
