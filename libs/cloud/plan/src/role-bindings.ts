import { parseCrn, type CrnPart } from '@weirhouse/cloud-contract';
import { isAppError } from '@weirhouse/shared-kernel';
import { aclChanges, type Acl, type AclOperation, type AclResourceType } from './acl.ts';

/** A role given to a principal over everything a CRN pattern covers. */
export interface RoleBinding {
  /** `User:sa-...` or `User:u-...`. */
  readonly principal: string;
  readonly roleName: string;
  /** `crn://<authority>/organization=o/environment=e/cloud-cluster=c`; a value may end in `*`. */
  readonly crnPattern: string;
}

/** Where a cluster lies: the ids that a binding's CRN pattern is compared with. */
export interface ClusterScope {
  readonly organizationId: string;
  readonly environmentId: string;
  readonly clusterId: string;
}

interface RoleRule {
  readonly resourceType: AclResourceType;
  readonly resourceName: string;
  readonly operation: AclOperation;
}

const WHOLE_CLUSTER: readonly RoleRule[] = [
  { resourceType: 'topic', resourceName: '*', operation: 'all' },
  { resourceType: 'group', resourceName: '*', operation: 'all' },
  { resourceType: 'transactional_id', resourceName: '*', operation: 'all' },
  { resourceType: 'cluster', resourceName: 'kafka-cluster', operation: 'all' },
];

/** What a role means inside one Kafka cluster. A role that is not here gives nothing. */
const ROLE_RULES: ReadonlyMap<string, readonly RoleRule[]> = new Map([
  ['CloudClusterAdmin', WHOLE_CLUSTER],
  ['EnvironmentAdmin', WHOLE_CLUSTER],
  ['OrganizationAdmin', WHOLE_CLUSTER],
]);

/**
 * The ACLs that the bindings mean for one cluster, each once, in a fixed order. Bindings whose
 * pattern does not cover the cluster and roles without a rule give nothing: it fails closed.
 */
export function compileRoleBindings(
  bindings: readonly RoleBinding[],
  cluster: ClusterScope,
): readonly Acl[] {
  const acls = bindings
    .filter((binding) => covers(binding.crnPattern, cluster))
    .flatMap((binding) =>
      (ROLE_RULES.get(binding.roleName) ?? []).map((rule): Acl => ({
        resourceType: rule.resourceType,
        resourceName: rule.resourceName,
        operation: rule.operation,
        patternType: 'literal',
        principal: binding.principal,
        host: '*',
        permission: 'allow',
      })),
    );
  return aclChanges(acls, []).create;
}

/**
 * True when the pattern names the cluster or something that holds it. A pattern that goes on below
 * the cluster (one topic, say) is narrower than the roles here and covers nothing.
 */
function covers(crnPattern: string, cluster: ClusterScope): boolean {
  const parts = findParts(crnPattern);
  const path: readonly CrnPart[] = [
    { key: 'organization', value: cluster.organizationId },
    { key: 'environment', value: cluster.environmentId },
    { key: 'cloud-cluster', value: cluster.clusterId },
    { key: 'kafka', value: cluster.clusterId },
  ];
  if (parts.length === 0 || parts.length > path.length) return false;
  return parts.every(({ key, value: pattern }, index) => {
    const step = path[index];
    if (step?.key !== key) return false;
    if (pattern.endsWith('*')) return step.value.startsWith(pattern.slice(0, -1));
    return pattern === step.value;
  });
}

/** The steps of a pattern; none when it is not a CRN. */
function findParts(crnPattern: string): readonly CrnPart[] {
  try {
    return parseCrn(crnPattern);
  } catch (error) {
    if (isAppError(error)) return [];
    throw error;
  }
}
