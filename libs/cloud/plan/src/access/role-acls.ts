import { aclChanges, type Acl, type AclOperation, type AclResourceType } from './acl.ts';
import { covers, type CrnPath } from './crn-path.ts';
import { grantsOf, type Grant } from './grants.ts';
import { findResourceType } from './kafka-rights.ts';

/** A role given to a principal over everything a CRN pattern covers. */
export interface RoleBinding {
  /** `User:sa-...`, `User:u-...` or `User:pool-...`. */
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

/** Kafka's own name of the cluster as a resource. */
const CLUSTER_RESOURCE = 'kafka-cluster';
/** Steps of a path that lead to a cluster; a Kafka resource is one step more. */
const CLUSTER_STEPS = 3;

/**
 * The ACLs that the bindings mean for one cluster, each once, in a fixed order. Bindings whose
 * pattern does not lie over or in the cluster and roles without rights give nothing.
 */
export function compileRoleBindings(
  bindings: readonly RoleBinding[],
  cluster: ClusterScope,
): readonly Acl[] {
  const path: CrnPath = [
    { key: 'organization', value: cluster.organizationId },
    { key: 'environment', value: cluster.environmentId },
    { key: 'cloud-cluster', value: cluster.clusterId },
  ];
  const acls = bindings.flatMap((binding) =>
    grantsOf([binding]).flatMap((grant) => aclsOf(grant, binding.principal, path)),
  );
  return aclChanges(acls, []).create;
}

function aclsOf(grant: Grant, principal: string, cluster: CrnPath): readonly Acl[] {
  if (!covers(grant.path.slice(0, CLUSTER_STEPS), cluster)) return [];
  const own = findResourceType(grant.scope);
  const rights = Object.entries(grant.role.kafka) as [AclResourceType, readonly AclOperation[]][];
  return rights
    .filter(([type]) => own === undefined || own === type)
    .flatMap(([resourceType, operations]) => {
      const resource = resourceOf(resourceType, grant.path[CLUSTER_STEPS]?.value ?? '*');
      return operations.map((operation): Acl => ({
        ...resource,
        operation,
        principal,
        host: '*',
        permission: 'allow',
      }));
    });
}

/** A name, `prefix*`, or `*` for every resource, in Kafka's words. */
function resourceOf(
  resourceType: AclResourceType,
  pattern: string,
): Pick<Acl, 'resourceType' | 'resourceName' | 'patternType'> {
  if (resourceType === 'cluster')
    return { resourceType, resourceName: CLUSTER_RESOURCE, patternType: 'literal' };
  if (pattern === '*' || !pattern.endsWith('*'))
    return { resourceType, resourceName: pattern, patternType: 'literal' };
  return { resourceType, resourceName: pattern.slice(0, -1), patternType: 'prefixed' };
}
