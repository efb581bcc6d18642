import { findCrnParts, findCrnValue } from '@weirhouse/cloud-contract';
import type { QuotaCode } from '../service-quotas/catalogue.ts';

/** The service quotas that a new binding counts against: those of its cluster, or those outside. */
export function bindingQuotas(crnPattern: string): {
  readonly codes: readonly QuotaCode[];
  readonly clusterId: string | undefined;
} {
  const clusterId = findCrnValue(findCrnParts(crnPattern) ?? [], 'cloud-cluster');
  const isInCluster = clusterId !== undefined && !clusterId.endsWith('*');
  const own = isInCluster
    ? 'iam.max_rbac_role_bindings.per_cluster'
    : 'iam.max_rbac_role_bindings.per_org_plus_envs';
  return {
    codes: ['iam.max_rbac_role_bindings_all_roles.per_org', own],
    clusterId: isInCluster ? clusterId : undefined,
  };
}
