import {
  environmentCrn,
  organizationCrn,
  routes,
  type RouteOutput,
} from '@weirhouse/cloud-contract';
import {
  addressOf,
  canonicalAvailability,
  roleBindingAddress,
  type LiveObject,
} from '@weirhouse/cloud-plan';
import type { CloudClient } from '../cloud-client.ts';
import { LiveNames } from './live-names.ts';
import { readInside } from './read-inside.ts';
import { readQuotas } from './read-quotas.ts';

/** Items of a page when everything is read. */
const PAGE_SIZE = 100;

/** What is there, under the names that a file would use. */
export interface LiveState {
  readonly objects: readonly LiveObject[];
  /** Addresses that more than one thing has. */
  readonly ambiguous: ReadonlySet<string>;
  /** What a file cannot say, a sentence each. */
  readonly remarks: readonly string[];
}

/**
 * Reads an organization, page by page. Topics and ACLs only of the clusters asked for: they need a
 * credential that opens Kafka REST.
 */
export async function readLive(
  client: CloudClient,
  scope: {
    readonly organizationId: string;
    /** Undefined = all of them. */
    readonly environmentId: string | undefined;
    readonly inside: ReadonlySet<string> | 'all';
  },
): Promise<LiveState> {
  const names = new LiveNames();
  await readAccounts(client, names);
  await readEnvironments(client, names, scope.environmentId);
  for (const environmentId of names.environments.keys())
    await readClusters(client, names, environmentId);
  await readKeys(client, names);
  await readBindings(client, names, scope);
  await readQuotas(client, names);
  await readInside(client, names, scope.inside);
  return { objects: names.objects, ambiguous: names.ambiguous, remarks: names.remarks };
}

async function readAccounts(client: CloudClient, names: LiveNames): Promise<void> {
  const query = { page_size: PAGE_SIZE };
  for await (const { data } of client.pages(routes.listServiceAccounts, { params: {}, query })) {
    for (const { description = '', display_name, id } of data) {
      names.accounts.set(id, display_name);
      const address = addressOf('service_account', display_name);
      names.add({ kind: 'service_account', address, id, fields: { description }, needs: [] });
    }
  }
}

async function readEnvironments(
  client: CloudClient,
  names: LiveNames,
  only: string | undefined,
): Promise<void> {
  const query = { page_size: PAGE_SIZE };
  for await (const { data } of client.pages(routes.listEnvironments, { params: {}, query })) {
    for (const { display_name, id } of data) {
      if (only !== undefined && id !== only) continue;
      names.environments.set(id, display_name);
      const address = addressOf('environment', display_name);
      names.add({ kind: 'environment', address, id, fields: {}, needs: [] });
    }
  }
}

async function readClusters(
  client: CloudClient,
  names: LiveNames,
  environmentId: string,
): Promise<void> {
  const environment = names.environments.get(environmentId) ?? '';
  const query = { page_size: PAGE_SIZE, environment: environmentId };
  for await (const { data } of client.pages(routes.listClusters, { params: {}, query })) {
    for (const { id, spec, status } of data) {
      const place = [environment, spec.display_name] as const;
      names.clusters.set(id, {
        id,
        environmentId,
        names: place,
        isReady: status.phase === 'PROVISIONED',
      });
      names.add({
        kind: 'cluster',
        address: addressOf('cluster', ...place),
        id,
        fields: clusterFields(spec),
        needs: [addressOf('environment', environment)],
      });
    }
  }
}

function clusterFields(spec: RouteOutput<typeof routes.getCluster>['spec']): LiveObject['fields'] {
  const { availability, cloud, config, deletion_protection, region } = spec;
  const { kind } = config;
  return {
    kind,
    availability: canonicalAvailability(availability),
    cloud,
    region,
    ...(config.kind === 'Dedicated' ? { cku: config.cku } : {}),
    ...('zones' in config && config.zones !== undefined ? { zones: config.zones.toSorted() } : {}),
    ...('max_ecku' in config && config.max_ecku !== undefined ? { max_ecku: config.max_ecku } : {}),
    ...(deletion_protection === true ? { deletion_protection } : {}),
  };
}

/** Keys of service accounts that have a name; others cannot be told apart. */
async function readKeys(client: CloudClient, names: LiveNames): Promise<void> {
  const query = { page_size: PAGE_SIZE };
  for await (const { data } of client.pages(routes.listApiKeys, { params: {}, query })) {
    for (const { id, spec } of data) {
      const owner = names.accounts.get(spec.owner.id);
      const opened = openedBy(names, spec.resource);
      const { description = '', display_name: name = '' } = spec;
      if (owner === undefined) continue;
      if (name === '' || opened === undefined) {
        names.remarks.push(
          `The API key ${id} of ${owner} is left out: it has no name, or opens what a file cannot name.`,
        );
        continue;
      }
      const address = addressOf('service_account', owner);
      const needs = [address, ...opened.needs];
      const fields = { for: opened.text, description };
      names.add({ kind: 'api_key', address: addressOf('api_key', owner, name), id, fields, needs });
    }
  }
}

function openedBy(
  names: LiveNames,
  resource: { readonly id: string; readonly kind?: string | undefined },
): { readonly text: string; readonly needs: readonly string[] } | undefined {
  const cluster = names.clusters.get(resource.id);
  if (cluster !== undefined) {
    const address = addressOf('cluster', ...cluster.names);
    const needs = [address, addressOf('environment', cluster.names[0])];
    return { text: address.slice('cluster.'.length), needs };
  }
  const kind = (resource.kind ?? resource.id).toLowerCase();
  return kind === 'cloud' || kind === 'global' ? { text: kind, needs: [] } : undefined;
}

async function readBindings(
  client: CloudClient,
  names: LiveNames,
  scope: { readonly organizationId: string; readonly environmentId: string | undefined },
): Promise<void> {
  const { environmentId, organizationId } = scope;
  const place =
    environmentId === undefined
      ? organizationCrn(organizationId)
      : environmentCrn(organizationId, environmentId);
  const query = { page_size: PAGE_SIZE, crn_pattern: `${place}/*` };
  for await (const { data } of client.pages(routes.listRoleBindings, { params: {}, query })) {
    for (const { crn_pattern, id, principal: user, role_name: role } of data) {
      const principal = names.findPrincipal(user);
      const place = names.findPlace(crn_pattern);
      if (principal === undefined || place === undefined) {
        names.remarks.push(
          `The role binding ${id} is left out: a file cannot name ${user} on ${crn_pattern}.`,
        );
        continue;
      }
      const { needs, on, resource } = place;
      const fields = { principal, role, on, resource };
      names.add({ kind: 'role_binding', address: roleBindingAddress(fields), id, fields, needs });
    }
  }
}
