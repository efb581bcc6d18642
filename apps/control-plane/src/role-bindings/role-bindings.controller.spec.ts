import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  clusterCrn,
  clusterRbacCrn,
  environmentCrn,
  organizationCrn,
  routes,
} from '@weirhouse/cloud-contract';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import {
  basic,
  bindRole,
  createTenant,
  createTestApp,
  inject,
  TEST_URL,
  type Answer,
  type Tenant,
} from '../testing/test-app.ts';

const PATH = '/iam/v2/role-bindings';

type Caller = Pick<Tenant, 'call'>;

let database: OpenDatabase;
let app: NestFastifyApplication;
let tenant: Tenant;
let accountId: string;
let environmentId: string;
let clusterId: string;
/** CRNs of the organization, its environment and its cluster. */
let crns: {
  readonly organization: string;
  readonly environment: string;
  readonly cluster: string;
  readonly kafka: string;
};

beforeAll(async () => {
  database = await openTestDatabase();
  app = await createTestApp(database.prisma);
}, SETUP_MAX_MS);

beforeEach(async () => {
  tenant = await createTenant(app);
  const { organizationId } = tenant;
  accountId = await created('/iam/v2/service-accounts', { display_name: 'app' });
  environmentId = await created('/org/v2/environments', { display_name: 'prod' });
  const place = { availability: 'LOW', cloud: 'AWS', region: 'local', config: { kind: 'Basic' } };
  clusterId = await created('/cmk/v2/clusters', {
    spec: { display_name: 'c', ...place, environment: { id: environmentId } },
  });
  crns = {
    organization: organizationCrn(organizationId),
    environment: environmentCrn(organizationId, environmentId),
    cluster: clusterRbacCrn({ organizationId, environmentId, clusterId }),
    kafka: clusterCrn({ organizationId, environmentId, clusterId }),
  };
});

afterAll(async () => {
  await app.close();
  await database.close();
});

async function created(url: string, body: object): Promise<string> {
  const answer = await tenant.call('POST', url, body);
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  return (answer.body as { readonly id: string }).id;
}

function bind(
  roleName: string,
  crnPattern: string,
  principal = `User:${accountId}`,
): Promise<Answer> {
  return tenant.call('POST', PATH, { principal, role_name: roleName, crn_pattern: crnPattern });
}

/** Calls the API as a service account that has only the given role. */
async function callerWith(roleName: string, crnPattern: string): Promise<Caller> {
  const display_name = `${roleName} of ${crnPattern.slice(-40)}`;
  const id = await created('/iam/v2/service-accounts', { display_name });
  await bindRole(app, tenant, { principalId: id, roleName, crnPattern });
  const made = await tenant.call('POST', '/iam/v2/api-keys', { spec: { owner: { id } } });
  const key = routes.createApiKey.response.schema.parse(made.body);
  const authorization = basic(key.id, key.spec.secret ?? '');
  return {
    call: (method, url, body) =>
      inject(app, {
        method,
        url,
        headers: { authorization, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
      }),
  };
}

async function list(query: string, caller: Caller = tenant): Promise<readonly string[]> {
  const { status, body } = await caller.call('GET', `${PATH}?${query}`);
  expect(status).toBe(200);
  return routes.listRoleBindings.response.schema
    .parse(body)
    .data.map(({ role_name: role, crn_pattern: crn }) => `${role} ${crn.split('=').at(-1)}`);
}

function at(crnPattern: string): string {
  return `crn_pattern=${encodeURIComponent(crnPattern)}`;
}

test('a binding is shown as it was asked for, until it is deleted', async () => {
  const elsewhere = crns.cluster.replace('crn://weirhouse/', 'crn://confluent.cloud/');
  const made = await bind('CloudClusterAdmin', elsewhere);
  expect(made.status).toBe(201);
  const binding = routes.createRoleBinding.response.schema.parse(made.body);
  expect(binding).toMatchObject({
    principal: `User:${accountId}`,
    role_name: 'CloudClusterAdmin',
    crn_pattern: elsewhere,
  });
  expect(binding.id).toMatch(/^rb-[a-z0-9]{6}$/u);
  expect(binding.metadata.resource_name).toBe(`${crns.organization}/role-binding=${binding.id}`);
  expect(made.headers['location']).toBe(`${TEST_URL}${PATH}/${binding.id}`);
  expect((await tenant.call('GET', `${PATH}/${binding.id}`)).body).toEqual(made.body);
  expect(await tenant.call('DELETE', `${PATH}/${binding.id}`)).toMatchObject({
    status: 200,
    body: made.body as object,
  });
  const gone = await tenant.call('GET', `${PATH}/${binding.id}`);
  expect(gone).toMatchObject({
    status: 404,
    body: { error_code: 40401, message: `There is no role binding ${binding.id}.` },
  });
});

test('the same binding under another authority or encoding is a conflict that names the first', async () => {
  const first = await bind('DeveloperRead', `${crns.kafka}/topic=a-b`);
  const { id } = first.body as { readonly id: string };
  for (const same of [
    `${crns.kafka}/topic=a-b`,
    `${crns.kafka}/topic=a%2Db`,
    `${crns.kafka}/topic=a-b`.replace('weirhouse', 'confluent.cloud'),
  ]) {
    const again = await bind('DeveloperRead', same);
    expect(again.status).toBe(409);
    expect(again.headers['location']).toBe(`${TEST_URL}${PATH}/${id}`);
  }
  expect((await bind('DeveloperRead', `${crns.kafka}/topic=a-b*`)).status).toBe(201);
});

test('what cannot be bound is refused in this API’s dialect with the reason, and nothing changes', async () => {
  const other = await createTenant(app);
  const foreign = await other.call('POST', '/org/v2/environments', { display_name: 'x' });
  const { id: foreignId } = foreign.body as { readonly id: string };
  const { organization, environment, cluster, kafka } = crns;
  const foreignEnvironment = environmentCrn(tenant.organizationId, foreignId);
  for (const [role, crn, reason] of [
    ['Root', organization, 'There is no role Root'],
    ['EnvironmentAdmin', 'crn://weirhouse', 'names nothing'],
    ['EnvironmentAdmin', `${environment}/flink-region=x`, 'names nothing'],
    ['EnvironmentAdmin', organization, 'cannot be bound to a organization, only to: environment'],
    ['CloudClusterAdmin', environment, 'only to: cloud-cluster'],
    ['CloudClusterAdmin', kafka, 'only to: cloud-cluster'],
    ['DeveloperRead', cluster, 'only to: topic, group, transactional-id'],
    ['OrganizationAdmin', organizationCrn(other.organizationId), 'there is none'],
    ['OrganizationAdmin', organizationCrn('00000000-0000-4000-8000-000000000000'), 'there is none'],
    ['EnvironmentAdmin', foreignEnvironment, `environment ${foreignId}, and there is none`],
    ['EnvironmentAdmin', `${organization}/environment=*`, 'there is none'],
    ['CloudClusterAdmin', `${environment}/cloud-cluster=lkc-none`, 'there is none'],
    ['DeveloperRead', `${cluster}/kafka=lkc-none/topic=t`, 'names nothing'],
  ] as const) {
    const answer = await bind(role, crn);
    expect(answer.body, crn).toMatchObject({ error_code: 40002 });
    expect(answer.status).toBe(400);
    expect((answer.body as { readonly message: string }).message).toContain(reason);
  }
  for (const principal of ['User:sa-none', `User:${other.userId}`, 'Group:g', 'User:*'])
    expect((await bind('DeveloperRead', `${kafka}/topic=t`, principal)).body).toMatchObject({
      message: expect.stringContaining(`There is no principal ${principal}`) as string,
    });
  const count = await database.prisma.roleBinding.count({
    where: { organizationId: tenant.organizationId },
  });
  expect(count).toBe(1);
});

test('an identity pool can have roles, and be what a role is bound to', async () => {
  const { organizationId } = tenant;
  const providerId = `op-${accountId}`;
  const poolId = `pool-${accountId}`;
  const names = { organizationId, displayName: 'x', description: '', identityClaim: 'claims.sub' };
  const places = { issuer: 'https://issuer.test', jwksUri: 'https://issuer.test/keys' };
  await database.prisma.identityProvider.create({ data: { id: providerId, ...names, ...places } });
  await database.prisma.identityPool.create({
    data: { id: poolId, providerId, filter: 'true', ...names },
  });
  const crn = `${crns.organization}/identity-provider=${providerId}/identity-pool=${poolId}`;
  expect((await bind('DeveloperRead', `${crns.kafka}/topic=t`, `User:${poolId}`)).status).toBe(201);
  expect((await bind('Assigner', crn)).status).toBe(201);
  expect((await bind('Assigner', `${crn}x`)).status).toBe(400);
  expect((await bind('DeveloperRead', `${crns.kafka}/topic=t`, `User:${poolId}x`)).status).toBe(
    400,
  );
});

test('nobody gives a role that allows more than they may', async () => {
  const owner = await callerWith('ResourceOwner', `${crns.kafka}/topic=orders*`);
  const admin = await callerWith('EnvironmentAdmin', crns.environment);
  const accounts = await callerWith('AccountAdmin', crns.organization);
  const give = async (caller: Caller, role_name: string, crn_pattern: string): Promise<number> =>
    (await caller.call('POST', PATH, { principal: `User:${accountId}`, role_name, crn_pattern }))
      .status;
  expect(await give(owner, 'DeveloperRead', `${crns.kafka}/topic=orders-eu`)).toBe(201);
  expect(await give(owner, 'ResourceOwner', `${crns.kafka}/topic=orders*`)).toBe(201);
  expect(await give(owner, 'DeveloperRead', `${crns.kafka}/topic=other`)).toBe(403);
  expect(await give(owner, 'DeveloperRead', `${crns.kafka}/topic=*`)).toBe(403);
  expect(await give(owner, 'DeveloperRead', `${crns.kafka}/group=orders*`)).toBe(403);
  expect(await give(owner, 'CloudClusterAdmin', crns.cluster)).toBe(403);
  expect(await give(admin, 'CloudClusterAdmin', crns.cluster)).toBe(201);
  expect(await give(admin, 'EnvironmentAdmin', crns.environment)).toBe(201);
  expect(await give(admin, 'OrganizationAdmin', crns.organization)).toBe(403);
  expect(await give(accounts, 'OrganizationAdmin', crns.organization)).toBe(403);
  expect(await give(accounts, 'BillingAdmin', crns.organization)).toBe(403);
});

test('nobody makes a key for a principal that may more than they', async () => {
  const accounts = await callerWith('AccountAdmin', crns.organization);
  const keyFor = (id: string): Promise<Answer> =>
    accounts.call('POST', '/iam/v2/api-keys', { spec: { owner: { id } } });
  expect((await keyFor(accountId)).status).toBe(202);
  expect((await keyFor(tenant.userId)).status).toBe(403);
});

test('lists show a place, or with /* what is below, by principal and role, in pages', async () => {
  await bind('EnvironmentAdmin', crns.environment);
  await bind('CloudClusterAdmin', crns.cluster);
  await bind('DeveloperManage', crns.kafka);
  await bind('DeveloperRead', `${crns.kafka}/topic=t*`);
  await bind('DeveloperRead', `${crns.kafka}/group=g`);
  expect(await list(at(crns.organization))).toEqual([`OrganizationAdmin ${tenant.organizationId}`]);
  expect(await list(at(crns.environment))).toEqual([`EnvironmentAdmin ${environmentId}`]);
  expect(await list(at(crns.kafka))).toEqual([`DeveloperManage ${clusterId}`]);
  expect(await list(at(`${crns.cluster}/*`))).toEqual([
    `CloudClusterAdmin ${clusterId}`,
    `DeveloperManage ${clusterId}`,
    'DeveloperRead t*',
    'DeveloperRead g',
  ]);
  expect(await list(`${at(`${crns.organization}/*`)}&role_name=DeveloperRead`)).toHaveLength(2);
  expect(await list(`${at(`${crns.organization}/*`)}&principal=User:${tenant.userId}`)).toEqual([
    `OrganizationAdmin ${tenant.organizationId}`,
  ]);
  const first = await tenant.call('GET', `${PATH}?${at(`${crns.organization}/*`)}&page_size=4`);
  const page = routes.listRoleBindings.response.schema.parse(first.body);
  expect(page.data).toHaveLength(4);
  const rest = await tenant.call('GET', page.metadata.next?.replace(TEST_URL, '') ?? '');
  const last = routes.listRoleBindings.response.schema.parse(rest.body);
  expect(last.data).toHaveLength(2);
  expect(last.metadata.next).toBeUndefined();
});

test('lists hold one’s own bindings and those one may see, and nothing of other organizations', async () => {
  await bind('DeveloperRead', `${crns.kafka}/topic=mine`);
  const owner = await callerWith('ResourceOwner', `${crns.kafka}/topic=mine`);
  await bind('DeveloperRead', `${crns.kafka}/topic=other`);
  const everything = at(`${crns.organization}/*`);
  expect(await list(everything, owner)).toEqual(['DeveloperRead mine', 'ResourceOwner mine']);
  const viewer = await callerWith('MetricsViewer', crns.environment);
  expect(await list(everything, viewer)).toEqual([`MetricsViewer ${environmentId}`]);
  const stranger = await createTenant(app);
  expect(await list(everything, stranger)).toEqual([]);
});

test('an environment’s admin works in it and sees nothing of its neighbours', async () => {
  const neighbour = await created('/org/v2/environments', { display_name: 'neighbour' });
  const admin = await callerWith('EnvironmentAdmin', crns.environment);
  const environments = routes.listEnvironments.response.schema.parse(
    (await admin.call('GET', '/org/v2/environments')).body,
  );
  expect(environments.data.map(({ id }) => id)).toEqual([environmentId]);
  const hidden = await admin.call('GET', `/org/v2/environments/${neighbour}`);
  const unknown = await admin.call('GET', '/org/v2/environments/env-none');
  expect(hidden.status).toBe(404);
  expect(JSON.stringify(hidden.body).replaceAll(neighbour, 'env-none').length).toBe(
    JSON.stringify(unknown.body).length,
  );
  const rename = { display_name: 'renamed' };
  expect((await admin.call('PATCH', `/org/v2/environments/${environmentId}`, rename)).status).toBe(
    200,
  );
  expect((await admin.call('PATCH', `/org/v2/environments/${neighbour}`, rename)).status).toBe(404);
  expect((await admin.call('POST', '/org/v2/environments', rename)).status).toBe(403);
  expect((await admin.call('GET', `/iam/v2/service-accounts/${accountId}`)).status).toBe(200);
  expect((await admin.call('DELETE', `/iam/v2/service-accounts/${accountId}`)).status).toBe(403);
});

test('a role that is taken away gives nothing from that moment on', async () => {
  const admin = await callerWith('EnvironmentAdmin', crns.environment);
  const url = `/org/v2/environments/${environmentId}`;
  expect((await admin.call('GET', url)).status).toBe(200);
  const { data } = routes.listRoleBindings.response.schema.parse(
    (await tenant.call('GET', `${PATH}?${at(crns.environment)}`)).body,
  );
  await tenant.call('DELETE', `${PATH}/${data[0]?.id}`);
  expect((await admin.call('GET', url)).status).toBe(403);
});

test('another process follows within its two seconds', async () => {
  const other = await createTestApp(database.prisma);
  const { id } = (await bind('EnvironmentAdmin', crns.environment)).body as { readonly id: string };
  const made = await tenant.call('POST', '/iam/v2/api-keys', {
    spec: { owner: { id: accountId } },
  });
  const key = routes.createApiKey.response.schema.parse(made.body);
  const status = async (): Promise<number> => {
    const headers = { authorization: basic(key.id, key.spec.secret ?? '') };
    const url = `/org/v2/environments/${environmentId}`;
    return (await inject(other, { method: 'GET', url, headers })).status;
  };
  expect(await status()).toBe(200);
  await tenant.call('DELETE', `${PATH}/${id}`);
  const startedMs = performance.now();
  await expect.poll(status, { timeout: 10_000, interval: 100 }).toBe(403);
  expect(performance.now() - startedMs).toBeLessThan(5_000);
  await other.close();
});

test('the last administrator of an organization stays', async () => {
  const own = await database.prisma.roleBinding.findFirstOrThrow({
    where: { organizationId: tenant.organizationId },
  });
  const refused = await tenant.call('DELETE', `${PATH}/${own.id}`);
  expect(refused.status).toBe(409);
  expect((await bind('OrganizationAdmin', crns.organization)).status).toBe(201);
  expect((await tenant.call('DELETE', `${PATH}/${own.id}`)).status).toBe(200);
});

test('a binding wakes every cluster that it reaches, and no other', async () => {
  const second = await created('/org/v2/environments', { display_name: 'second' });
  const place = { availability: 'LOW', cloud: 'AWS', region: 'local', config: { kind: 'Basic' } };
  const other = await created('/cmk/v2/clusters', {
    spec: { display_name: 'd', ...place, environment: { id: second } },
  });
  const woken = async (work: () => Promise<unknown>): Promise<readonly string[]> => {
    await database.prisma.outbox.deleteMany();
    await work();
    const rows = await database.prisma.outbox.findMany();
    return rows.map(({ resourceId }) => resourceId).toSorted();
  };
  expect(await woken(() => bind('OrganizationAdmin', crns.organization))).toEqual(
    [clusterId, other].toSorted(),
  );
  expect(await woken(() => bind('EnvironmentAdmin', crns.environment))).toEqual([clusterId]);
  expect(await woken(() => bind('DeveloperRead', `${crns.kafka}/topic=t`))).toEqual([clusterId]);
  expect(await woken(() => bind('MetricsViewer', crns.organization))).toEqual([]);
  const remove = (): Promise<Answer> =>
    tenant.call('DELETE', `/iam/v2/service-accounts/${accountId}`);
  expect(await woken(remove)).toEqual([clusterId, other].toSorted());
});

test('a deleted environment takes its bindings along', async () => {
  const id = await created('/org/v2/environments', { display_name: 'short' });
  const crn = environmentCrn(tenant.organizationId, id);
  await bind('EnvironmentAdmin', crn);
  expect(await list(at(crn))).toHaveLength(1);
  expect((await tenant.call('DELETE', `/org/v2/environments/${id}`)).status).toBe(204);
  expect(await list(at(crn))).toEqual([]);
});

test('each change leaves one audit record', async () => {
  const made = await bind('EnvironmentAdmin', crns.environment);
  const { id } = made.body as { readonly id: string };
  await tenant.call('DELETE', `${PATH}/${id}`);
  const records = await database.prisma.auditRecord.findMany({
    where: { resourceCrn: `${crns.organization}/role-binding=${id}` },
    orderBy: { id: 'asc' },
  });
  expect(records.map(({ action }) => action)).toEqual(['BindRole', 'UnbindRole']);
});

test('roles are listed for whoever is known, by namespace as clients ask', async () => {
  const viewer = await callerWith('MetricsViewer', crns.environment);
  const all = await viewer.call('GET', '/api/metadata/security/v2alpha1/roles');
  expect(routes.listRoles.response.schema.parse(all.body)).toHaveLength(20);
  const flink = await viewer.call(
    'GET',
    '/metadata/security/v2alpha1/roleNames?namespace=flink,ksql',
  );
  expect(flink.body).toEqual(['FlinkAdmin', 'FlinkDeveloper', 'KsqlAdmin']);
  const one = await viewer.call('GET', '/metadata/security/v2alpha1/roles/DeveloperRead');
  expect(one.body).toMatchObject({
    name: 'DeveloperRead',
    policies: [{ bindingScope: 'cluster', bindWithResource: true }],
  });
  const unknown = await viewer.call('GET', '/metadata/security/v2alpha1/roles/Root');
  expect(unknown).toMatchObject({ status: 404, body: { message: 'There is no role Root.' } });
});
