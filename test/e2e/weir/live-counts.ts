import type { TestCloud } from '@weirhouse/testing-harness';
import { globalLogin } from './command.ts';

/** How many things of each kind there are. */
export interface Counts {
  readonly environments: number;
  readonly clusters: number;
  readonly accounts: number;
  readonly keys: number;
  readonly bindings: number;
  readonly topics: number;
  readonly acls: number;
  readonly quotas: number;
}

interface Listed {
  readonly id: string;
  readonly display_name: string;
  readonly principal: string;
}

/** What REST lists beside the gifts of the first start. */
export async function countLive(
  cloud: TestCloud,
  environment: string,
): Promise<{ readonly counts: Counts; readonly clusterId: string | undefined }> {
  const { apiUrl, organizationId } = cloud.quickstart;
  const { key, secret } = globalLogin(cloud);
  const authorization = `Basic ${Buffer.from(`${key}:${secret}`).toString('base64')}`;
  const list = async (path: string): Promise<readonly Listed[]> => {
    const answer = await fetch(`${apiUrl}${path}`, { headers: { authorization } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return ((await answer.json()) as { readonly data: readonly Listed[] }).data;
  };
  const isNew = ({ display_name }: Listed): boolean =>
    display_name !== 'default' && display_name !== 'quickstart';
  const environments = (await list('/org/v2/environments')).filter(isNew);
  const accounts = (await list('/iam/v2/service-accounts')).filter(isNew);
  const pattern = encodeURIComponent(`crn://confluent.cloud/organization=${organizationId}/*`);
  const owners = new Set(accounts.map(({ id }) => `User:${id}`));
  const bindings = await list(`/iam/v2/role-bindings?crn_pattern=${pattern}`);
  const keys = await Promise.all(
    accounts.map(({ id }) => list(`/iam/v2/api-keys?spec.owner=${id}`)),
  );
  const holder = environments.find(({ display_name }) => display_name === environment);
  const place = `environment=${holder?.id ?? ''}`;
  const clusters = holder === undefined ? [] : await list(`/cmk/v2/clusters?${place}`);
  const inside = async (path: (id: string) => string): Promise<number> => {
    const lists = await Promise.all(clusters.map(({ id }) => list(path(id))));
    return lists.flat().length;
  };
  const counts = {
    environments: environments.length,
    clusters: clusters.length,
    accounts: accounts.length,
    keys: keys.flat().length,
    bindings: bindings.filter(({ principal }) => owners.has(principal)).length,
    topics: await inside((id) => `/kafka/v3/clusters/${id}/topics`),
    acls: await inside((id) => `/kafka/v3/clusters/${id}/acls`),
    quotas: await inside((id) => `/kafka-quotas/v1/client-quotas?spec.cluster=${id}&${place}`),
  };
  return { counts, clusterId: clusters[0]?.id };
}
