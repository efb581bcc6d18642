import {
  apiKeyCrn,
  clusterCrn,
  serviceAccountCrn,
  userCrn,
  type RouteOutput,
  type routes,
} from '@weirhouse/cloud-contract';
import { unreachable, type Secret } from '@weirhouse/shared-kernel';
import type { ApiAddress } from '../http/api-address.ts';
import { timestamps } from '../http/timestamps.ts';
import type { ApiKey } from './api-keys.repository.ts';

type Presented = RouteOutput<typeof routes.getApiKey>;

/** An API key in the contract's form. `secret` is given in the answer to its creation only. */
export function presentApiKey(key: ApiKey, address: ApiAddress, secret?: Secret): Presented {
  return {
    api_version: 'iam/v2',
    kind: 'ApiKey',
    id: key.id,
    metadata: {
      self: address.link(`/iam/v2/api-keys/${key.id}`),
      resource_name: apiKeyCrn(key.organizationId, key.id),
      ...timestamps(key),
    },
    spec: {
      ...(secret === undefined ? {} : { secret: secret.reveal() }),
      display_name: key.displayName,
      description: key.description,
      owner: presentOwner(key, address),
      resource: presentResource(key, address),
    },
  };
}

function presentOwner(key: ApiKey, address: ApiAddress): Presented['spec']['owner'] {
  const { kind, id } = key.owner;
  const isUser = kind === 'User';
  return {
    api_version: 'iam/v2',
    kind,
    id,
    related: address.link(isUser ? `/iam/v2/users/${id}` : `/iam/v2/service-accounts/${id}`),
    resource_name: isUser
      ? userCrn(key.organizationId, id)
      : serviceAccountCrn(key.organizationId, id),
  };
}

/** Clients tell Cloud and Global keys by exactly these words. */
function presentResource(key: ApiKey, address: ApiAddress): Presented['spec']['resource'] {
  const { resource } = key;
  switch (resource.kind) {
    case 'Cloud':
      return {
        api_version: 'iam/v2',
        kind: 'Cloud',
        id: 'cloud',
        related: 'cloud',
        resource_name: 'cloud',
      };
    case 'Global':
      return {
        api_version: 'global/v1',
        kind: 'Global',
        id: 'global',
        related: 'global',
        resource_name: 'global',
      };
    case 'Cluster':
      return {
        api_version: 'cmk/v2',
        kind: 'Cluster',
        id: resource.clusterId,
        related: address.link(`/cmk/v2/clusters/${resource.clusterId}`),
        resource_name: clusterCrn({ organizationId: key.organizationId, ...resource }),
      };
    default:
      return unreachable(resource);
  }
}
