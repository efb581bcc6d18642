import {
  clusterCrn,
  environmentCrn,
  type RouteOutput,
  type routes,
} from '@weirhouse/cloud-contract';
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
      config: {
        kind: cluster.kind,
        ...(cluster.maxEcku === undefined ? {} : { max_ecku: cluster.maxEcku }),
      },
      deletion_protection: false,
      environment: {
        api_version: 'org/v2',
        kind: 'Environment',
        id: environmentId,
        related: address.link(`/org/v2/environments/${environmentId}`),
        resource_name: environmentCrn(organizationId, environmentId),
      },
      ...presentEndpoints(cluster, address),
    },
    status: { phase: cluster.phase },
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
