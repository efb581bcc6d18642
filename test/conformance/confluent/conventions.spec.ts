// What all APIs of the contract share: envelope, references, CRNs, ids, lists, failures, headers, credentials.
import { startTokenIssuer, type TokenIssuer } from '@weirhouse/testing-harness';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { awaitStatus, clusterUrl, detailOf, list, thing, useCloud } from './running-cloud.ts';

const ENVIRONMENTS = '/org/v2/environments';
const ACCOUNTS = '/iam/v2/service-accounts';
const PROVIDERS = '/iam/v2/identity-providers';
const ISSUER = 'https://issuer.example.org';
const PROVIDER = { display_name: 'issuer', description: '', issuer: ISSUER };
const EXCHANGE = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
};

const { call, kafka, make, makeKey, quickstart } = useCloud({ WEIRHOUSE_ISSUER_NETWORKS: 'any' });
let issuer: TokenIssuer;

beforeAll(async () => {
  issuer = await startTokenIssuer();
});

afterAll(() => {
  issuer.close();
});

/** An identity pool with the role of somebody who may do everything, and the form that asks for its tokens. */
async function makePool(): Promise<{ readonly id: string; readonly form: URLSearchParams }> {
  const provider = await make(PROVIDERS, { ...PROVIDER, jwks_uri: issuer.keysUrl });
  const filter = 'claims.aud == "kafka"';
  const pool = { display_name: 'pool', description: '', identity_claim: 'claims.sub', filter };
  const { id } = await make(`${PROVIDERS}/${provider.id}/identity-pools`, pool);
  await make('/iam/v2/role-bindings', {
    principal: `User:${id}`,
    role_name: 'OrganizationAdmin',
    crn_pattern: `crn://confluent.cloud/organization=${quickstart().organizationId}`,
  });
  const subject_token = issuer.token({ iss: ISSUER });
  return { id, form: new URLSearchParams({ ...EXCHANGE, subject_token, identity_pool_id: id }) };
}

describe('objects', () => {
  test('an object has api_version, kind, id and metadata, as its item in a list has', async () => {
    const { environmentId, clusterId } = quickstart();
    for (const [url, api_version, kind] of [
      [ENVIRONMENTS, 'org/v2', 'Environment'],
      [`/cmk/v2/clusters?environment=${environmentId}`, 'cmk/v2', 'Cluster'],
      [ACCOUNTS, 'iam/v2', 'ServiceAccount'],
      ['/iam/v2/users', 'iam/v2', 'User'],
      ['/iam/v2/api-keys', 'iam/v2', 'ApiKey'],
    ] as const) {
      const page = await call('GET', url);
      expect(page.body).toMatchObject({ api_version, kind: `${kind}List` });
      const [item] = list(page).data;
      expect(item, url).toMatchObject({
        api_version,
        kind,
        metadata: { self: expect.any(String) },
      });
      const whole = await fetchSelf(item?.metadata.self ?? '');
      expect(thing(whole)).toMatchObject({ api_version, kind, id: item?.id });
    }
    expect(thing(await call('GET', clusterUrl({ id: clusterId, environmentId }))).id).toBe(
      clusterId,
    );
  });

  test('a reference is an id in requests; in answers it has links too', async () => {
    const { clusterId, environmentId, organizationId } = quickstart();
    const read = thing(await call('GET', clusterUrl({ id: clusterId, environmentId })));
    expect(read.spec?.['environment']).toMatchObject({
      id: environmentId,
      related: expect.stringMatching(new RegExp(`${ENVIRONMENTS}/${environmentId}$`, 'u')),
      resource_name: `crn://weirhouse/organization=${organizationId}/environment=${environmentId}`,
    });
  });

  test('what only answers hold is ignored in requests', async () => {
    const made = await make(ENVIRONMENTS, {
      api_version: 'org/v2',
      kind: 'Environment',
      id: 'env-mine00',
      metadata: { self: 'https://example.org/' },
      display_name: 'with more',
      unknown: { deep: true },
    });
    expect(made.id).not.toBe('env-mine00');
    expect(made).not.toHaveProperty('unknown');
  });
});

/** Asks where an object says it is. */
function fetchSelf(self: string): ReturnType<typeof call> {
  const { apiUrl, environmentId } = quickstart();
  expect(self.startsWith(`${apiUrl}/`), self).toBe(true);
  const path = self.slice(apiUrl.length);
  return call('GET', path.startsWith('/cmk/') ? `${path}?environment=${environmentId}` : path);
}

describe('CRNs', () => {
  test('each kind of object has the tail that clients cut and compare', async () => {
    const { clusterId, environmentId, organizationId } = quickstart();
    const tailOf = async (url: string): Promise<string> => {
      const { metadata } = thing(await call('GET', url));
      return metadata.resource_name?.replace(/^crn:\/\/[^/]+\//u, '') ?? '';
    };
    const organization = `organization=${organizationId}`;
    const environment = `${organization}/environment=${environmentId}`;
    const account = await make(ACCOUNTS, { display_name: 'named' });
    const user = list(await call('GET', '/iam/v2/users')).data[0]?.id ?? '';
    const key = await makeKey();
    const binding = await make('/iam/v2/role-bindings', {
      principal: `User:${account.id}`,
      role_name: 'EnvironmentAdmin',
      crn_pattern: `crn://confluent.cloud/${environment}`,
    });
    const quota = await make('/kafka-quotas/v1/client-quotas', {
      spec: {
        display_name: 'named',
        throughput: { ingress_byte_rate: '1048576', egress_byte_rate: '1048576' },
        cluster: { id: clusterId },
        environment: { id: environmentId },
        principals: [{ id: account.id }],
      },
    });
    const tails = {
      [`/org/v2/organizations/${organizationId}`]: organization,
      [`${ENVIRONMENTS}/${environmentId}`]: environment,
      [clusterUrl({
        id: clusterId,
        environmentId,
      })]: `${environment}/cloud-cluster=${clusterId}/kafka=${clusterId}`,
      [`${ACCOUNTS}/${account.id}`]: `${organization}/service-account=${account.id}`,
      [`/iam/v2/users/${user}`]: `${organization}/user=${user}`,
      [`/iam/v2/api-keys/${key.id}`]: `${organization}/api-key=${key.id}`,
      [`/iam/v2/role-bindings/${binding.id}`]: `${organization}/role-binding=${binding.id}`,
      [`/kafka-quotas/v1/client-quotas/${quota.id}`]: `client-quota=${quota.id}`,
    };
    for (const [url, tail] of Object.entries(tails))
      expect(await tailOf(url), url).toMatch(new RegExp(`(?:^|/)${tail}$`, 'u'));
    const topic = await kafka('GET', '/topics/hello');
    expect(thing(topic).metadata.resource_name).toBe(`crn:///kafka=${clusterId}/topic=hello`);
  });

  test('they are compared without their authority and however they are percent-encoded', async () => {
    const { environmentId, organizationId } = quickstart();
    const account = await make(ACCOUNTS, { display_name: 'bound' });
    const binding = await make('/iam/v2/role-bindings', {
      principal: `User:${account.id}`,
      role_name: 'EnvironmentAdmin',
      crn_pattern: `crn://confluent.cloud/organization=${organizationId}/environment=${environmentId}`,
    });
    for (const pattern of [
      `crn://elsewhere/organization=${organizationId}/environment=${environmentId}`,
      `crn://elsewhere/organization=${organizationId}/environment=${environmentId.replace('-', '%2D')}`,
    ]) {
      const query = new URLSearchParams({ crn_pattern: pattern });
      const found = list(await call('GET', `/iam/v2/role-bindings?${query.toString()}`));
      expect(
        found.data.map(({ id }) => id),
        pattern,
      ).toContain(binding.id);
    }
  });
});

describe('lists', () => {
  test('pages have 10 items by default, 100 at most, and any token that was not given is refused', async () => {
    for (let made = 0; made < 12; made++) await make(ACCOUNTS, { display_name: `page ${made}` });
    const page = list(await call('GET', ACCOUNTS));
    expect(page.data.length).toBe(10);
    expect(page.metadata.next).toContain('page_token=');
    expect(list(await call('GET', `${ACCOUNTS}?page_size=100`)).data.length).toBeGreaterThan(11);
    for (const query of ['page_size=101', 'page_size=0', 'page_token=none']) {
      const refused = await call('GET', `${ACCOUNTS}?${query}`);
      expect([refused.status, detailOf(refused)]).toEqual([400, expect.stringMatching(/^page_/u)]);
    }
    expect(
      (await call('GET', '/service-quota/v1/applied-quotas?scope=organization&page_size=200'))
        .status,
    ).toBe(200);
  });

  test('a filter may be given more than once, and unknown parameters are ignored', async () => {
    const names = ['twice a', 'twice b'];
    const made: string[] = [];
    for (const display_name of names) made.push((await make(ACCOUNTS, { display_name })).id);
    const query = names.map((name) => `display_name=${encodeURIComponent(name)}`).join('&');
    const found = list(await call('GET', `${ACCOUNTS}?${query}&unknown=1`)).data;
    expect(found.map(({ id }) => id)).toEqual(made);
  });

  test('lists of kafka/v3 are whole and end with a null', async () => {
    const { body } = await kafka('GET', '/topics');
    expect(body).toMatchObject({ kind: 'KafkaTopicList', metadata: { next: null } });
  });
});

describe('failures', () => {
  test('an error is an entry with status as text, code, title, detail and source', async () => {
    const { body, headers } = await call('GET', `${ENVIRONMENTS}?page_token=none`);
    expect(body).toEqual({
      errors: [
        {
          id: headers.get('x-request-id'),
          status: '400',
          code: 'invalid_filter',
          title: expect.any(String),
          detail: expect.stringContaining('page_token'),
          source: { parameter: 'page_token' },
        },
      ],
    });
  });

  test('each status has the code that clients know', async () => {
    const weak = await makeKey();
    const body = { display_name: 'taken' };
    await make(ENVIRONMENTS, body);
    const answers = {
      user_unauthenticated: await call('GET', ENVIRONMENTS, { credential: undefined }),
      user_unauthorized: await call('POST', ENVIRONMENTS, { body, credential: weak }),
      resource_not_found: await call('GET', `${ENVIRONMENTS}/env-none00`),
      resource_already_exists: await call('POST', ENVIRONMENTS, { body }),
      invalid_configuration: await call('POST', ENVIRONMENTS, { body: { display_name: '' } }),
      quota_exceeded: await exceedQuota(),
    };
    const codes = Object.values(answers).map((answer) => [
      answer.status,
      (answer.body as { readonly errors: readonly { readonly code: string }[] }).errors[0]?.code,
    ]);
    expect(codes).toEqual(
      Object.keys(answers).map((code, index) => [[401, 403, 404, 409, 422, 402][index], code]),
    );
    expect(answers.invalid_configuration.body).toMatchObject({
      errors: [{ source: { pointer: '/display_name' } }],
    });
  });

  test('a second POST of the same name makes no second object and says where the first is', async () => {
    const body = { display_name: 'twice' };
    const first = await call('POST', ENVIRONMENTS, { body });
    const { self } = thing(first).metadata;
    expect(first.headers.get('location')).toBe(self);
    const again = await call('POST', ENVIRONMENTS, { body });
    expect(again.status).toBe(409);
    expect(again.headers.get('location')).toBe(self);
  });

  test('role bindings, kafka/v3 and the STS fail in dialects of their own', async () => {
    for (const url of ['/iam/v2/role-bindings/rb-none00', '/iam/v2/role-bindings']) {
      const { body, status } = await call('GET', url);
      expect(body).toMatchObject({ error_code: expect.any(Number), message: expect.any(String) });
      expect(status).toBe(url.endsWith('rb-none00') ? 404 : 400);
    }
    expect((await kafka('GET', '/topics/none')).body).toMatchObject({ error_code: 40403 });
    const token = new URLSearchParams({ grant_type: 'password' });
    const sts = await call('POST', '/sts/v1/oauth2/token', { body: token, credential: undefined });
    expect([sts.status, sts.body]).toMatchObject([400, { error: 'invalid_request' }]);
  });

  test('what is not offered says so, under its own path', async () => {
    for (const url of [
      '/connect/v1/environments/e/clusters/c/connectors',
      '/byok/v1/keys',
      '/fcpm/v2/compute-pools',
    ]) {
      const answer = await call('GET', url);
      expect([answer.status, detailOf(answer)]).toEqual([
        404,
        expect.stringContaining('not offered'),
      ]);
    }
  });
});

/** Makes identity providers until there are too many, and deletes them again. */
async function exceedQuota(): ReturnType<typeof call> {
  const made: string[] = [];
  const create = async (): ReturnType<typeof call> => {
    const display_name = `provider ${made.length}`;
    const answer = await call('POST', PROVIDERS, {
      body: { ...PROVIDER, display_name, jwks_uri: issuer.keysUrl },
    });
    if (answer.status === 201) made.push(thing(answer).id);
    return answer;
  };
  const refused = await awaitStatus(create, [402], [201]);
  for (const id of made) expect((await call('DELETE', `${PROVIDERS}/${id}`)).status).toBe(204);
  return refused;
}

describe('headers', () => {
  test('every answer has a request id, and one to a known caller says what is left', async () => {
    const first = await call('GET', ENVIRONMENTS);
    const second = await call('GET', ENVIRONMENTS);
    expect(first.headers.get('x-request-id')).not.toBe(second.headers.get('x-request-id'));
    const limit = Number(first.headers.get('x-ratelimit-limit'));
    expect(limit).toBeGreaterThan(0);
    expect(Number(second.headers.get('x-ratelimit-remaining'))).toBeLessThan(limit);
    expect(Number(second.headers.get('x-ratelimit-reset'))).toBeLessThanOrEqual(60);
  });

  test('JSON may be asked for and sent with a charset, and under other names', async () => {
    const body = JSON.stringify({ display_name: 'charset' });
    const headers = { 'content-type': 'application/json; charset=utf-8', accept: '*/*' };
    expect((await call('POST', ENVIRONMENTS, { body, headers })).status).toBe(201);
  });

  test('every path is served below /api too', async () => {
    const plain = await call('GET', '/org/v2/organizations');
    const prefixed = await call('GET', '/api/org/v2/organizations?unknown=1');
    expect(prefixed.status).toBe(200);
    expect(list(prefixed).data).toEqual(list(plain).data);
  });
});

describe('credentials', () => {
  test('a Cloud key opens the control plane and no cluster; a cluster’s key that cluster only', async () => {
    const { clusterId, cloudApiKey, cloudApiSecret, clusterApiKey, clusterApiSecret } =
      quickstart();
    const cloudKey = { id: cloudApiKey, secret: cloudApiSecret };
    const clusterKey = { id: clusterApiKey, secret: clusterApiSecret };
    const topics = `/kafka/v3/clusters/${clusterId}/topics`;
    expect((await call('GET', topics, { credential: clusterKey })).status).toBe(200);
    expect((await call('GET', topics, { credential: cloudKey })).status).toBe(401);
    expect((await call('GET', ENVIRONMENTS, { credential: clusterKey })).status).toBe(401);
    const other = await call('GET', '/kafka/v3/clusters/lkc-none00/topics', {
      credential: clusterKey,
    });
    expect(other.status).toBe(401);
  });

  test('a Global key opens both', async () => {
    const { clusterId, organizationId } = quickstart();
    const credential = await makeKey({ id: 'global', kind: 'Global', api_version: 'global/v1' });
    await make('/iam/v2/role-bindings', {
      principal: `User:${credential.owner}`,
      role_name: 'OrganizationAdmin',
      crn_pattern: `crn://confluent.cloud/organization=${organizationId}`,
    });
    for (const url of [ENVIRONMENTS, `/kafka/v3/clusters/${clusterId}/topics`])
      expect(
        (await awaitStatus(() => call('GET', url, { credential }), [200], [401, 403])).status,
      ).toBe(200);
  });

  test('a token of the STS is a Bearer of the control plane, for as long as it says', async () => {
    const { id, form } = await makePool();
    form.set('expires_in', '300');
    const given = await call('POST', '/sts/v1/oauth2/token', { body: form, credential: undefined });
    expect(given.body).toMatchObject({ token_type: 'Bearer', expires_in: 300 });
    const { access_token: token } = given.body as { readonly access_token: string };
    const credential = { token };
    expect(
      (await awaitStatus(() => call('GET', ENVIRONMENTS, { credential }), [200], [403])).status,
    ).toBe(200);
    form.set('expires_in', '901');
    const tooLong = await call('POST', '/sts/v1/oauth2/token', {
      body: form,
      credential: undefined,
    });
    expect(tooLong.status).toBe(400);
    expect(id).toMatch(/^pool-/u);
  });
});
