import { routes, type RouteOutput } from '@weirhouse/cloud-contract';
import { aclAddress, addressOf } from '@weirhouse/cloud-plan';
import { AppError, isAppError } from '@weirhouse/shared-kernel';
import type { CloudClient } from '../cloud-client.ts';
import type { ClusterName, LiveNames } from './live-names.ts';

type Acl = RouteOutput<typeof routes.listAcls>['data'][number];

const RESOURCE_TYPES = new Set(['TOPIC', 'GROUP', 'CLUSTER', 'TRANSACTIONAL_ID']);

/** Reads topics and ACLs of clusters that were provisioned; the others hold none that matter yet. */
export async function readInside(
  client: CloudClient,
  names: LiveNames,
  inside: ReadonlySet<string> | 'all',
): Promise<void> {
  for (const cluster of names.clusters.values()) {
    const address = addressOf('cluster', ...cluster.names);
    if (!cluster.isReady || (inside !== 'all' && !inside.has(address))) continue;
    try {
      await readTopics(client, names, cluster);
      await readAcls(client, names, cluster);
    } catch (error) {
      throw explained(error, address);
    }
  }
}

async function readTopics(
  client: CloudClient,
  names: LiveNames,
  cluster: ClusterName,
): Promise<void> {
  const request = { params: { cluster_id: cluster.id }, query: {} };
  const { data: topics } = await client.call(routes.listTopics, request);
  const { data: settings } = await client.call(routes.listAllTopicConfigs, request);
  const configs = new Map<string, Record<string, string>>();
  for (const { name, source, topic_name, value } of settings) {
    if (source !== 'DYNAMIC_TOPIC_CONFIG') continue;
    configs.set(topic_name, { ...configs.get(topic_name), [name]: value ?? '' });
  }
  for (const { is_internal, partitions_count: partitions, topic_name } of topics) {
    if (is_internal) continue;
    names.add({
      kind: 'topic',
      address: addressOf('topic', ...cluster.names, topic_name),
      id: topic_name,
      fields: { partitions, config: configs.get(topic_name) ?? {} },
      needs: needsOf(cluster),
    });
  }
}

async function readAcls(
  client: CloudClient,
  names: LiveNames,
  cluster: ClusterName,
): Promise<void> {
  const request = { params: { cluster_id: cluster.id }, query: {} };
  const { data } = await client.call(routes.listAcls, request);
  for (const acl of data) {
    const principal = names.findPrincipal(acl.principal);
    if (principal === undefined || !RESOURCE_TYPES.has(acl.resource_type)) {
      const where = cluster.names.join('/');
      names.remarks.push(
        `An ACL of ${acl.principal} in ${where} is left out: a file cannot say it.`,
      );
      continue;
    }
    const fields = fieldsOf(acl, principal);
    const address = aclAddress(cluster.names, fields);
    names.add({ kind: 'acl', address, id: address, fields, needs: needsOf(cluster) });
  }
}

function fieldsOf(acl: Acl, principal: string) {
  const { host, operation, pattern_type, permission, resource_name, resource_type } = acl;
  return { principal, permission, operation, resource_type, resource_name, pattern_type, host };
}

function needsOf({ names }: ClusterName): readonly string[] {
  return [addressOf('cluster', ...names), addressOf('environment', names[0])];
}

function explained(error: unknown, address: string): unknown {
  if (!isAppError(error) || error.code !== 'unauthenticated') return error;
  return new AppError(
    'unauthenticated',
    `Topics and ACLs of ${address} are read with a Global API key: make one (resource id "global") and use that.`,
    { cause: error },
  );
}
