import { serviceAccountCrn, type RouteOutput, type routes } from '@weirhouse/cloud-contract';
import type { ApiAddress } from '../http/api-address.ts';
import { timestamps } from '../http/timestamps.ts';
import type { ServiceAccount } from './service-accounts.repository.ts';

/** A service account in the contract's form. */
export function presentServiceAccount(
  account: ServiceAccount,
  address: ApiAddress,
): RouteOutput<typeof routes.getServiceAccount> {
  return {
    api_version: 'iam/v2',
    kind: 'ServiceAccount',
    id: account.id,
    metadata: {
      self: address.link(`/iam/v2/service-accounts/${account.id}`),
      resource_name: serviceAccountCrn(account.organizationId, account.id),
      ...timestamps(account),
    },
    display_name: account.displayName,
    description: account.description,
  };
}
