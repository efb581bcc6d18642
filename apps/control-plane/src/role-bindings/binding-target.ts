import {
  clusterRbacCrn,
  environmentCrn,
  findCrnValue,
  identityPoolCrn,
  serviceAccountCrn,
  type Permission,
} from '@weirhouse/cloud-contract';
import {
  findRole,
  findScopedPath,
  grantsOf,
  ROLES,
  type CrnPath,
  type Grant,
} from '@weirhouse/cloud-plan';
import { AppError, assert } from '@weirhouse/shared-kernel';
import { isAllowed } from '../auth/authorize.ts';
import type { OpContext } from '../auth/op-context.ts';
import type { Repositories } from '../database/repositories.ts';

/**
 * What a new binding would grant. Throws `invalid_argument` for a role that there is not, that may
 * not be bound to such a thing, and for things that there are not or that the caller may not see:
 * the answer is the same.
 */
export async function requireTarget(
  ctx: OpContext,
  repositories: Repositories,
  binding: { readonly roleName: string; readonly crnPattern: string },
): Promise<Grant> {
  const { roleName, crnPattern } = binding;
  const role = findRole(roleName);
  if (role === undefined) {
    const names = ROLES.map(({ name }) => name).join(', ');
    throw invalid('role_name', `There is no role ${roleName}: choose one of ${names}.`);
  }
  const scoped = findScopedPath(crnPattern);
  if (scoped === undefined) {
    throw invalid(
      'crn_pattern',
      `crn_pattern "${crnPattern}" names nothing that roles are bound to: give the CRN of an organization, environment, cluster (cloud-cluster=lkc-...) or Kafka resource (.../kafka=lkc-.../topic=name, or name* for all that begin so).`,
    );
  }
  const [grant] = grantsOf([binding]);
  if (grant === undefined) {
    throw invalid(
      'crn_pattern',
      `${roleName} cannot be bound to a ${scoped.scope}, only to: ${role.scopes.join(', ')}.`,
    );
  }
  await requirePlace(ctx, repositories, scoped.path);
  return grant;
}

/** Every place is named by its id; only names of Kafka resources may be patterns. */
async function requirePlace(
  ctx: OpContext,
  repositories: Repositories,
  path: CrnPath,
): Promise<void> {
  const { organizationId } = ctx;
  const valueOf = (key: string): string | undefined => findCrnValue(path, key);
  if (valueOf('organization') !== organizationId) throw unknownPlace('organization', path);
  const environmentId = valueOf('environment');
  if (environmentId !== undefined) {
    const found = await repositories.environments.find(organizationId, environmentId);
    const crn = environmentCrn(organizationId, environmentId);
    requireSeen(ctx, found !== undefined, { permission: 'environment:read', crn, path });
  }
  const clusterId = valueOf('cloud-cluster');
  if (clusterId !== undefined) {
    assert(environmentId !== undefined, 'a cluster lies in an environment');
    const found = await repositories.clusters.find(organizationId, clusterId);
    const isThere = found?.environmentId === environmentId;
    const crn = clusterRbacCrn({ organizationId, environmentId, clusterId });
    requireSeen(ctx, isThere, { permission: 'cluster:read', crn, path: path.slice(0, 3) });
  }
  const accountId = valueOf('service-account');
  if (accountId !== undefined) {
    const found = await repositories.serviceAccounts.find(organizationId, accountId);
    const crn = serviceAccountCrn(organizationId, accountId);
    requireSeen(ctx, found !== undefined, { permission: 'service-account:read', crn, path });
  }
  const poolId = valueOf('identity-pool');
  if (poolId !== undefined) {
    const place = { organizationId, providerId: valueOf('identity-provider') ?? '' };
    const found = await repositories.identityPools.find(place, poolId);
    const crn = identityPoolCrn({ ...place, poolId });
    requireSeen(ctx, found !== undefined, { permission: 'identity-pool:read', crn, path });
  }
}

function requireSeen(
  ctx: OpContext,
  isThere: boolean,
  thing: { readonly permission: Permission; readonly crn: string; readonly path: CrnPath },
): void {
  if (!isThere || !isAllowed(ctx, thing.permission, thing.crn)) {
    const [key = ''] = thing.permission.split(':');
    throw unknownPlace(key === 'cluster' ? 'cloud-cluster' : key, thing.path);
  }
}

function unknownPlace(key: string, path: CrnPath): AppError {
  const value = findCrnValue(path, key) ?? '';
  const detail = `crn_pattern names ${key} ${value}, and there is none: name one by its id.`;
  return invalid('crn_pattern', detail);
}

function invalid(field: string, message: string): AppError {
  return new AppError('invalid_argument', message, { field });
}
