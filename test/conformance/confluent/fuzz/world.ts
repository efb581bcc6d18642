// What the fuzz of the API finds at its server: one thing of each kind and more, so that generated requests meet them.
import type { Quickstart, TokenIssuer } from '@weirhouse/testing-harness';

/** A request; answers the parsed body, and throws where the status is none of success. */
export type Ask = (
  method: string,
  path: string,
  options?: { readonly body?: object; readonly authorization?: string | undefined },
) => Promise<Created>;

interface Created {
  readonly id: string;
  readonly spec: { readonly secret: string };
  readonly token: string;
  readonly data: readonly { readonly id: string }[];
  readonly metadata: { readonly resource_name: string };
}

/** What hooks.py reads. */
export interface FuzzWorld {
  /** Of its own choices. */
  readonly seed: number;
  /** The header Authorization for each security scheme. */
  readonly authorization: Readonly<Record<string, string>>;
  /** The same for single operations. */
  readonly operations: Readonly<Record<string, string>>;
  /** Values of path parameters, by path. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  /** Values of fields and parameters by name, or by the holder's and theirs. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
  /** Ids that are not to be deleted: the caller would lose what it asks with. */
  readonly kept: readonly string[];
  /** What takes the place of every URL in a body. */
  readonly loopback: string;
}

/** Things of each kind that are made, so that some are left when others were deleted. */
const MANY = 12;

/** Signs in, makes keys and things of each kind, and says what they are called. */
export async function makeFuzzWorld(
  { clusterId, environmentId, organizationId, userEmail, userPassword }: Quickstart,
  options: {
    readonly ask: Ask;
    readonly seed: number;
    readonly issuer: TokenIssuer;
    /** A consumer group with a member. */
    readonly group: { readonly id: string; readonly memberId: string };
  },
): Promise<FuzzWorld> {
  const { ask, group, issuer, seed } = options;
  const { keysUrl } = issuer;
  const many = async (path: string, body: (index: number) => object): Promise<string[]> => {
    const ids: string[] = [];
    for (let index = 0; index < MANY; index++)
      ids.push((await ask('POST', path, { body: body(index) })).id);
    return ids;
  };
  const signIn = async (): Promise<string> => {
    const body = { email: userEmail, password: userPassword };
    return `Bearer ${(await ask('POST', '/sessions', { body })).token}`;
  };
  const [user] = (await ask('GET', '/iam/v2/users')).data;
  if (user === undefined) throw new Error('there is no user');
  const owner = { id: user.id };
  const global = await ask('POST', '/iam/v2/api-keys', {
    body: { spec: { owner, resource: { id: 'global' } } },
  });
  const basic = `Basic ${Buffer.from(`${global.id}:${global.spec.secret}`).toString('base64')}`;
  const bearer = await signIn();

  const environments = await many('/org/v2/environments', (n) => ({ display_name: `fuzz ${n}` }));
  const accounts = await many('/iam/v2/service-accounts', (n) => ({ display_name: `fuzz ${n}` }));
  const accountOf = (index: number): string => accounts[index] ?? '';
  const keys = await many('/iam/v2/api-keys', () => ({ spec: { owner: { id: accountOf(0) } } }));
  const invitations = await many('/iam/v2/invitations', (n) => ({
    email: `fuzz-${n}@example.org`,
  }));
  const place = (await ask('GET', `/org/v2/environments/${environmentId}`)).metadata.resource_name;
  const principals = accounts.map((id) => `User:${id}`);
  const bindings = await many('/iam/v2/role-bindings', (n) => ({
    principal: principals[n],
    role_name: 'EnvironmentAdmin',
    crn_pattern: place,
  }));
  const quotas = await many('/kafka-quotas/v1/client-quotas', (n) => ({
    spec: {
      display_name: `fuzz ${n}`,
      throughput: { ingress_byte_rate: '1000000', egress_byte_rate: '1000000' },
      environment: { id: environmentId },
      cluster: { id: clusterId },
      principals: [{ id: accountOf(n) }],
    },
  }));
  const described = { description: '', identity_claim: 'sub' };
  const provider = await ask('POST', '/iam/v2/identity-providers', {
    body: { display_name: 'fuzz', description: '', issuer: keysUrl, jwks_uri: keysUrl },
  });
  const pools = await many(`/iam/v2/identity-providers/${provider.id}/identity-pools`, (n) => ({
    display_name: `fuzz ${n}`,
    ...described,
    filter: 'true',
  }));
  const topics = Array.from({ length: MANY }, (_, index) => `fuzz-${index}`);
  for (const topic_name of topics)
    await ask('POST', `/kafka/v3/clusters/${clusterId}/topics`, {
      authorization: basic,
      body: { topic_name, partitions_count: 2 },
    });
  const [operation] = (await ask('GET', `/v1/clusters/${clusterId}/operations`)).data;
  const plans = await many('/v1/plans', (n) => ({ document: { name: `fuzz-${n}` } }));
  return {
    seed,
    authorization: { 'cloud-key': basic, 'kafka-key': basic, session: bearer },
    operations: { deleteSession: await signIn() },
    paths: {
      '/org/v2/organizations/{id}': { id: [organizationId] },
      '/org/v2/environments/{id}': { id: [environmentId, ...environments] },
      '/cmk/v2/clusters/{id}': { id: [clusterId] },
      '/v1/clusters/{id}/state': { id: [clusterId] },
      '/v1/clusters/{id}/limits': { id: [clusterId] },
      '/v1/clusters/{id}/operations': { id: [clusterId] },
      '/v1/operations/{id}': { id: operation === undefined ? [] : [operation.id] },
      '/v1/plans/{id}': { id: plans },
      '/v1/plans/{id}:apply': { id: plans },
      '/iam/v2/service-accounts/{id}': { id: accounts },
      '/iam/v2/api-keys/{id}': { id: keys },
      '/iam/v2/users/{id}': { id: [user.id] },
      '/iam/v2/invitations/{id}': { id: invitations },
      '/iam/v2/role-bindings/{id}': { id: bindings },
      '/iam/v2/identity-providers/{id}': { id: [provider.id] },
      '/iam/v2/identity-providers/{provider_id}/identity-pools/{id}': { id: pools },
      '/kafka-quotas/v1/client-quotas/{id}': { id: quotas },
      '/service-quota/v1/applied-quotas/{id}': { id: ['kafka.max_kafka_clusters.per_env'] },
      '/service-quota/v1/scopes/{id}': { id: ['ORGANIZATION', 'KAFKA_CLUSTER'] },
      '/metadata/security/v2alpha1/roles/{role_name}': { role_name: ['Operator'] },
    },
    fields: {
      cluster_id: [clusterId],
      provider_id: [provider.id],
      topic_name: topics,
      consumer_group_id: [group.id],
      consumer_id: [group.memberId],
      partition_id: ['0', '1'],
      name: ['retention.ms', 'cleanup.policy', 'min.insync.replicas', 'log.retention.ms'],
      'document.name': ['shop'],
      environment: [environmentId],
      'environment.id': [environmentId],
      'cluster.id': [clusterId],
      'spec.cluster': [clusterId],
      kafka_cluster: [clusterId],
      scope: ['ORGANIZATION', 'KAFKA_CLUSTER'],
      'owner.id': accounts,
      'spec.owner': accounts,
      'resource.id': [clusterId],
      'spec.resource': [clusterId, 'cloud'],
      principal: principals,
      'principals.id': accounts,
      ingress_byte_rate: ['1000000'],
      egress_byte_rate: ['1000000'],
      crn_pattern: [place, `${place}/*`],
      role_name: ['EnvironmentAdmin', 'Operator'],
      filter: ['true', 'claims.sub == "agent"'],
      resource_type: ['TOPIC', 'GROUP'],
      resource_name: topics,
      pattern_type: ['LITERAL', 'PREFIXED'],
      host: ['*'],
      operation: ['READ', 'DESCRIBE'],
      permission: ['ALLOW', 'DENY'],
      subject_token: [issuer.token({ iss: keysUrl })],
      identity_pool_id: pools,
      email: [userEmail],
      password: [userPassword],
    },
    kept: [global.id, user.id, environmentId, clusterId, organizationId],
    loopback: keysUrl,
  };
}
