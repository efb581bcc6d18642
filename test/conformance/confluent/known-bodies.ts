// Which operation answers with a body that clients are known to accept, told by the body itself.

/** Kinds of objects of the APIs that are served: folders of known bodies. */
export const KNOWN_KINDS = [
  'apikey',
  'enterprise_kafka',
  'environment',
  'flink_region',
  'freight_kafka',
  'identity_pool',
  'identity_provider',
  'invitation',
  'kafka',
  'kafka_acl',
  'kafka_client_quota',
  'kafka_config',
  'kafka_topic',
  'organization',
  'role_binding',
  'schema_registry_cluster',
  'service_account',
  'user',
] as const;

/** Kinds that nothing serves, and so nothing answers with. */
export const KINDS_NOT_OFFERED: readonly string[] = [
  'compute_pool',
  'connector',
  'flink_statement',
  'group_mapping',
  'ip_filter',
  'ip_group',
  'schema_registry_cluster_compatibility_level',
  'schema_registry_cluster_mode',
  'schema_registry_schema',
  'schema_registry_schemas',
  'subject_compatibility_level',
  'subject_mode',
];

/** The operation by the `kind` of what it answers with. */
const OPERATIONS: Readonly<Record<string, string>> = {
  ApiKey: 'getIamV2ApiKey',
  ClientQuota: 'getKafkaQuotasV1ClientQuota',
  Cluster: 'getCmkV2Cluster',
  ClusterList: 'listCmkV2Clusters',
  Environment: 'getOrgV2Environment',
  EnvironmentList: 'listOrgV2Environments',
  IdentityPool: 'getIamV2IdentityPool',
  IdentityPoolList: 'listIamV2IdentityPools',
  IdentityProvider: 'getIamV2IdentityProvider',
  IdentityProviderList: 'listIamV2IdentityProviders',
  Invitation: 'getIamV2Invitation',
  KafkaAclList: 'getKafkaAcls',
  KafkaClusterConfigList: 'listKafkaClusterConfigs',
  KafkaTopic: 'getKafkaTopic',
  KafkaTopicConfigList: 'listKafkaTopicConfigs',
  KafkaTopicList: 'listKafkaTopics',
  RegionList: 'listFcpmV2Regions',
  RoleBinding: 'getIamV2RoleBinding',
  ServiceAccount: 'getIamV2ServiceAccount',
  ServiceAccountList: 'listIamV2ServiceAccounts',
  User: 'getIamV2User',
  UserList: 'listIamV2Users',
};

/** Of another API than its kind's first, by `api_version`. */
const OTHERS: Readonly<Record<string, string>> = {
  'srcm/v3 ClusterList': 'listSrcmV3Clusters',
  'srcm/v3 Cluster': 'getSrcmV3Cluster',
  'tableflow/v1 RegionList': 'listTableflowV1Regions',
};

/** What failures are called here: they are no operation's. */
export const FAILURES = {
  errors: 'failure of cloud',
  error_code: 'failure of kafka-rest',
} as const;

/** The name of the operation that a body answers, or of a dialect of failures. */
export function operationOfBody(body: Readonly<Record<string, unknown>>): string {
  for (const [field, name] of Object.entries(FAILURES)) if (field in body) return name;
  const kind = typeof body['kind'] === 'string' ? body['kind'] : undefined;
  // What was deleted is shown as a list without a kind.
  if (kind === undefined) return 'deleteKafkaAcls';
  const version = typeof body['api_version'] === 'string' ? body['api_version'] : '';
  const name = OTHERS[`${version} ${kind}`] ?? OPERATIONS[kind];
  if (name === undefined) throw new Error(`no operation answers with ${kind}`);
  return name;
}
