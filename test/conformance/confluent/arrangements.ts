// What each operation is asked with, so that the running server has something to answer about. By the operation's name in the
// contract: what is served and not here fails.
import {
  changing,
  creating,
  deleting,
  inside,
  listing,
  reading,
  shared,
  type Arrangement,
  type Make,
  type World,
} from './arrangement.ts';
import { KAFKA_ARRANGEMENTS } from './arrangements-kafka.ts';
import { METERING_ARRANGEMENTS } from './arrangements-metering.ts';
import { clusterBody, thing } from './running-cloud.ts';

const ISSUER = 'https://issuer.example.org';
const EXCHANGE = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
};

const named = ({ freshName }: World): { readonly display_name: string } => ({
  display_name: freshName(),
});
const invitationBody = ({ freshName }: World): object => ({ email: `${freshName()}@example.org` });
const providerBody = (world: World): object => ({
  ...named(world),
  description: '',
  identity_claim: 'claims.sub',
  issuer: ISSUER,
  jwks_uri: world.keysUrl,
});
const poolBody = (world: World): object => ({
  ...named(world),
  description: '',
  identity_claim: 'claims.sub',
  filter: 'claims.sub == "agent"',
});

const made =
  (url: string, body: (world: World) => object | Promise<object>): Make =>
  async (world) =>
    world.make(url, await body(world));

const environment = made('/org/v2/environments', named);
const account = made('/iam/v2/service-accounts', named);
const invitation = made('/iam/v2/invitations', invitationBody);
const provider = made('/iam/v2/identity-providers', providerBody);
const pool: Make = async (world) => {
  const { id } = await shared(provider)(world);
  return world.make(`/iam/v2/identity-providers/${id}/identity-pools`, poolBody(world));
};
const key = made('/iam/v2/api-keys', keyBody);
const binding = made('/iam/v2/role-bindings', bindingBody);
const quota = made('/kafka-quotas/v1/client-quotas', quotaBody);
/** A user without anything of their own: somebody who was invited. */
const user: Make = async (world) => {
  const { metadata } = await invitation(world);
  const invited = (await world.call('GET', new URL(metadata.self).pathname)).body as {
    readonly user: { readonly id: string };
  };
  return { ...invited.user, kind: 'User', metadata };
};
/** An invitation that was sent, and one that was accepted. */
const readInvitations: Arrangement = async (world) => {
  const sent = await world.call('POST', '/iam/v2/invitations', { body: invitationBody(world) });
  const link = new URL(sent.headers.get('weirhouse-invitation-link') ?? '').pathname;
  const body = { full_name: 'Invited', password: 'a password of some length' };
  await world.call('POST', `${link}:accept`, { body, credential: undefined });
  const { id } = await shared(invitation)(world);
  return [{ path: [id] }, { path: [thing(sent).id] }];
};
const cluster: Make = (world) => world.makeCluster(world.quickstart().environmentId, named(world));

async function keyBody(world: World, resource?: object): Promise<object> {
  const { id } = await account(world);
  return { spec: { ...named(world), owner: { id }, ...(resource && { resource }) } };
}

async function bindingBody(world: World): Promise<object> {
  const { environmentId, organizationId } = world.quickstart();
  return {
    principal: `User:${(await account(world)).id}`,
    role_name: 'EnvironmentAdmin',
    crn_pattern: `crn://weirhouse/organization=${organizationId}/environment=${environmentId}`,
  };
}

async function quotaBody(world: World): Promise<object> {
  const { clusterId, environmentId } = world.quickstart();
  const throughput = { ingress_byte_rate: '1048576', egress_byte_rate: '1048576' };
  const place = { cluster: { id: clusterId }, environment: { id: environmentId } };
  const principals = [{ id: (await account(world)).id }];
  return { spec: { ...named(world), throughput, ...place, principals } };
}

/** Keys of each kind. */
const createKeys: Arrangement = async (world) => {
  const { clusterId } = world.quickstart();
  const resources = [
    undefined,
    { id: clusterId, kind: 'Cluster' },
    { id: 'global', kind: 'Global' },
  ];
  return Promise.all(resources.map(async (one) => ({ body: await keyBody(world, one) })));
};

/** The cluster of the first start, and a Dedicated one with all that can be asked for. */
const readClusters: Arrangement = async (world) => {
  const { clusterId, environmentId } = world.quickstart();
  const size = { kind: 'Dedicated', cku: 1 };
  const config = { ...size, zones: ['local-a'], release_priority: 'PRIORITY' };
  const { id } = await world.makeCluster(environmentId, { ...named(world), config });
  return [clusterId, id].map((path) => ({ path: [path], query: { environment: environmentId } }));
};

/** Each kind that is offered. */
const createClusters: Arrangement = async (world) => {
  const { environmentId } = world.quickstart();
  const kinds = [
    { config: { kind: 'Basic', max_ecku: 2 } },
    { config: { kind: 'Standard' } },
    { config: { kind: 'Dedicated', cku: 1 }, deletion_protection: false },
  ];
  return kinds.map((kind) => ({ body: clusterBody(environmentId, { ...named(world), ...kind }) }));
};

const changeCluster: Arrangement = async (world) => {
  const { environmentId } = world.quickstart();
  const spec = { ...named(world), environment: { id: environmentId } };
  return [{ path: [(await shared(cluster)(world)).id], body: { spec } }];
};

const deleteCluster: Arrangement = async (world) => {
  const { id } = await cluster(world);
  return [{ path: [id], query: { environment: world.quickstart().environmentId } }];
};

const exchange: Arrangement = async (world) => {
  const { id } = await shared(pool)(world);
  const subject_token = world.issuedToken({ iss: ISSUER });
  return [{ body: new URLSearchParams({ ...EXCHANGE, subject_token, identity_pool_id: id }) }];
};

const nothing: Arrangement = async () => [{}];
const ofOrganization: Arrangement = async ({ quickstart }) => [
  { path: [quickstart().organizationId] },
];

/** One arrangement for each operation that is served. */
export const ARRANGEMENTS: Readonly<Record<string, Arrangement>> = {
  ...KAFKA_ARRANGEMENTS,
  ...METERING_ARRANGEMENTS,
  listOrgV2Organizations: nothing,
  getOrgV2Organization: ofOrganization,
  updateOrgV2Organization: async (world) =>
    (await ofOrganization(world)).map((asked) => ({ ...asked, body: named(world) })),
  listOrgV2Environments: listing(environment),
  createOrgV2Environment: creating(named),
  getOrgV2Environment: reading(environment),
  updateOrgV2Environment: changing(environment, { display_name: 'another name' }),
  deleteOrgV2Environment: deleting(environment),
  listCmkV2Clusters: listing(cluster, ({ quickstart }) => ({
    environment: quickstart().environmentId,
  })),
  createCmkV2Cluster: createClusters,
  getCmkV2Cluster: readClusters,
  updateCmkV2Cluster: changeCluster,
  deleteCmkV2Cluster: deleteCluster,
  listIamV2ServiceAccounts: listing(account),
  createIamV2ServiceAccount: creating(named),
  getIamV2ServiceAccount: reading(account),
  updateIamV2ServiceAccount: changing(account, { description: 'changed' }),
  deleteIamV2ServiceAccount: deleting(account),
  listIamV2ApiKeys: listing(key),
  createIamV2ApiKey: createKeys,
  getIamV2ApiKey: reading(key),
  updateIamV2ApiKey: changing(key, { spec: { description: 'changed' } }),
  deleteIamV2ApiKey: deleting(key),
  listIamV2Users: listing(user),
  getIamV2User: reading(user),
  updateIamV2User: changing(user, { full_name: 'Changed' }),
  deleteIamV2User: deleting(user),
  listIamV2Invitations: listing(invitation),
  createIamV2Invitation: creating(invitationBody),
  getIamV2Invitation: readInvitations,
  deleteIamV2Invitation: deleting(invitation),
  listIamV2RoleBindings: listing(binding, ({ quickstart }) => ({
    crn_pattern: `crn://weirhouse/organization=${quickstart().organizationId}/*`,
  })),
  createIamV2RoleBinding: creating(bindingBody),
  getIamV2RoleBinding: reading(binding),
  deleteIamV2RoleBinding: deleting(binding),
  listIamV2IdentityProviders: listing(provider),
  createIamV2IdentityProvider: creating(providerBody),
  getIamV2IdentityProvider: reading(provider),
  updateIamV2IdentityProvider: changing(provider, { description: 'changed' }),
  deleteIamV2IdentityProvider: deleting(provider),
  refreshIamV2JsonWebKeySet: changing(provider, { spec: { jwks_status: 'REFRESHED' } }),
  listIamV2IdentityPools: inside(provider, listing(pool)),
  createIamV2IdentityPool: inside(provider, creating(poolBody)),
  getIamV2IdentityPool: inside(provider, reading(pool)),
  updateIamV2IdentityPool: inside(provider, changing(pool, { description: 'changed' })),
  deleteIamV2IdentityPool: inside(provider, deleting(pool)),
  exchangeStsV1OauthToken: exchange,
  listKafkaQuotasV1ClientQuotas: listing(quota, ({ quickstart }) => ({
    'spec.cluster': quickstart().clusterId,
    environment: quickstart().environmentId,
  })),
  createKafkaQuotasV1ClientQuota: creating(quotaBody),
  getKafkaQuotasV1ClientQuota: reading(quota),
  updateKafkaQuotasV1ClientQuota: changing(quota, { spec: { description: 'changed' } }),
  deleteKafkaQuotasV1ClientQuota: deleting(quota),
  listServiceQuotaV1AppliedQuotas: async ({ quickstart }) => [
    { query: { scope: 'ORGANIZATION', page_size: '1' } },
    { query: { scope: 'kafka_cluster', kafka_cluster: quickstart().clusterId } },
  ],
  getServiceQuotaV1AppliedQuota: async ({ quickstart }) => [
    { path: ['iam.max_environments.per_org'] },
    {
      path: ['kafka.max_kafka_clusters.per_env'],
      query: { environment: quickstart().environmentId },
    },
  ],
  listServiceQuotaV1Scopes: nothing,
  getServiceQuotaV1Scope: async () => [{ path: ['ORGANIZATION'] }],
  listFcpmV2Regions: nothing,
  listSrcmV3Clusters: async ({ quickstart }) => [
    { query: { environment: quickstart().environmentId } },
  ],
};
