import {
  clusterCrn,
  environmentCrn,
  type RouteOutput,
  type routes,
} from '@weirhouse/cloud-contract';
import { zonesOf, type ClusterForm } from '@weirhouse/cloud-plan';
import { assert } from '@weirhouse/shared-kernel';
import type { ApiAddress } from '../http/api-address.ts';
import { timestamps } from '../http/timestamps.ts';
import type { Cluster } from './clusters.repository.ts';

type Presented = RouteOutput<typeof routes.getCluster>;

/** A cluster in the contract's form. Endpoints appear once the brokers' ports are known. */
export function presentCluster(cluster: Cluster, address: ApiAddress): Presented {
  const { organizationId, environmentId } = cluster;
  return {
    api_version: 'cmk/v2',
    kind: 'Cluster',
    id: cluster.id,
    metadata: {
      self: address.link(`/cmk/v2/clusters/${cluster.id}`),
      resource_name: clusterCrn({ organizationId, environmentId, clusterId: cluster.id }),
      ...timestamps(cluster),
    },
    spec: {
      display_name: cluster.displayName,
      availability: cluster.availability,
      cloud: cluster.cloud,
      region: cluster.region,
      config: presentConfig(cluster),
      deletion_protection: cluster.deletionProtection,
      environment: {
        api_version: 'org/v2',
        kind: 'Environment',
        id: environmentId,
        related: address.link(`/org/v2/environments/${environmentId}`),
        resource_name: environmentCrn(organizationId, environmentId),
      },
      ...presentEndpoints(cluster, address),
    },
    status: {
      phase: cluster.phase,
      ...(cluster.observedCku === undefined ? {} : { cku: cluster.observedCku }),
    },
  };
}

function presentConfig(form: ClusterForm): Presented['spec']['config'] {
  const { cku, kind, maxEcku, releasePriority } = form;
  if (kind !== 'Dedicated')
    return { kind, ...(maxEcku === undefined ? {} : { max_ecku: maxEcku }) };
  assert(cku !== undefined, 'a Dedicated cluster has a size');
  return {
    kind,
    cku,
    zones: [...zonesOf(form)],
    ...(releasePriority === undefined ? {} : { release_priority: releasePriority }),
  };
}

function presentEndpoints(cluster: Cluster, address: ApiAddress): Partial<Presented['spec']> {
  const kafka = cluster.bootstrapEndpoint;
  const http = cluster.httpEndpoint ?? address.url;
  if (kafka === undefined) return { http_endpoint: http };
  return {
    kafka_bootstrap_endpoint: kafka,
    http_endpoint: http,
    endpoints: {
      public: {
        kafka_bootstrap_endpoint: kafka,
        http_endpoint: http,
        connection_type: 'PUBLIC',
      },
    },
  };
}
