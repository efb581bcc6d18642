import { userCrn, type RouteOutput, type routes } from '@weirhouse/cloud-contract';
import type { ApiAddress } from '../http/api-address.ts';
import { timestamps } from '../http/timestamps.ts';
import type { User } from './users.repository.ts';

/** A user in the contract's form. */
export function presentUser(user: User, address: ApiAddress): RouteOutput<typeof routes.getUser> {
  return {
    api_version: 'iam/v2',
    kind: 'User',
    id: user.id,
    metadata: {
      self: address.link(`/iam/v2/users/${user.id}`),
      resource_name: userCrn(user.organizationId, user.id),
      ...timestamps(user),
    },
    email: user.email,
    full_name: user.fullName,
    auth_type: user.authType,
  };
}
