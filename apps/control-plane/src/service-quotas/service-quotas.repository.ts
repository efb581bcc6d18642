import type { Database, Transaction } from '../database/database.ts';
import type { QuotaCode } from './catalogue.ts';

/** Whose things are counted; which of the parts a quota needs is its scope's business. */
export interface QuotaPlace {
  readonly organizationId: string;
  readonly environmentId?: string | undefined;
  readonly clusterId?: string | undefined;
  /** A user or a service account. */
  readonly ownerId?: string | undefined;
}

/** A part that is not named matches nothing: left undefined it would match everything. */
interface WholePlace {
  readonly organizationId: string;
  readonly environmentId: string;
  readonly clusterId: string;
  readonly ownerId: string;
}

type Count = (reader: Transaction, place: WholePlace, nowMs: number) => Promise<number>;

const DAY_MS = 24 * 60 * 60 * 1_000;

/** How the usage of each quota is counted. What is being deleted does not count. */
const COUNTS: Readonly<Record<QuotaCode, Count>> = {
  'iam.max_environments.per_org': (reader, { organizationId }) =>
    reader.environment.count({ where: { organizationId } }),
  'iam.max_kafka_clusters.per_org': (reader, { organizationId }) =>
    reader.kafkaCluster.count({ where: { organizationId, deletionRequestedAt: null } }),
  // Clusters that are gone again count too, and only the audit log still knows them.
  'kafka.max_kafka_creation.per_day': (reader, { organizationId }, nowMs) =>
    reader.auditRecord.count({
      where: {
        organizationId,
        action: 'CreateKafkaCluster',
        result: 'SUCCESS',
        createdAt: { gt: new Date(nowMs - DAY_MS) },
      },
    }),
  'iam.max_service_accounts.per_org': (reader, { organizationId }) =>
    reader.serviceAccount.count({ where: { organizationId } }),
  'iam.max_users.per_org': (reader, { organizationId }) =>
    reader.userAccount.count({ where: { organizationId } }),
  'iam.max_pending_invitations.per_organization': (reader, { organizationId }, nowMs) =>
    reader.invitation.count({
      where: { organizationId, acceptedAt: null, expiresAt: { gt: new Date(nowMs) } },
    }),
  'iam.max_cloud_api_keys.per_org': (reader, { organizationId }) =>
    reader.apiKey.count({ where: { organizationId, ...CLOUD_KEYS } }),
  'iam.max_rbac_role_bindings.per_org_plus_envs': (reader, { organizationId }) =>
    reader.roleBinding.count({ where: { organizationId, clusterId: null } }),
  'iam.max_rbac_role_bindings_all_roles.per_org': (reader, { organizationId }) =>
    reader.roleBinding.count({ where: { organizationId } }),
  'iam.max_identity_providers.per_organization': (reader, { organizationId }) =>
    reader.identityProvider.count({ where: { organizationId } }),
  'kafka.max_kafka_clusters.per_env': (reader, { environmentId }) =>
    reader.kafkaCluster.count({ where: { environmentId, deletionRequestedAt: null } }),
  'kafka.max_ckus.per_env': async (reader, { environmentId }) => {
    const { _sum } = await reader.kafkaCluster.aggregate({
      where: { environmentId, deletionRequestedAt: null },
      _sum: { cku: true },
    });
    return _sum.cku ?? 0;
  },
  'kafka.max_api_keys.per_cluster': (reader, { clusterId }) =>
    reader.apiKey.count({ where: { clusterId, deletionRequestedAt: null } }),
  'kafka.max_ckus.per_cluster': async (reader, { clusterId }) => {
    const row = await reader.kafkaCluster.findUnique({
      where: { id: clusterId },
      select: { cku: true },
    });
    return row?.cku ?? 0;
  },
  'iam.max_rbac_role_bindings.per_cluster': (reader, { clusterId }) =>
    reader.roleBinding.count({ where: { clusterId } }),
  'iam.max_cloud_api_keys.per_user': countCloudKeys,
  'iam.max_cluster_api_keys.per_user': countClusterKeys,
  'iam.max_cloud_api_keys.per_service_account': countCloudKeys,
  'iam.max_cluster_api_keys.per_service_account': countClusterKeys,
};

const CLOUD_KEYS = { resourceKind: { not: 'Cluster' }, deletionRequestedAt: null } as const;

function countCloudKeys(...[reader, place]: Parameters<Count>): Promise<number> {
  const { organizationId, ownerId } = place;
  return reader.apiKey.count({ where: { organizationId, ownerId, ...CLOUD_KEYS } });
}

function countClusterKeys(...[reader, place]: Parameters<Count>): Promise<number> {
  const { organizationId, ownerId } = place;
  return reader.apiKey.count({
    where: { organizationId, ownerId, resourceKind: 'Cluster', deletionRequestedAt: null },
  });
}

/** Usage counted afresh, and the limits that an operator set. */
export class ServiceQuotasRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The limits of an organization that are not the defaults. */
  async limits(
    organizationId: string,
    reader: Pick<Transaction, 'serviceQuotaLimit'> = this.#database,
  ): Promise<ReadonlyMap<string, number>> {
    const rows = await reader.serviceQuotaLimit.findMany({ where: { organizationId } });
    return new Map(rows.map(({ code, appliedLimit }) => [code, appliedLimit]));
  }

  /** How much of a quota is used; parts of the place that its scope does not need may be absent. */
  usage(
    code: QuotaCode,
    place: QuotaPlace,
    read: { readonly nowMs: number; readonly reader?: Transaction },
  ): Promise<number> {
    const { organizationId, environmentId = '', clusterId = '', ownerId = '' } = place;
    const whole = { organizationId, environmentId, clusterId, ownerId };
    return COUNTS[code](read.reader ?? this.#database, whole, read.nowMs);
  }

  /**
   * Lets one transaction after the other count and insert in an organization: without this, two at
   * the limit would both see room for one more.
   */
  async lock(tx: Transaction, organizationId: string): Promise<void> {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`service-quota:${organizationId}`}, 0))`;
  }

  /** Sets an organization's limit. Answers false when there is no such organization. */
  async setLimit(limit: {
    readonly organizationId: string;
    readonly code: QuotaCode;
    readonly appliedLimit: number;
  }): Promise<boolean> {
    const { organizationId, code, appliedLimit } = limit;
    const known = await this.#database.organization.count({ where: { id: organizationId } });
    if (known === 0) return false;
    await this.#database.serviceQuotaLimit.upsert({
      where: { organizationId_code: { organizationId, code } },
      create: { organizationId, code, appliedLimit },
      update: { appliedLimit, updatedAt: new Date() },
    });
    return true;
  }
}
