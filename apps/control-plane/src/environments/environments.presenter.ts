import { environmentCrn, type RouteOutput, type routes } from '@weirhouse/cloud-contract';
import type { ApiAddress } from '../http/api-address.ts';
import { timestamps } from '../http/timestamps.ts';
import type { Environment } from './environments.repository.ts';

/** An environment in the contract's form. */
export function presentEnvironment(
  environment: Environment,
  address: ApiAddress,
): RouteOutput<typeof routes.getEnvironment> {
  return {
    api_version: 'org/v2',
    kind: 'Environment',
    id: environment.id,
    metadata: {
      self: address.link(`/org/v2/environments/${environment.id}`),
      resource_name: environmentCrn(environment.organizationId, environment.id),
      ...timestamps(environment),
    },
    display_name: environment.displayName,
  };
}
