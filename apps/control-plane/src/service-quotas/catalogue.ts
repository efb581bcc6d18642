import type { QUOTA_SCOPES } from '@weirhouse/cloud-contract';

/** What a quota limits things of. */
export type QuotaScope = (typeof QUOTA_SCOPES)[number];

interface CatalogueEntry {
  readonly scope: QuotaScope;
  readonly displayName: string;
  readonly defaultLimit: number;
}

function quota(scope: QuotaScope, displayName: string, defaultLimit: number): CatalogueEntry {
  return { scope, displayName, defaultLimit };
}

/**
 * Every limit that is enforced, by its code in the contract, with the contract's own default. Codes
 * of things that this platform does not have are not listed.
 */
export const QUOTAS = {
  'iam.max_environments.per_org': quota('ORGANIZATION', 'Environments per organization', 25),
  'iam.max_kafka_clusters.per_org': quota('ORGANIZATION', 'Kafka clusters per organization', 400),
  'kafka.max_kafka_creation.per_day': quota('ORGANIZATION', 'Kafka clusters created in 24 h', 20),
  'iam.max_service_accounts.per_org': quota(
    'ORGANIZATION',
    'Service accounts per organization',
    1_000,
  ),
  'iam.max_users.per_org': quota('ORGANIZATION', 'Users per organization', 1_000),
  'iam.max_pending_invitations.per_organization': quota(
    'ORGANIZATION',
    'Pending invitations per organization',
    150,
  ),
  'iam.max_cloud_api_keys.per_org': quota('ORGANIZATION', 'Cloud API keys per organization', 1_000),
  'iam.max_rbac_role_bindings.per_org_plus_envs': quota(
    'ORGANIZATION',
    'Role bindings outside clusters',
    1_000,
  ),
  'iam.max_rbac_role_bindings_all_roles.per_org': quota(
    'ORGANIZATION',
    'Role bindings per organization',
    250_000,
  ),
  'iam.max_identity_providers.per_organization': quota(
    'ORGANIZATION',
    'Identity providers per organization',
    5,
  ),
  'kafka.max_kafka_clusters.per_env': quota('ENVIRONMENT', 'Kafka clusters per environment', 20),
  'kafka.max_ckus.per_env': quota('ENVIRONMENT', 'CKUs per environment', 50),
  'kafka.max_api_keys.per_cluster': quota('KAFKA_CLUSTER', 'API keys per Kafka cluster', 2_000),
  'kafka.max_ckus.per_cluster': quota('KAFKA_CLUSTER', 'CKUs per Kafka cluster', 4),
  'iam.max_rbac_role_bindings.per_cluster': quota(
    'KAFKA_CLUSTER',
    'Role bindings per Kafka cluster',
    5_000,
  ),
  'iam.max_cloud_api_keys.per_user': quota('USER_ACCOUNT', 'Cloud API keys per user', 10),
  'iam.max_cluster_api_keys.per_user': quota('USER_ACCOUNT', 'Kafka API keys per user', 10),
  'iam.max_cloud_api_keys.per_service_account': quota(
    'SERVICE_ACCOUNT',
    'Cloud API keys per service account',
    100,
  ),
  'iam.max_cluster_api_keys.per_service_account': quota(
    'SERVICE_ACCOUNT',
    'Kafka API keys per service account',
    100,
  ),
} as const;

/** The code of a limit. */
export type QuotaCode = keyof typeof QUOTAS;

/** Every code, in the order of lists. */
export const QUOTA_CODES = Object.keys(QUOTAS) as readonly QuotaCode[];

/** Whether a text is a code. */
export function isQuotaCode(text: string): text is QuotaCode {
  return Object.hasOwn(QUOTAS, text);
}

/** What each scope is, for people. */
export const SCOPE_DESCRIPTIONS: Readonly<Record<QuotaScope, string>> = {
  ORGANIZATION: 'Limits of a whole organization.',
  ENVIRONMENT: 'Limits of one environment.',
  NETWORK: 'Limits of one network; there are none here.',
  KAFKA_CLUSTER: 'Limits of one Kafka cluster.',
  SERVICE_ACCOUNT: 'Limits of one service account.',
  USER_ACCOUNT: 'Limits of one user.',
  IDENTITY_PROVIDER: 'Limits of one identity provider; there are none here.',
  CERTIFICATE_AUTHORITY: 'Limits of one certificate authority; there are none here.',
};
