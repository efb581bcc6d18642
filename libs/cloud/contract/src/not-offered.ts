/** APIs of the contract that are not offered, by the start of their paths, and what there is instead. */
const NOT_OFFERED: readonly (readonly [prefix: string, what: string])[] = [
  ['/connect/', 'Connectors are not offered: run Kafka Connect beside the cluster.'],
  ['/srcm/', 'Schema Registry is not offered yet.'],
  ['/fcpm/', 'Flink is not offered: of fcpm/v2 there are the regions only.'],
  ['/sql/', 'Flink is not offered.'],
  ['/ksqldbcm/', 'ksqlDB is not offered.'],
  ['/networking/', 'Networks are not offered: clusters are reached at their public endpoints.'],
  ['/endpoint/', 'Networks are not offered: clusters are reached at their public endpoints.'],
  ['/byok/', 'Keys of your own for stored data are not offered: encrypt the disks.'],
  ['/stream-governance/', 'Stream governance is not offered.'],
  ['/catalog/', 'The stream catalogue is not offered.'],
  ['/tableflow/', 'Tableflow is not offered.'],
  ['/artifact/', 'Artifacts are not offered.'],
  ['/cdx/', 'Stream sharing is not offered.'],
  ['/notifications/', 'Notifications are not offered: alert on the metrics.'],
  ['/provider-integration/', 'Integrations with cloud providers are not offered.'],
  ['/pim/', 'Integrations with cloud providers are not offered.'],
  ['/ccpm/', 'Plug-ins of your own are not offered.'],
  ['/iam/v2/certificate-authorities', 'Certificates as identities are not offered: use API keys.'],
  ['/iam/v2/ip-filters', 'IP filters are not offered: use a firewall.'],
  ['/iam/v2/ip-groups', 'IP filters are not offered: use a firewall.'],
  ['/iam/v2/sso', 'Group mappings are not offered.'],
];

/** Cluster links and groups of other protocols, which lie below a cluster's own paths. */
const NOT_OFFERED_IN_CLUSTERS: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^\/kafka\/v3\/clusters\/[^/]+\/links(?:\/|:|$)/u, 'Cluster links are not offered.'],
  [/^\/kafka\/v3\/clusters\/[^/]+\/share-groups(?:\/|$)/u, 'Share groups are not offered.'],
  [/^\/kafka\/v3\/clusters\/[^/]+\/streams-groups(?:\/|$)/u, 'Streams groups are not offered.'],
  [
    /^\/kafka\/v3\/clusters\/[^/]+\/(?:brokers:delete|brokers\/[^/]+\/tasks|(?:remove-)?broker-tasks)(?:\/|$)/u,
    'Removing brokers is not offered here: change the size of the cluster.',
  ],
  [
    /^\/kafka\/v3\/clusters\/[^/]+\/(?:balancer|any-uneven-load)(?:\/|$)/u,
    'Balancing is not offered.',
  ],
];

/** Why nothing is served on a path of the contract; undefined for paths that it does not have. */
export function findNotOffered(path: string): string | undefined {
  return (
    NOT_OFFERED.find(([prefix]) => path.startsWith(prefix))?.[1] ??
    NOT_OFFERED_IN_CLUSTERS.find(([pattern]) => pattern.test(path))?.[1]
  );
}
