/** One kind of resource or data source of Confluent's Terraform provider. */
export interface ProviderKind {
  /** What it calls, so what has to be served here; `{}` stands for any path parameter. */
  readonly calls: readonly string[];
  /** Arguments that a configuration may give it. */
  readonly takes: readonly string[];
  /** Blocks that it may hold, with their arguments; a block in a block after a dot. */
  readonly blocks?: Readonly<Record<string, readonly string[]>>;
}

const KAFKA_ACCESS = { kafka_cluster: ['id'], credentials: ['key', 'secret'] } as const;
const TOPICS = '/kafka/v3/clusters/{}/topics';
const ACLS = '/kafka/v3/clusters/{}/acls';

/** GET, PATCH, DELETE of one thing and POST of a new one. */
function managed(path: string, methods = ['GET', 'PATCH', 'DELETE']): readonly string[] {
  return [`POST ${path}`, ...methods.map((method) => `${method} ${path}/{}`)];
}

/** The kinds that the examples use, as the provider's reference of 2.83 has them. */
export const PROVIDER_KINDS: Readonly<Record<string, ProviderKind>> = {
  'data.confluent_organization': { calls: ['GET /org/v2/environments'], takes: [] },
  confluent_environment: { calls: managed('/org/v2/environments'), takes: ['display_name'] },
  confluent_kafka_cluster: {
    calls: [...managed('/cmk/v2/clusters'), 'GET /org/v2/environments/{}', 'GET /srcm/v3/clusters'],
    takes: ['display_name', 'availability', 'cloud', 'region'],
    blocks: { basic: [], standard: [], enterprise: [], dedicated: ['cku'], environment: ['id'] },
  },
  confluent_service_account: {
    calls: managed('/iam/v2/service-accounts'),
    takes: ['display_name', 'description'],
  },
  confluent_api_key: {
    calls: [
      ...managed('/iam/v2/api-keys'),
      'GET /cmk/v2/clusters/{}',
      `GET ${TOPICS}`,
      'GET /org/v2/environments',
    ],
    takes: ['display_name', 'description'],
    blocks: {
      owner: ['id', 'api_version', 'kind'],
      managed_resource: ['id', 'api_version', 'kind'],
      'managed_resource.environment': ['id'],
    },
  },
  confluent_role_binding: {
    calls: managed('/iam/v2/role-bindings', ['GET', 'DELETE']),
    takes: ['principal', 'role_name', 'crn_pattern'],
  },
  confluent_kafka_topic: {
    calls: [...managed(TOPICS), `GET ${TOPICS}/{}/configs`, `POST ${TOPICS}/{}/configs:alter`],
    takes: ['topic_name', 'partitions_count', 'rest_endpoint', 'config'],
    blocks: KAFKA_ACCESS,
  },
  confluent_kafka_acl: {
    calls: [`POST ${ACLS}`, `GET ${ACLS}`, `DELETE ${ACLS}`],
    takes: [
      'principal',
      'permission',
      'operation',
      'resource_type',
      'resource_name',
      'pattern_type',
      'host',
      'rest_endpoint',
    ],
    blocks: KAFKA_ACCESS,
  },
  confluent_kafka_client_quota: {
    calls: managed('/kafka-quotas/v1/client-quotas'),
    takes: ['display_name', 'description', 'principals'],
    blocks: {
      throughput: ['ingress_byte_rate', 'egress_byte_rate'],
      kafka_cluster: ['id'],
      environment: ['id'],
    },
  },
};

/** Everything that a block of this kind may be given, a block's arguments after a dot. */
export function argumentsOf({ blocks = {}, takes }: ProviderKind): readonly string[] {
  const inBlocks = Object.entries(blocks).flatMap(([block, names]) => [
    block,
    ...names.map((name) => `${block}.${name}`),
  ]);
  return [...takes, ...inBlocks];
}
