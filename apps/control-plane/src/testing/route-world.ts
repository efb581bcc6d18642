import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  environmentCrn,
  newId,
  organizationCrn,
  routePath,
  routes,
} from '@weirhouse/cloud-contract';
import { assert } from '@weirhouse/shared-kernel';
import { DATABASE, type Database } from '../database/database.ts';
import { Repositories } from '../database/repositories.ts';
import { systemRandom } from '../ports.ts';
import { KAFKA_EXAMPLES } from './kafka-examples.ts';
import { METERING_EXAMPLES } from './metering-examples.ts';
import { basic, bindRole, createTenant, inject, type Answer, type Tenant } from './test-app.ts';

/** Ids of one thing of each kind that an organization has. */
export interface WorldIds {
  readonly organizationId: string;
  readonly environmentId: string;
  readonly clusterId: string;
  readonly accountId: string;
  readonly userId: string;
  readonly keyId: string;
  readonly bindingId: string;
  readonly invitationId: string;
  readonly providerId: string;
  readonly poolId: string;
  readonly operationId: string;
  readonly quotaId: string;
  readonly planId: string;
}

/** A request without the method: what a route is asked in specs. */
export interface Example {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
}

/** An organization with one thing of each kind. */
export interface World {
  readonly tenant: Tenant;
  readonly ids: WorldIds;
  /** The header Authorization of a key of the organization's cluster. */
  readonly clusterKey: string;
  /** The same of a signed-in user. */
  readonly session: string;
}

/** A good request for each of some routes. */
export type ExamplesOf<Routes> = { readonly [Key in keyof Routes]: (ids: WorldIds) => Example };

/**
 * A good request for every route, made of ids: what isolation specs vary. Routes without an entry
 * fail those specs.
 */
export const EXAMPLES: Partial<ExamplesOf<typeof routes>> = {
  ...KAFKA_EXAMPLES,
  ...METERING_EXAMPLES,
  listOrganizations: () => ({}),
  getOrganization: ({ organizationId }) => ({ params: { id: organizationId } }),
  updateOrganization: ({ organizationId }) => ({
    params: { id: organizationId },
    body: { display_name: 'changed' },
  }),
  listRegions: () => ({}),
  listSchemaRegistries: ({ environmentId }) => ({ query: { environment: environmentId } }),
  listEnvironments: () => ({}),
  createEnvironment: () => ({ body: { display_name: 'another' } }),
  getEnvironment: ({ environmentId }) => ({ params: { id: environmentId } }),
  updateEnvironment: ({ environmentId }) => ({
    params: { id: environmentId },
    body: { display_name: 'changed' },
  }),
  deleteEnvironment: ({ environmentId }) => ({ params: { id: environmentId } }),
  listClusters: ({ environmentId }) => ({ query: { environment: environmentId } }),
  createCluster: ({ environmentId }) => ({ body: clusterBody(environmentId) }),
  getCluster: ({ clusterId, environmentId }) => ({
    params: { id: clusterId },
    query: { environment: environmentId },
  }),
  updateCluster: ({ clusterId, environmentId }) => ({
    params: { id: clusterId },
    body: { spec: { display_name: 'changed', environment: { id: environmentId } } },
  }),
  deleteCluster: ({ clusterId, environmentId }) => ({
    params: { id: clusterId },
    query: { environment: environmentId },
  }),
  planClusterCreation: ({ environmentId }) => ({ body: clusterBody(environmentId) }),
  planClusterChange: ({ clusterId, environmentId }) => ({
    params: { id: clusterId },
    body: { spec: { display_name: 'changed', environment: { id: environmentId } } },
  }),
  getClusterState: ({ clusterId }) => ({ params: { id: clusterId } }),
  updateClusterState: ({ clusterId }) => ({
    params: { id: clusterId },
    body: { drift_policy: 'report' },
  }),
  pauseCluster: ({ clusterId }) => ({ params: { id: clusterId }, body: { reason: 'spec' } }),
  resumeCluster: ({ clusterId }) => ({ params: { id: clusterId }, body: {} }),
  getClusterLimits: ({ clusterId }) => ({ params: { id: clusterId } }),
  listClusterOperations: ({ clusterId }) => ({ params: { id: clusterId } }),
  getClusterOperation: ({ operationId }) => ({ params: { id: operationId } }),
  listServiceAccounts: () => ({}),
  createServiceAccount: () => ({ body: { display_name: 'another' } }),
  getServiceAccount: ({ accountId }) => ({ params: { id: accountId } }),
  updateServiceAccount: ({ accountId }) => ({
    params: { id: accountId },
    body: { description: 'changed' },
  }),
  deleteServiceAccount: ({ accountId }) => ({ params: { id: accountId } }),
  listApiKeys: ({ accountId, clusterId }) => ({
    query: { 'spec.owner': accountId, 'spec.resource': clusterId },
  }),
  createApiKey: ({ accountId, clusterId }) => ({
    body: { spec: { owner: { id: accountId }, resource: { id: clusterId } } },
  }),
  getApiKey: ({ keyId }) => ({ params: { id: keyId } }),
  updateApiKey: ({ keyId }) => ({
    params: { id: keyId },
    body: { spec: { description: 'changed' } },
  }),
  deleteApiKey: ({ keyId }) => ({ params: { id: keyId } }),
  listRoleBindings: ({ organizationId, environmentId, accountId }) => ({
    query: {
      crn_pattern: `${environmentCrn(organizationId, environmentId)}/*`,
      principal: `User:${accountId}`,
    },
  }),
  createRoleBinding: ({ organizationId, environmentId, accountId }) => ({
    body: {
      principal: `User:${accountId}`,
      role_name: 'EnvironmentAdmin',
      crn_pattern: environmentCrn(organizationId, environmentId),
    },
  }),
  getRoleBinding: ({ bindingId }) => ({ params: { id: bindingId } }),
  deleteRoleBinding: ({ bindingId }) => ({ params: { id: bindingId } }),
  listUsers: () => ({}),
  getUser: ({ userId }) => ({ params: { id: userId } }),
  updateUser: ({ userId }) => ({ params: { id: userId }, body: { full_name: 'Changed' } }),
  deleteUser: ({ userId }) => ({ params: { id: userId } }),
  listInvitations: ({ userId }) => ({ query: { creator: userId } }),
  createInvitation: () => ({ body: { email: 'another@example.org' } }),
  getInvitation: ({ invitationId }) => ({ params: { id: invitationId } }),
  deleteInvitation: ({ invitationId }) => ({ params: { id: invitationId } }),
  acceptInvitation: () => ({ params: { token: 'x' }, body: {} }),
  listIdentityProviders: () => ({}),
  createIdentityProvider: () => ({
    body: {
      display_name: 'another',
      description: '',
      issuer: 'https://127.0.0.1',
      jwks_uri: 'https://127.0.0.1/jwks',
    },
  }),
  getIdentityProvider: ({ providerId }) => ({ params: { id: providerId } }),
  updateIdentityProvider: ({ providerId }) => ({
    params: { id: providerId },
    body: { display_name: 'changed' },
  }),
  deleteIdentityProvider: ({ providerId }) => ({ params: { id: providerId } }),
  refreshJwks: ({ providerId }) => ({ params: { provider_id: providerId }, body: {} }),
  listIdentityPools: ({ providerId }) => ({ params: { provider_id: providerId } }),
  createIdentityPool: ({ providerId }) => ({
    params: { provider_id: providerId },
    body: { display_name: 'another', description: '', identity_claim: 'sub', filter: 'true' },
  }),
  getIdentityPool: ({ providerId, poolId }) => ({
    params: { provider_id: providerId, id: poolId },
  }),
  updateIdentityPool: ({ providerId, poolId }) => ({
    params: { provider_id: providerId, id: poolId },
    body: { display_name: 'changed' },
  }),
  deleteIdentityPool: ({ providerId, poolId }) => ({
    params: { provider_id: providerId, id: poolId },
  }),
  exchangeToken: () => ({ body: {} }),
  getLoginRealm: () => ({}),
  createSession: () => ({ body: {} }),
  deleteSession: () => ({}),
  getMe: () => ({}),
  createAccessToken: () => ({ body: {} }),
  getFreeTrialInfo: () => ({}),
  getEnvironmentMetadata: () => ({}),
  getUsageLimits: () => ({}),
  getConfiguration: () => ({ params: { name: 'shop' } }),
  noteConfiguration: () => ({
    params: { name: 'shop' },
    body: { holder: 'spec', made: [{ address: 'environment.prod', protect: false }] },
  }),
  createPlan: () => ({ body: { document: { name: 'shop' } } }),
  getPlan: ({ planId }) => ({ params: { id: planId } }),
  applyPlan: ({ planId }) => ({ params: { id: planId }, body: {} }),
  listRoles: () => ({}),
  getRole: () => ({ params: { role_name: 'Operator' } }),
  listRoleNames: () => ({}),
  listClientQuotas: ({ clusterId, environmentId }) => ({
    query: { 'spec.cluster': clusterId, environment: environmentId },
  }),
  createClientQuota: ({ accountId, clusterId, environmentId }) => ({
    body: quotaBody({ environmentId, clusterId, principalId: accountId }),
  }),
  getClientQuota: ({ quotaId }) => ({ params: { id: quotaId } }),
  updateClientQuota: ({ quotaId }) => ({
    params: { id: quotaId },
    body: { spec: { description: 'changed' } },
  }),
  deleteClientQuota: ({ quotaId }) => ({ params: { id: quotaId } }),
  listAppliedQuotas: ({ clusterId, environmentId }) => ({
    query: { scope: 'KAFKA_CLUSTER', kafka_cluster: clusterId, environment: environmentId },
  }),
  getAppliedQuota: ({ environmentId }) => ({
    params: { id: 'kafka.max_kafka_clusters.per_env' },
    query: { environment: environmentId },
  }),
  listAuditEvents: () => ({}),
  changePassword: () => ({
    body: { old_password: 'not the password', new_password: 'correct horse battery' },
  }),
  createPasswordReset: ({ userId }) => ({ params: { id: userId }, body: {} }),
  usePasswordReset: () => ({ body: { token: 'x', new_password: 'correct horse battery' } }),
  getAuditLog: () => ({}),
  updateAuditLog: ({ clusterId }) => ({ body: { cluster_id: clusterId } }),
  listQuotaScopes: () => ({}),
  getQuotaScope: () => ({ params: { id: 'ORGANIZATION' } }),
};

/** Ids in the form of real ones that nobody has. */
export function unknownIds(): WorldIds {
  return {
    organizationId: '00000000-0000-4000-8000-000000000000',
    environmentId: newId('env', systemRandom),
    clusterId: newId('lkc', systemRandom),
    accountId: newId('sa', systemRandom),
    userId: newId('u', systemRandom),
    keyId: 'AAAAAAAAAAAAAAAA',
    bindingId: newId('rb', systemRandom),
    invitationId: `i-${newId('u', systemRandom)}`,
    providerId: newId('op', systemRandom),
    poolId: newId('pool', systemRandom),
    operationId: `opn-${newId('lkc', systemRandom)}`,
    quotaId: newId('cq', systemRandom),
    planId: newId('plan', systemRandom),
  };
}

/** Makes an organization with one thing of each kind. */
export async function makeWorld(app: NestFastifyApplication): Promise<World> {
  const tenant = await createTenant(app);
  const { organizationId, userId } = tenant;
  const create = async (url: string, body: object): Promise<Created> => {
    const answer = await tenant.call('POST', url, body);
    assert(answer.status < 300, `POST ${url} works`);
    return answer.body as Created;
  };
  const environmentId = (await create('/org/v2/environments', { display_name: 'prod' })).id;
  const clusterId = (await create('/cmk/v2/clusters', clusterBody(environmentId))).id;
  const accountId = (await create('/iam/v2/service-accounts', { display_name: 'app' })).id;
  const spec = { owner: { id: accountId }, resource: { id: clusterId } };
  const key = await create('/iam/v2/api-keys', { spec });
  const invited = await create('/iam/v2/invitations', { email: 'guest@example.org' });
  const invitationId = invited.id;
  const quota = quotaBody({ environmentId, clusterId, principalId: '<default>' });
  const quotaId = (await create('/kafka-quotas/v1/client-quotas', quota)).id;
  const plan = await create('/v1/plans', { document: { name: 'shop' } });
  const operationId = await insertOperation(app, { organizationId, environmentId, clusterId });
  const { providerId, poolId } = await insertIdentityPool(app, organizationId);
  await bindRole(app, tenant, { principalId: accountId, roleName: 'OrganizationAdmin' });
  const binding = await app.get(Repositories).roleBindings.findSame({
    organizationId,
    principal: `User:${accountId}`,
    roleName: 'OrganizationAdmin',
    crnPattern: organizationCrn(organizationId),
  });
  assert(binding !== undefined, 'the binding is there');
  return {
    tenant,
    clusterKey: basic(key.id, key.spec.secret),
    session: `Bearer ${await tenant.signIn()}`,
    ids: {
      organizationId,
      environmentId,
      clusterId,
      accountId,
      userId,
      keyId: key.id,
      bindingId: binding.id,
      invitationId,
      providerId,
      poolId,
      operationId,
      quotaId,
      planId: plan.id,
    },
  };
}

/** Makes a Cloud key of a service account that has only the given role, or none. */
export async function keyWithRole(
  app: NestFastifyApplication,
  { tenant }: World,
  role: { readonly roleName: string; readonly crnPattern: string } | undefined,
): Promise<string> {
  const display_name = `with ${role?.roleName ?? 'no role'}`;
  const made = await tenant.call('POST', '/iam/v2/service-accounts', { display_name });
  const { id } = made.body as Created;
  if (role !== undefined) await bindRole(app, tenant, { principalId: id, ...role });
  const answer = await tenant.call('POST', '/iam/v2/api-keys', { spec: { owner: { id } } });
  const key = answer.body as Created;
  return basic(key.id, key.spec.secret);
}

/** Asks a route; undefined credentials = none. */
export function ask(
  app: NestFastifyApplication,
  key: keyof typeof routes,
  request: { readonly example: Example; readonly authorization: string | undefined },
): Promise<Answer> {
  const route = routes[key];
  const { example, authorization } = request;
  const query = new URLSearchParams(example.query).toString();
  const path = routePath(route, example.params ?? {});
  return inject(app, {
    method: route.method,
    url: query === '' ? path : `${path}?${query}`,
    headers: {
      ...(authorization === undefined ? {} : { authorization }),
      ...(example.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(example.body === undefined ? {} : { payload: JSON.stringify(example.body) }),
  });
}

interface Created {
  readonly id: string;
  readonly spec: { readonly secret: string };
}

/** The reconciler does not run here. */
async function insertOperation(
  app: NestFastifyApplication,
  place: Pick<WorldIds, 'organizationId' | 'environmentId' | 'clusterId'>,
): Promise<string> {
  const id = `opn-${place.clusterId}`;
  const work = { kind: 'create', generation: 1n, step: 'planned', status: 'running' };
  const data = { id, ...place, fencingToken: 1n, ...work };
  await app.get<Database>(DATABASE).operation.create({ data });
  return id;
}

/** Below the API, which would ask the issuer for its keys. */
async function insertIdentityPool(
  app: NestFastifyApplication,
  organizationId: string,
): Promise<Pick<WorldIds, 'providerId' | 'poolId'>> {
  const { identityPool, identityProvider } = app.get<Database>(DATABASE);
  const providerId = newId('op', systemRandom);
  const poolId = newId('pool', systemRandom);
  const texts = { organizationId, displayName: 'x', description: '', identityClaim: 'sub' };
  const issuer = { issuer: 'https://127.0.0.1', jwksUri: 'https://127.0.0.1/jwks' };
  await identityProvider.create({ data: { id: providerId, ...texts, ...issuer } });
  await identityPool.create({ data: { id: poolId, providerId, ...texts, filter: 'true' } });
  return { providerId, poolId };
}

function clusterBody(environmentId: string): object {
  const config = { kind: 'Basic' };
  const environment = { id: environmentId };
  const place = { availability: 'SINGLE_ZONE', cloud: 'AWS', region: 'local' };
  return { spec: { display_name: 'c', ...place, config, environment } };
}

function quotaBody(place: {
  readonly environmentId: string;
  readonly clusterId: string;
  readonly principalId: string;
}): object {
  return {
    spec: {
      display_name: 'q',
      throughput: { ingress_byte_rate: '1000', egress_byte_rate: '1000' },
      environment: { id: place.environmentId },
      cluster: { id: place.clusterId },
      principals: [{ id: place.principalId }],
    },
  };
}
