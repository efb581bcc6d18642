import { DEFAULT_PRINCIPAL } from '@weirhouse/cloud-contract';
import type { Condition, MaintenanceWindow, Phase } from '@weirhouse/cloud-plan';
import { formOfRow } from '../clusters/clusters.repository.ts';
import type { Transaction } from '../database/database.ts';
import type { KafkaCluster } from '../database/generated/client.ts';
import { toNumber } from '../database/values.ts';
import type { ClusterState } from './cluster-state.ts';

/** One cluster with all that belongs to it; lists are JSON, and null when they are empty. */
interface StateRow extends Pick<
  KafkaCluster,
  | 'organizationId'
  | 'environmentId'
  | 'dataPlaneId'
  | 'kind'
  | 'availability'
  | 'maxEcku'
  | 'cku'
  | 'zones'
  | 'releasePriority'
  | 'deletionProtection'
  | 'generation'
  | 'observedGeneration'
  | 'driftPolicy'
  | 'observedCku'
> {
  readonly deletionRequested: boolean;
  readonly paused: boolean;
  readonly hasAuditTopic: boolean;
  readonly maintenanceWindow: MaintenanceWindow | null;
  readonly phase: Phase;
  readonly conditions: readonly Condition[];
  readonly username: string | null;
  readonly secretEncrypted: Uint8Array<ArrayBuffer> | null;
  readonly brokers: ClusterState['brokers'] | null;
  readonly apiKeys: ClusterState['apiKeys'] | null;
  readonly roleBindings: ClusterState['roleBindings'] | null;
  readonly quotas:
    | readonly { readonly principal: string; readonly ingress: number; readonly egress: number }[]
    | null;
  readonly topics: ClusterState['topics'] | null;
  readonly operation: {
    readonly id: string;
    readonly kind: string;
    readonly generation: number;
    readonly error: string | null;
  } | null;
}

/**
 * All that a pass needs, or undefined when the cluster is gone. One statement, so that everything is as of one
 * moment and a look at a quiet cluster costs one round trip.
 */
export async function findClusterState(
  database: Pick<Transaction, '$queryRaw'>,
  clusterId: string,
): Promise<ClusterState | undefined> {
  const [row] = await database.$queryRaw<readonly StateRow[]>`
    SELECT c.organization_id AS "organizationId", c.environment_id AS "environmentId",
      c.data_plane_id AS "dataPlaneId", c.kind, c.availability, c.max_ecku AS "maxEcku", c.cku, c.zones,
      c.release_priority AS "releasePriority", c.deletion_protection AS "deletionProtection", c.generation,
      c.observed_generation AS "observedGeneration", c.deletion_requested_at IS NOT NULL AS "deletionRequested",
      c.paused_at IS NOT NULL AS paused, c.has_audit_topic AS "hasAuditTopic", c.maintenance_window AS "maintenanceWindow",
      c.drift_policy AS "driftPolicy", c.phase, c.observed_cku AS "observedCku", c.conditions,
      u.username, u.secret_encrypted AS "secretEncrypted",
      (SELECT jsonb_agg(jsonb_build_object('nodeId', b.node_id, 'ports', jsonb_build_object(
                'host', b.host, 'clientPort', b.client_port, 'adminPort', b.admin_port)) ORDER BY b.node_id)
         FROM cluster_broker AS b WHERE b.cluster_id = c.id) AS brokers,
      (SELECT jsonb_agg(jsonb_build_object('id', k.id, 'generation', k.generation,
                'pushedGeneration', k.pushed_generation,
                'deletionRequested', k.deletion_requested_at IS NOT NULL) ORDER BY k.id)
         FROM api_key AS k WHERE k.cluster_id = c.id AND k.scram_encrypted IS NOT NULL) AS "apiKeys",
      (SELECT jsonb_agg(jsonb_build_object('principal', r.principal, 'roleName', r.role_name,
                'crnPattern', r.crn_pattern) ORDER BY r.id)
         FROM role_binding AS r
        -- What lies in another environment or cluster cannot cover this one.
        WHERE (r.organization_id = c.organization_id AND r.cluster_id = c.id)
           OR (r.organization_id = c.organization_id AND r.cluster_id IS NULL
               AND r.environment_id = c.environment_id)
           OR (r.organization_id = c.organization_id AND r.cluster_id IS NULL
               AND r.environment_id IS NULL)) AS "roleBindings",
      (SELECT jsonb_agg(jsonb_build_object('principal', p.principal_id, 'ingress', q.ingress_byte_rate,
                'egress', q.egress_byte_rate) ORDER BY p.principal_id)
         FROM client_quota AS q JOIN client_quota_principal AS p ON p.quota_id = q.id
        WHERE q.cluster_id = c.id) AS quotas,
      (SELECT jsonb_agg(jsonb_build_object('name', t.name, 'partitions', t.partitions) ORDER BY t.name)
         FROM cluster_topic AS t WHERE t.cluster_id = c.id AND t.applied_at IS NULL) AS topics,
      (SELECT jsonb_build_object('id', o.id, 'kind', o.kind, 'generation', o.generation, 'error', o.error)
         FROM operation AS o WHERE o.cluster_id = c.id AND o.status = 'running' LIMIT 1) AS operation
    FROM kafka_cluster AS c LEFT JOIN cluster_credential AS u ON u.cluster_id = c.id
    WHERE c.id = ${clusterId}`;
  return row && stateOf(clusterId, row);
}

function stateOf(clusterId: string, row: StateRow): ClusterState {
  const { operation, secretEncrypted, username } = row;
  return {
    clusterId,
    organizationId: row.organizationId,
    environmentId: row.environmentId,
    dataPlaneId: row.dataPlaneId ?? undefined,
    form: formOfRow(row),
    generation: toNumber(row.generation),
    observedGeneration: toNumber(row.observedGeneration),
    deletionRequested: row.deletionRequested,
    paused: row.paused,
    hasAuditTopic: row.hasAuditTopic,
    maintenance: row.maintenanceWindow ?? undefined,
    driftPolicy: row.driftPolicy === 'report' ? 'report' : 'correct',
    phase: row.phase,
    observedCku: row.observedCku ?? undefined,
    conditions: row.conditions,
    brokers: row.brokers ?? [],
    apiKeys: row.apiKeys ?? [],
    roleBindings: row.roleBindings ?? [],
    quotas: (row.quotas ?? []).map(({ egress, ingress, principal }) => ({
      user: principal === DEFAULT_PRINCIPAL ? undefined : principal,
      producerBytesPerSecond: ingress,
      consumerBytesPerSecond: egress,
    })),
    topics: row.topics ?? [],
    operation: operation ? { ...operation, error: operation.error ?? undefined } : undefined,
    credential:
      username === null || secretEncrypted === null
        ? undefined
        : { name: username, passwordSealed: secretEncrypted },
  };
}
