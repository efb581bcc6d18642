import {
  clientQuotaCrn,
  clusterCrn,
  DEFAULT_PRINCIPAL,
  environmentCrn,
  organizationCrn,
  serviceAccountCrn,
  type RouteOutput,
  type routes,
} from '@weirhouse/cloud-contract';
import type { ApiAddress } from '../http/api-address.ts';
import { timestamps } from '../http/timestamps.ts';
import type { ClientQuota } from './client-quotas.repository.ts';

type Presented = RouteOutput<typeof routes.getClientQuota>;

/** A client quota in the contract's form: its numbers are text. */
export function presentClientQuota(quota: ClientQuota, address: ApiAddress): Presented {
  const { clusterId, environmentId, organizationId } = quota;
  return {
    api_version: 'kafka-quotas/v1',
    kind: 'ClientQuota',
    id: quota.id,
    metadata: {
      self: address.link(`/kafka-quotas/v1/client-quotas/${quota.id}`),
      resource_name: clientQuotaCrn(organizationId, quota.id),
      ...timestamps(quota),
    },
    spec: {
      display_name: quota.displayName,
      description: quota.description,
      throughput: {
        ingress_byte_rate: String(quota.ingressByteRate),
        egress_byte_rate: String(quota.egressByteRate),
      },
      cluster: {
        id: clusterId,
        environment: environmentId,
        related: address.link(`/cmk/v2/clusters/${clusterId}`),
        resource_name: clusterCrn(quota),
      },
      principals: quota.principalIds.map((id) => presentPrincipal(organizationId, id, address)),
      environment: {
        id: environmentId,
        related: address.link(`/org/v2/environments/${environmentId}`),
        resource_name: environmentCrn(organizationId, environmentId),
      },
    },
  };
}

function presentPrincipal(
  organizationId: string,
  id: string,
  address: ApiAddress,
): Presented['spec']['principals'][number] {
  const path = '/iam/v2/service-accounts';
  if (id === DEFAULT_PRINCIPAL)
    return { id, related: address.link(path), resource_name: organizationCrn(organizationId) };
  return {
    id,
    related: address.link(`${path}/${id}`),
    resource_name: serviceAccountCrn(organizationId, id),
  };
}
