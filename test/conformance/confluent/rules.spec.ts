import { describe, expect, test } from 'vitest';
import type { Answer } from './check-answer.ts';
import { awaitStatus, clusterBody, detailOf, list, thing, useCloud } from './running-cloud.ts';

const ENVIRONMENTS = '/org/v2/environments';

const { call, kafka, make, makeCluster, makeKey, quickstart } = useCloud();

interface Setting {
  readonly name: string;
  readonly value: string;
  readonly source: string;
}

function configs(answer: Answer): readonly Setting[] {
  expect(answer.status).toBe(200);
  return (answer.body as { readonly data: readonly Setting[] }).data;
}

describe('the twelve rules', () => {
  test('1: `next` of a list is a URL with a page_token, and absent on the last page', async () => {
    for (const display_name of ['page 1', 'page 2']) await make(ENVIRONMENTS, { display_name });
    const seen: string[] = [];
    let url: string | undefined = '/org/v2/environments?page_size=1';
    while (url !== undefined) {
      const page = list(await call('GET', url));
      expect(page.data.length).toBeLessThanOrEqual(1);
      expect(page.metadata.next).not.toBeNull();
      seen.push(...page.data.map(({ id }) => id));
      const { next } = page.metadata;
      expect('next' in page.metadata).toBe(next !== undefined);
      const token = next === undefined ? null : new URL(next).searchParams.get('page_token');
      url = token === null ? undefined : `/org/v2/environments?page_size=1&page_token=${token}`;
    }
    const whole = list(await call('GET', '/org/v2/environments?page_size=99'));
    expect(seen).toEqual(whole.data.map(({ id }) => id));
    for (const path of ['/iam/v2/service-accounts', '/iam/v2/api-keys', '/iam/v2/users'])
      expect(list(await call('GET', `${path}?page_size=100`)).metadata).not.toHaveProperty('next');
  });

  test('2: every body, errors included, is application/json', async () => {
    for (const [method, url, status] of [
      ['GET', '/org/v2/environments', 200],
      ['GET', '/org/v2/environments/env-none00', 404],
      ['GET', '/org/v2/environments?page_size=0', 400],
      ['POST', '/org/v2/environments', 400],
      ['PUT', '/org/v2/environments', 405],
      ['GET', '/nowhere', 404],
      ['GET', '/connect/v1/nowhere', 404],
      ['GET', '/kafka/v3/clusters/lkc-none00/links', 404],
    ] as const) {
      const answer = await call(method, url);
      expect(answer.status, url).toBe(status);
      expect(answer.headers.get('content-type'), url).toMatch(/^application\/json(?:;|$)/u);
    }
  });

  test('3 and 4: times are RFC 3339, and what was made is there for the next request', async () => {
    const { id } = await make(ENVIRONMENTS, { display_name: 'read at once' });
    for (let reads = 0; reads < 3; reads++)
      expect((await call('GET', `/org/v2/environments/${id}`)).status).toBe(200);
    const { created_at: at } = thing(await call('GET', `/org/v2/environments/${id}`))
      .metadata as unknown as { created_at: string };
    expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/u);
  });

  test('5: CRNs hold the parts that clients cut out', async () => {
    const { organizationId, environmentId, clusterId } = quickstart();
    const environment = await call('GET', `/org/v2/environments/${environmentId}`);
    expect(thing(environment).metadata.resource_name).toMatch(
      new RegExp(`^crn://[^/]+/organization=${organizationId}/environment=${environmentId}$`, 'u'),
    );
    const cluster = await call('GET', `/cmk/v2/clusters/${clusterId}?environment=${environmentId}`);
    expect(thing(cluster).metadata.resource_name).toContain(
      `/environment=${environmentId}/cloud-cluster=${clusterId}/kafka=${clusterId}`,
    );
  });

  test('6: an environment without a Schema Registry does not promise one', async () => {
    const refused = await call('POST', ENVIRONMENTS, {
      body: { display_name: 'sr', stream_governance_config: { package: 'ESSENTIALS' } },
    });
    expect(refused.status).toBe(422);
    const environments = list(await call('GET', '/org/v2/environments?page_size=99')).data;
    for (const environment of environments)
      expect(environment).not.toHaveProperty('stream_governance_config');
    const { environmentId } = quickstart();
    const registries = await call('GET', `/srcm/v3/clusters?environment=${environmentId}`);
    expect(list(registries).data).toEqual([]);
  });

  test('7: a Cloud key is for the resource `cloud`, and its secret is shown once', async () => {
    const { id, secret } = await makeKey();
    expect(secret).toMatch(/^[A-Za-z0-9+/]{64}$/u);
    const { spec } = thing(await call('GET', `/iam/v2/api-keys/${id}`));
    expect(spec?.['resource']).toMatchObject({ id: 'cloud', kind: 'Cloud' });
    expect(spec?.['secret'] ?? '').toBe('');
  });

  test('8: the clouds are three, and a region is one of the catalogue', async () => {
    const { environmentId } = quickstart();
    for (const changes of [{ cloud: 'IBM' }, { region: 'moon-1' }]) {
      const body = clusterBody(environmentId, changes);
      expect((await call('POST', '/cmk/v2/clusters', { body })).status).toBe(422);
    }
    const regions = list(await call('GET', '/fcpm/v2/regions')).data;
    expect(regions.map(({ id }) => id)).toContain('aws.local');
  });

  test('9: ids tell by their prefix what they are of', async () => {
    const { environmentId, clusterId, organizationId, cloudApiKey } = quickstart();
    expect(environmentId).toMatch(/^env-/u);
    expect(clusterId).toMatch(/^lkc-/u);
    expect(organizationId).toMatch(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u);
    expect(cloudApiKey).toMatch(/^[A-Z2-7]{16}$/u);
    const [account] = list(await call('GET', '/iam/v2/service-accounts')).data;
    const [user] = list(await call('GET', '/iam/v2/users')).data;
    expect(account?.id).toMatch(/^sa-/u);
    expect(user?.id).toMatch(/^u-/u);
  });

  test('10: the settings of a topic that are its own are those that people made', async () => {
    const own = async (topic: string): Promise<Record<string, string>> => {
      const settings = configs(await kafka('GET', `/topics/${topic}/configs`));
      const made = settings.filter(({ source }) => source === 'DYNAMIC_TOPIC_CONFIG');
      return Object.fromEntries(made.map(({ name, value }) => [name, value]));
    };
    expect(await own('hello')).toEqual({});
    const made = [
      { name: 'retention.ms', value: '60000' },
      { name: 'cleanup.policy', value: 'compact' },
    ];
    await kafka('POST', '/topics', { body: { topic_name: 'plain' } });
    await kafka('POST', '/topics', { body: { topic_name: 'set', configs: made } });
    expect(await own('plain')).toEqual({});
    expect(await own('set')).toEqual({ 'retention.ms': '60000', 'cleanup.policy': 'compact' });
    const data = [
      { name: 'retention.ms', operation: 'DELETE' },
      { name: 'segment.bytes', value: '1048576' },
    ];
    await kafka('POST', '/topics/set/configs:alter', { body: { data } });
    // A setting of all brokers is no topic's own, and neither are records.
    const forAll = { data: [{ name: 'log.retention.ms', value: '86400000' }] };
    await kafka('POST', '/broker-configs:alter', { body: forAll });
    const record = { value: { type: 'STRING', data: 'x' } };
    await kafka('POST', '/topics/plain/records', { body: record });
    expect(await own('set')).toEqual({ 'cleanup.policy': 'compact', 'segment.bytes': '1048576' });
    expect(await own('plain')).toEqual({});
    await kafka('DELETE', '/broker-configs/log.retention.ms');
  });

  test('11: the settings of a cluster that are listed are those that people made', async () => {
    const listed = async (): Promise<Record<string, string>> => {
      const settings = configs(await kafka('GET', '/broker-configs'));
      return Object.fromEntries(settings.map(({ name, value }) => [name, value]));
    };
    expect(await listed()).toEqual({});
    const data = [
      { name: 'log.retention.ms', value: '7200000' },
      { name: 'log.cleaner.max.compaction.lag.ms', value: '86400000' },
    ];
    const set = await kafka('POST', '/broker-configs:alter', { body: { data } });
    expect(set.status).toBe(204);
    expect(await listed()).toEqual({
      'log.retention.ms': '7200000',
      'log.cleaner.max.compaction.lag.ms': '86400000',
    });
    const body = { data: data.map(({ name }) => ({ name, operation: 'DELETE' })) };
    expect((await kafka('POST', '/broker-configs:alter', { body })).status).toBe(204);
    expect(await listed()).toEqual({});
  });

  test('11: nor has a cluster any that is new, of another size and with a client quota', async () => {
    const { environmentId } = quickstart();
    const { id } = await makeCluster(environmentId, { display_name: 'settings' });
    const credential = await makeKey({ id, kind: 'Cluster' });
    const environment = { id: environmentId };
    const throughput = { ingress_byte_rate: '1048576', egress_byte_rate: '1048576' };
    const principals = [{ id: credential.owner }];
    const quota = { display_name: 'slow', throughput, cluster: { id }, environment, principals };
    await make('/kafka-quotas/v1/client-quotas', { spec: quota });
    const url = `/kafka/v3/clusters/${id}/broker-configs`;
    const crn_pattern = thing(
      await call('GET', `/cmk/v2/clusters/${id}?environment=${environmentId}`),
    ).metadata.resource_name?.replace(/\/kafka=.*$/u, '');
    const principal = `User:${credential.owner}`;
    await make('/iam/v2/role-bindings', { principal, role_name: 'CloudClusterAdmin', crn_pattern });
    const answer = await awaitStatus(() => call('GET', url, { credential }), [200], [401, 403]);
    expect(configs(answer)).toEqual([]);
  });

  test('12: bad credentials are 401 with "invalid API key", what is gone is 404', async () => {
    const { cloudApiKey: id, clusterApiKey, clusterApiSecret } = quickstart();
    for (const credential of [
      { id, secret: 'x' },
      { id: 'AAAAAAAAAAAAAAAA', secret: 'x' },
      { id: clusterApiKey, secret: clusterApiSecret },
    ]) {
      const answer = await call('GET', ENVIRONMENTS, { credential });
      expect(answer.status).toBe(401);
      expect(detailOf(answer)).toContain('invalid API key');
      expect(answer.headers.get('www-authenticate')).toContain('error="invalid_key"');
    }
    const nobody = await call('GET', ENVIRONMENTS, { credential: undefined });
    expect(nobody.headers.get('www-authenticate')).toMatch(/^Basic /u);
    const { id: gone } = await make(ENVIRONMENTS, { display_name: 'gone' });
    expect((await call('DELETE', `${ENVIRONMENTS}/${gone}`)).status).toBe(204);
    expect((await call('GET', `${ENVIRONMENTS}/${gone}`)).status).toBe(404);
    const weak = await makeKey();
    const body = { display_name: 'forbidden' };
    const denied = await call('POST', ENVIRONMENTS, { body, credential: weak });
    expect(denied.status).toBe(403);
    expect(detailOf(denied)).not.toContain('invalid API key');
  });
});
