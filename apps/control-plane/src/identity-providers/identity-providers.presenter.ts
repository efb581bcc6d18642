import {
  identityPoolCrn,
  identityProviderCrn,
  type RouteOutput,
  type routes,
} from '@weirhouse/cloud-contract';
import type { ApiAddress } from '../http/api-address.ts';
import { timestamps } from '../http/timestamps.ts';
import type { IdentityPool } from './identity-pools.repository.ts';
import type { IdentityProvider } from './identity-providers.repository.ts';

/** An identity provider in the contract's form. */
export function presentIdentityProvider(
  provider: IdentityProvider,
  address: ApiAddress,
): RouteOutput<typeof routes.getIdentityProvider> {
  const { id, organizationId } = provider;
  return {
    api_version: 'iam/v2',
    kind: 'IdentityProvider',
    id,
    metadata: {
      self: address.link(`/iam/v2/identity-providers/${id}`),
      resource_name: identityProviderCrn(organizationId, id),
      ...timestamps(provider),
    },
    display_name: provider.displayName,
    description: provider.description,
    ...(provider.identityClaim === '' ? {} : { identity_claim: provider.identityClaim }),
    state: 'ENABLED',
    issuer: provider.issuer,
    jwks_uri: provider.jwksUri,
    keys: [...provider.keys],
  };
}

/** An identity pool in the contract's form. */
export function presentIdentityPool(
  pool: IdentityPool,
  address: ApiAddress,
): RouteOutput<typeof routes.getIdentityPool> {
  const { id, organizationId, providerId } = pool;
  return {
    api_version: 'iam/v2',
    kind: 'IdentityPool',
    id,
    metadata: {
      self: address.link(`/iam/v2/identity-providers/${providerId}/identity-pools/${id}`),
      resource_name: identityPoolCrn({ organizationId, providerId, poolId: id }),
      ...timestamps(pool),
    },
    display_name: pool.displayName,
    description: pool.description,
    identity_claim: pool.identityClaim,
    filter: pool.filter,
    principal: id,
    state: 'ENABLED',
  };
}
