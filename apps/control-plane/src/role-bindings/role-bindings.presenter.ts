import { roleBindingCrn, type RouteOutput, type routes } from '@weirhouse/cloud-contract';
import type { ApiAddress } from '../http/api-address.ts';
import { timestamps } from '../http/timestamps.ts';
import type { RoleBinding } from './role-bindings.repository.ts';

/** A role binding in the contract's form. */
export function presentRoleBinding(
  binding: RoleBinding,
  address: ApiAddress,
): RouteOutput<typeof routes.getRoleBinding> {
  const { id, organizationId, principal, roleName, crnPattern, createdAtMs } = binding;
  return {
    api_version: 'iam/v2',
    kind: 'RoleBinding',
    id,
    metadata: {
      self: address.link(`/iam/v2/role-bindings/${id}`),
      resource_name: roleBindingCrn(organizationId, id),
      ...timestamps({ createdAtMs, updatedAtMs: createdAtMs }),
    },
    principal,
    role_name: roleName,
    crn_pattern: crnPattern,
  };
}
