import { startCloud, temporaryFolder, waitFor, type TestCloud } from '@weirhouse/testing-harness';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer } from './check-answer.ts';
import { contractClient, type Call } from './contract-client.ts';

const BROKER_PORTS = '31510-31559';
/** Starting a broker takes a second; on a busy machine much longer. */
const CLUSTER_MAX_MS = 120_000;

const folder = temporaryFolder('contract');
let cloud: TestCloud;
let call: Call;

interface Thing {
  readonly id: string;
  readonly metadata: { readonly self: string; readonly resource_name?: string };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: { readonly phase: string };
  readonly stream_governance_config?: unknown;
}

interface List {
  readonly metadata: { readonly next?: string };
  readonly data: readonly Thing[];
}

beforeAll(async () => {
  cloud = await startCloud({ home: `${folder.path}/state`, brokerPorts: BROKER_PORTS });
  call = contractClient(cloud.quickstart);
});

afterAll(async () => {
  cloud.kill('SIGTERM');
  await cloud.exited();
  folder.remove();
});

function thing(answer: Answer): Thing {
  return answer.body as Thing;
}

function list(answer: Answer): List {
  return answer.body as List;
}

function detailOf(answer: Answer): string {
  const { errors } = answer.body as { errors: readonly { detail: string }[] };
  return errors[0]?.detail ?? '';
}

async function makeEnvironment(name: string): Promise<Thing> {
  const made = await call('POST', '/org/v2/environments', { body: { display_name: name } });
  expect(made.status).toBe(201);
  return thing(made);
}

async function makeKey(resource: object | undefined): Promise<{ id: string; secret: string }> {
  const account = await call('POST', '/iam/v2/service-accounts', {
    body: { display_name: `key ${Math.trunc(performance.now())}`, description: '' },
  });
  const owner = { id: thing(account).id, kind: 'ServiceAccount' };
  const spec = { display_name: '', description: '', owner, ...(resource && { resource }) };
  const made = await call('POST', '/iam/v2/api-keys', { body: { spec } });
  const { id, spec: key } = thing(made);
  return { id, secret: String(key?.['secret']) };
}

function clusterBody(environmentId: string, changes: object = {}): object {
  const place = { availability: 'SINGLE_ZONE', cloud: 'AWS', region: 'local' };
  const environment = { id: environmentId };
  const config = { kind: 'Basic' };
  return { spec: { display_name: 'contract', ...place, config, environment, ...changes } };
}

describe('the twelve rules', () => {
  test('1: `next` of a list is a URL with a page_token, and absent on the last page', async () => {
    await makeEnvironment('page 1');
    await makeEnvironment('page 2');
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
    const { id } = await makeEnvironment('read at once');
    for (let reads = 0; reads < 3; reads++)
      expect((await call('GET', `/org/v2/environments/${id}`)).status).toBe(200);
    const { created_at: at } = thing(await call('GET', `/org/v2/environments/${id}`))
      .metadata as unknown as { created_at: string };
    expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/u);
  });

  test('5: CRNs hold the parts that clients cut out', async () => {
    const { organizationId, environmentId, clusterId } = cloud.quickstart;
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
    const refused = await call('POST', '/org/v2/environments', {
      body: { display_name: 'sr', stream_governance_config: { package: 'ESSENTIALS' } },
    });
    expect(refused.status).toBe(422);
    const environments = list(await call('GET', '/org/v2/environments?page_size=99')).data;
    for (const environment of environments)
      expect(environment).not.toHaveProperty('stream_governance_config');
    const { environmentId } = cloud.quickstart;
    const registries = await call('GET', `/srcm/v3/clusters?environment=${environmentId}`);
    expect(list(registries).data).toEqual([]);
  });

  test('7: a Cloud key is for the resource `cloud`, and its secret is shown once', async () => {
    const { id, secret } = await makeKey(undefined);
    expect(secret).toMatch(/^[A-Za-z0-9+/]{64}$/u);
    const { spec } = thing(await call('GET', `/iam/v2/api-keys/${id}`));
    expect(spec?.['resource']).toMatchObject({ id: 'cloud', kind: 'Cloud' });
    expect(spec?.['secret'] ?? '').toBe('');
  });

  test('8: the clouds are three, and a region is one of the catalogue', async () => {
    const { environmentId } = cloud.quickstart;
    for (const changes of [{ cloud: 'IBM' }, { region: 'moon-1' }]) {
      const body = clusterBody(environmentId, changes);
      expect((await call('POST', '/cmk/v2/clusters', { body })).status).toBe(422);
    }
    const regions = list(await call('GET', '/fcpm/v2/regions')).data;
    expect(regions.map(({ id }) => id)).toContain('aws.local');
  });

  test('9: ids tell by their prefix what they are of', async () => {
    const { environmentId, clusterId, organizationId, cloudApiKey } = cloud.quickstart;
    expect(environmentId).toMatch(/^env-/u);
    expect(clusterId).toMatch(/^lkc-/u);
    expect(organizationId).toMatch(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u);
    expect(cloudApiKey).toMatch(/^[A-Z2-7]{16}$/u);
    const [account] = list(await call('GET', '/iam/v2/service-accounts')).data;
    const [user] = list(await call('GET', '/iam/v2/users')).data;
    expect(account?.id).toMatch(/^sa-/u);
    expect(user?.id).toMatch(/^u-/u);
  });

  test('12: bad credentials are 401 with "invalid API key", what is gone is 404', async () => {
    const { cloudApiKey: id, clusterApiKey, clusterApiSecret } = cloud.quickstart;
    for (const credential of [
      { id, secret: 'x' },
      { id: 'AAAAAAAAAAAAAAAA', secret: 'x' },
      { id: clusterApiKey, secret: clusterApiSecret },
    ]) {
      const answer = await call('GET', '/org/v2/environments', { credential });
      expect(answer.status).toBe(401);
      expect(detailOf(answer)).toContain('invalid API key');
      expect(answer.headers.get('www-authenticate')).toContain('error="invalid_key"');
    }
    const nobody = await call('GET', '/org/v2/environments', { credential: undefined });
    expect(nobody.headers.get('www-authenticate')).toMatch(/^Basic /u);
    const weak = await makeKey(undefined);
    const body = { display_name: 'forbidden' };
    const denied = await call('POST', '/org/v2/environments', { body, credential: weak });
    expect(denied.status).toBe(403);
    expect(detailOf(denied)).not.toContain('invalid API key');
  });
});

describe('what all APIs share', () => {
  test('every answer has a request id, and one to a known caller says what is left', async () => {
    const first = await call('GET', '/org/v2/environments');
    const second = await call('GET', '/org/v2/environments');
    expect(first.headers.get('x-request-id')).not.toBe(second.headers.get('x-request-id'));
    const limit = Number(first.headers.get('x-ratelimit-limit'));
    expect(limit).toBeGreaterThan(0);
    expect(Number(second.headers.get('x-ratelimit-remaining'))).toBeLessThan(limit);
    expect(Number(second.headers.get('x-ratelimit-reset'))).toBeLessThanOrEqual(60);
  });

  test('an error is an entry with status as text, code, title, detail and source', async () => {
    const { body, headers } = await call('GET', '/org/v2/environments?page_token=none');
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

  test('a second POST of the same name makes no second object and says where the first is', async () => {
    const body = { display_name: 'twice' };
    const first = await call('POST', '/org/v2/environments', { body });
    const { self } = thing(first).metadata;
    expect(first.headers.get('location')).toBe(self);
    const again = await call('POST', '/org/v2/environments', { body });
    expect(again.status).toBe(409);
    expect(again.headers.get('location')).toBe(self);
  });

  test('every path is served below /api, unknown query parameters and fields are ignored', async () => {
    const plain = await call('GET', '/org/v2/organizations');
    const prefixed = await call('GET', '/api/org/v2/organizations?unknown=1');
    expect(prefixed.status).toBe(200);
    expect(list(prefixed).data).toEqual(list(plain).data);
    const made = await call('POST', '/org/v2/environments', {
      body: { display_name: 'with more', unknown: { deep: true } },
    });
    expect(made.body).not.toHaveProperty('unknown');
  });

  test('CRNs are compared without their authority', async () => {
    const { organizationId, environmentId } = cloud.quickstart;
    const account = await call('POST', '/iam/v2/service-accounts', {
      body: { display_name: 'bound' },
    });
    const path = `organization=${organizationId}/environment=${environmentId}`;
    const bound = await call('POST', '/iam/v2/role-bindings', {
      body: {
        principal: `User:${thing(account).id}`,
        role_name: 'EnvironmentAdmin',
        crn_pattern: `crn://confluent.cloud/${path}`,
      },
    });
    expect(bound.status).toBe(201);
    const query = new URLSearchParams({ crn_pattern: `crn://elsewhere/${path}` });
    const found = list(await call('GET', `/iam/v2/role-bindings?${query.toString()}`));
    expect(found.data.map(({ id }) => id)).toContain(thing(bound).id);
  });
});

describe('what clients wait for', () => {
  test(
    'a cluster is PROVISIONING, then PROVISIONED, then gone',
    async () => {
      const { id: environmentId } = await makeEnvironment('polled');
      const body = clusterBody(environmentId);
      const made = await call('POST', '/cmk/v2/clusters', { body });
      expect(made.status).toBe(202);
      const url = `/cmk/v2/clusters/${thing(made).id}?environment=${environmentId}`;
      await waitFor(
        'the cluster',
        async () => {
          const read = await call('GET', url);
          expect(read.status).toBe(200);
          const phase = thing(read).status?.phase;
          expect(['PROVISIONING', 'PROVISIONED']).toContain(phase);
          return phase === 'PROVISIONED' ? phase : undefined;
        },
        CLUSTER_MAX_MS,
      );
      const held = await call('DELETE', `/org/v2/environments/${environmentId}`);
      expect(held.status).toBe(409);
      expect((await call('DELETE', url)).status).toBe(204);
      await waitFor(
        'the end of the cluster',
        async () => ((await call('GET', url)).status === 404 ? true : undefined),
        CLUSTER_MAX_MS,
      );
      const gone = await call('DELETE', `/org/v2/environments/${environmentId}`);
      expect(gone.status).toBe(204);
    },
    CLUSTER_MAX_MS * 2,
  );

  test('a new Cloud key works at once, twice in a row, and a deleted one no more', async () => {
    const credential = await makeKey(undefined);
    for (let probes = 0; probes < 2; probes++)
      expect((await call('GET', '/org/v2/environments', { credential })).status).toBe(200);
    expect((await call('DELETE', `/iam/v2/api-keys/${credential.id}`)).status).toBe(204);
    expect((await call('GET', '/org/v2/environments', { credential })).status).toBe(401);
  });
});
