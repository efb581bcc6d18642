// What clients of the contract wait for, asked for as they do: it must come, without a status on the way that ends the wait.
import { expect, test } from 'vitest';
import {
  awaitStatus,
  CLUSTER_MAX_MS,
  clusterBody,
  clusterUrl,
  isProvisioned,
  thing,
  useCloud,
  type Thing,
} from './running-cloud.ts';

const ENVIRONMENTS = '/org/v2/environments';

const { awaitCluster, call, kafka, make, makeCluster, makeKey, quickstart } = useCloud();

test(
  'a cluster is PROVISIONING, then PROVISIONED, then gone',
  async () => {
    const { id: environmentId } = await make(ENVIRONMENTS, { display_name: 'polled' });
    const made = await call('POST', '/cmk/v2/clusters', { body: clusterBody(environmentId) });
    expect(made.status).toBe(202);
    const place = { id: thing(made).id, environmentId };
    // What clients need of a cluster that is there.
    expect((await awaitCluster(place, isProvisioned)).spec).toMatchObject({
      kafka_bootstrap_endpoint: expect.stringMatching(/:\d+$/u),
      http_endpoint: expect.stringMatching(/^http/u),
    });
    expect((await call('DELETE', `${ENVIRONMENTS}/${environmentId}`)).status).toBe(409);
    const url = clusterUrl(place);
    expect((await call('DELETE', url)).status).toBe(204);
    await awaitStatus(() => call('GET', url), [403, 404], [200]);
    expect((await call('DELETE', `${ENVIRONMENTS}/${environmentId}`)).status).toBe(204);
  },
  CLUSTER_MAX_MS * 2,
);

test(
  'another size of a Dedicated cluster is in the status when it is in effect',
  async () => {
    const { environmentId } = quickstart();
    const config = { kind: 'Dedicated', cku: 1 };
    const { id } = await makeCluster(environmentId, { display_name: 'resized', config });
    const place = { id, environmentId };
    const spec = { environment: { id: environmentId }, config: { kind: 'Dedicated', cku: 2 } };
    const changed = await call('PATCH', `/cmk/v2/clusters/${id}`, { body: { spec } });
    expect(changed.status).toBe(200);
    const resized = await awaitCluster(place, ({ status }) => status?.cku === 2);
    expect(resized.spec?.['config']).toMatchObject({ kind: 'Dedicated', cku: 2 });
    await call('DELETE', clusterUrl(place));
  },
  CLUSTER_MAX_MS,
);

test('a Basic cluster becomes a Standard one in place', async () => {
  const { environmentId } = quickstart();
  const { id } = await makeCluster(environmentId, { display_name: 'upgraded' });
  const spec = { environment: { id: environmentId }, config: { kind: 'Standard' } };
  expect((await call('PATCH', `/cmk/v2/clusters/${id}`, { body: { spec } })).status).toBe(200);
  const place = { id, environmentId };
  await awaitCluster(place, (cluster) => isProvisioned(cluster) && kindOf(cluster) === 'Standard');
  const back = { environment: { id: environmentId }, config: { kind: 'Basic' } };
  expect((await call('PATCH', `/cmk/v2/clusters/${id}`, { body: { spec: back } })).status).toBe(
    422,
  );
  await call('DELETE', clusterUrl(place));
});

test('a new Cloud key works at once, twice in a row, and a deleted one no more', async () => {
  const credential = await makeKey();
  for (let probes = 0; probes < 2; probes++)
    expect((await call('GET', ENVIRONMENTS, { credential })).status).toBe(200);
  expect((await call('DELETE', `/iam/v2/api-keys/${credential.id}`)).status).toBe(204);
  expect((await call('GET', ENVIRONMENTS, { credential })).status).toBe(401);
});

test('a new cluster key lists topics, twice in a row, and a deleted one no more', async () => {
  const { clusterId } = quickstart();
  const credential = await makeKey({ id: clusterId, kind: 'Cluster' });
  const probe = (): ReturnType<typeof kafka> => kafka('GET', '/topics', { credential });
  await awaitStatus(probe, [200], [401, 403]);
  expect((await probe()).status).toBe(200);
  expect((await call('DELETE', `/iam/v2/api-keys/${credential.id}`)).status).toBe(204);
  await awaitStatus(probe, [401], [200]);
});

test('a topic that was made is read at once, and one that was deleted is soon 404', async () => {
  expect((await kafka('POST', '/topics', { body: { topic_name: 'polled' } })).status).toBe(201);
  for (let reads = 0; reads < 3; reads++)
    expect((await kafka('GET', '/topics/polled')).status).toBe(200);
  expect((await kafka('DELETE', '/topics/polled')).status).toBe(204);
  await awaitStatus(() => kafka('GET', '/topics/polled'), [404], [200]);
});

test('a role counts within seconds of its binding, and no more after its end', async () => {
  const { clusterId, environmentId } = quickstart();
  const { metadata } = thing(await call('GET', clusterUrl({ id: clusterId, environmentId })));
  const credential = await makeKey({ id: clusterId, kind: 'Cluster' });
  const create = (): ReturnType<typeof kafka> =>
    kafka('POST', '/topics', {
      credential,
      body: { topic_name: 'of-the-bound', validate_only: true },
    });
  await awaitStatus(create, [403], [401]);
  const { id } = await make('/iam/v2/role-bindings', {
    principal: `User:${credential.owner}`,
    role_name: 'CloudClusterAdmin',
    crn_pattern: metadata.resource_name?.replace(/\/kafka=.*$/u, ''),
  });
  await awaitStatus(create, [200], [403]);
  expect([200, 204]).toContain((await call('DELETE', `/iam/v2/role-bindings/${id}`)).status);
  await awaitStatus(create, [403], [200]);
});

test('an ACL and a client quota are read as they were written', async () => {
  const { clusterId, environmentId } = quickstart();
  const { owner } = await makeKey();
  const acl = {
    resource_type: 'TOPIC',
    resource_name: 'hello',
    pattern_type: 'LITERAL',
    principal: `User:${owner}`,
    host: '*',
    operation: 'READ',
    permission: 'ALLOW',
  };
  const query = new URLSearchParams(acl).toString();
  const shown = async (): Promise<readonly unknown[]> =>
    ((await kafka('GET', `/acls?${query}`)).body as { readonly data: readonly unknown[] }).data;
  expect((await kafka('POST', '/acls', { body: acl })).status).toBe(201);
  expect(await shown()).toMatchObject([acl]);
  expect((await kafka('DELETE', `/acls?${query}`)).body).toMatchObject({ data: [acl] });
  expect(await shown()).toEqual([]);
  const quota = {
    display_name: 'polled',
    description: '',
    throughput: { ingress_byte_rate: '1048576', egress_byte_rate: '2097152' },
    cluster: { id: clusterId },
    environment: { id: environmentId },
    principals: [{ id: owner }],
  };
  const { id } = await make('/kafka-quotas/v1/client-quotas', { spec: quota });
  const url = `/kafka-quotas/v1/client-quotas/${id}`;
  expect(thing(await call('GET', url)).spec).toMatchObject(quota);
  expect((await call('DELETE', url)).status).toBe(204);
  expect((await call('GET', url)).status).toBe(404);
});

function kindOf({ spec }: Thing): string | undefined {
  const config = spec?.['config'] as { readonly kind: string } | undefined;
  return config?.kind;
}
