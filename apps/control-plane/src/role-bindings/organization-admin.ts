import { organizationCrn } from '@weirhouse/cloud-contract';
import type { RoleBinding } from './role-bindings.repository.ts';

/** The binding that an organization's first user gets: without it nobody could do anything. */
export function organizationAdmin(
  organizationId: string,
  userId: string,
): Omit<RoleBinding, 'id' | 'createdAtMs'> {
  return {
    organizationId,
    principal: `User:${userId}`,
    roleName: 'OrganizationAdmin',
    crnPattern: organizationCrn(organizationId),
  };
}
