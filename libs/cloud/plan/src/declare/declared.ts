import {
  aclAddress,
  addressOf,
  addressStep,
  isPrincipalId,
  roleBindingAddress,
  type DeclaredObject,
  type Fields,
  type FieldValue,
  type Path,
} from './objects.ts';
import type { DeclaredCluster, WeirDocument } from './schema.ts';
import { findSuggestion } from './suggestion.ts';
import { problemsWithin, splitWithin } from './within.ts';

/** A reference in a file that leads nowhere, or two things that are the same. */
export interface ReferenceProblem {
  readonly path: Path;
  readonly message: string;
}

interface Context {
  readonly document: WeirDocument;
  readonly problems: ReferenceProblem[];
}

/** Everything a file wants, with references resolved, and what is wrong with them. */
export function declaredObjects(document: WeirDocument): {
  readonly objects: readonly DeclaredObject[];
  /** Addresses of what is named and has to be there already. */
  readonly requires: readonly string[];
  readonly problems: readonly ReferenceProblem[];
} {
  const { within } = document;
  const problems = within === undefined ? [] : problemsWithin(document, within);
  const context: Context = { document, problems: [...problems] };
  const objects = [
    ...environmentObjects(context),
    ...accountObjects(context),
    ...bindingObjects(context),
  ];
  const split = splitWithin(withoutDoubles(objects, context), within);
  return { ...split, problems: context.problems };
}

function environmentObjects(context: Context): DeclaredObject[] {
  const objects: DeclaredObject[] = [];
  for (const [name, environment] of Object.entries(context.document.environments)) {
    const address = addressOf('environment', name);
    const held = Object.entries(environment.clusters).flatMap(([cluster, declared]) =>
      clusterObjects(context, [name, cluster], declared),
    );
    // What an environment holds cannot outlive it: the mark of a child protects its holder too.
    const protect = environment.protect || held.some((child) => child.protect);
    objects.push({ kind: 'environment', address, fields: {}, needs: [], protect }, ...held);
  }
  return objects;
}

function clusterObjects(
  context: Context,
  place: readonly [environment: string, cluster: string],
  declared: DeclaredCluster,
): DeclaredObject[] {
  const address = addressOf('cluster', ...place);
  const needs = [address, addressOf('environment', place[0])];
  const path = ['environments', place[0], 'clusters', place[1]];
  const topics = Object.entries(declared.topics).map(([name, topic]): DeclaredObject => {
    const { config, partitions } = topic;
    const fields = known({ partitions, config });
    return {
      kind: 'topic',
      address: addressOf('topic', ...place, name),
      fields,
      needs,
      protect: topic.protect,
    };
  });
  const acls = declared.acls.map((acl, index): DeclaredObject => {
    const account =
      acl.principal === '*'
        ? []
        : principalNeeds(context, acl.principal, [...path, 'acls', index, 'principal']);
    requireClusterName(context, acl, [...path, 'acls', index]);
    return {
      kind: 'acl',
      address: aclAddress(place, acl),
      fields: acl,
      needs: [...needs, ...account],
      protect: false,
    };
  });
  const quotas = Object.entries(declared.quotas).map(([name, quota]): DeclaredObject => {
    const accounts = quota.principals.flatMap((principal, index) =>
      principal === '<default>'
        ? []
        : principalNeeds(context, principal, [...path, 'quotas', name, 'principals', index]),
    );
    const fields = { ...quota, principals: quota.principals.toSorted() };
    return {
      kind: 'quota',
      address: addressOf('quota', ...place, name),
      fields,
      needs: [...needs, ...accounts],
      protect: false,
    };
  });
  const children = [...topics, ...acls, ...quotas];
  const { availability, cku, cloud, deletion_protection, kind, max_ecku, region, zones } = declared;
  const fields = known({
    kind,
    availability: canonicalAvailability(availability),
    cloud,
    region,
    cku,
    zones: zones?.toSorted(),
    max_ecku,
    deletion_protection,
  });
  const protect = declared.protect || topics.some((topic) => topic.protect);
  return [
    { kind: 'cluster', address, fields, needs: [addressOf('environment', place[0])], protect },
    ...children,
  ];
}

function accountObjects(context: Context): DeclaredObject[] {
  const objects: DeclaredObject[] = [];
  for (const [name, account] of Object.entries(context.document.service_accounts)) {
    const { description, keys, protect } = account;
    const address = addressOf('service_account', name);
    objects.push({ kind: 'service_account', address, fields: { description }, needs: [], protect });
    for (const [key, { description: text, for: opened }] of Object.entries(keys)) {
      const path = ['service_accounts', name, 'keys', key, 'for'];
      const isAccountKey = opened === 'cloud' || opened === 'global';
      const cluster = isAccountKey ? [] : placeNeeds(context, opened, path, 'cluster');
      objects.push({
        kind: 'api_key',
        address: addressOf('api_key', name, key),
        fields: { for: opened, description: text },
        needs: [address, ...cluster],
        protect: false,
      });
    }
  }
  return objects;
}

function bindingObjects(context: Context): DeclaredObject[] {
  return context.document.role_bindings.map((binding, index): DeclaredObject => {
    const path = ['role_bindings', index];
    const { group, kafka, on, principal, role, topic, transactional_id } = binding;
    const resources = Object.entries({ topic, group, transactional_id, kafka }).filter(
      ([, name]) => name !== undefined,
    );
    const [first] = resources;
    if (resources.length > 1)
      context.problems.push({
        path,
        message:
          'Name one of topic, group, transactional_id and kafka; write another binding for the other.',
      });
    const needs =
      on === 'organization'
        ? []
        : placeNeeds(context, on, [...path, 'on'], first === undefined ? 'any' : 'cluster');
    if (first !== undefined && on === 'organization')
      context.problems.push({
        path: [...path, 'on'],
        message: `${first[0]} needs a cluster: write environment/cluster.`,
      });
    const resource = first === undefined ? '' : `${first[0]}=${String(first[1])}`;
    const fields = known({ principal, role, on, resource });
    return {
      kind: 'role_binding',
      address: roleBindingAddress({ principal, role, on, resource }),
      fields,
      needs: [...needs, ...principalNeeds(context, principal, [...path, 'principal'])],
      protect: false,
    };
  });
}

function principalNeeds({ document, problems }: Context, principal: string, path: Path): string[] {
  const names = Object.keys(document.service_accounts);
  if (names.includes(principal)) return [addressOf('service_account', principal)];
  if (isPrincipalId(principal)) return [];
  const meant = findSuggestion(principal, names);
  const fix =
    meant === undefined
      ? 'Declare it under service_accounts, or write an id.'
      : `Did you mean ${meant}?`;
  problems.push({
    path,
    message: `There is no service account "${principal}" in this file. ${fix}`,
  });
  return [];
}

/** The addresses of a place written as `environment` or `environment/cluster`. */
function placeNeeds(
  { document, problems }: Context,
  on: string,
  path: Path,
  wanted: 'cluster' | 'any',
): string[] {
  const clusters = Object.entries(document.environments).flatMap(([name, { clusters: held }]) =>
    Object.keys(held).map((cluster) => ({ name, cluster, text: placeText(name, cluster) })),
  );
  const cluster = clusters.find(({ text }) => text === on);
  if (cluster !== undefined)
    return [
      addressOf('cluster', cluster.name, cluster.cluster),
      addressOf('environment', cluster.name),
    ];
  const environments = Object.keys(document.environments);
  const environment = environments.find((name) => placeText(name) === on);
  if (environment !== undefined && wanted === 'any') return [addressOf('environment', environment)];
  const texts = [
    ...clusters.map(({ text }) => text),
    ...(wanted === 'any' ? ['organization', ...environments] : []),
  ];
  const meant = findSuggestion(on, texts);
  const fix =
    meant === undefined ? `Known: ${texts.join(', ') || 'none'}.` : `Did you mean ${meant}?`;
  problems.push({
    path,
    message: `"${on}" names no ${wanted === 'any' ? 'place' : 'cluster'} of this file. ${fix}`,
  });
  return [];
}

/** A place as references write it. */
export function placeText(...names: readonly string[]): string {
  return names.map(addressStep).join('/');
}

/** SINGLE_ZONE and LOW mean the same, MULTI_ZONE and HIGH too. */
export function canonicalAvailability(availability: string): 'LOW' | 'HIGH' {
  return availability === 'HIGH' || availability === 'MULTI_ZONE' ? 'HIGH' : 'LOW';
}

function requireClusterName(
  { problems }: Context,
  acl: { readonly resource_type: string; readonly resource_name: string },
  path: Path,
): void {
  const isCluster = acl.resource_type === 'CLUSTER';
  if (isCluster === (acl.resource_name === 'kafka-cluster')) return;
  const message = isCluster
    ? 'The one name of CLUSTER is kafka-cluster: leave resource_name out.'
    : `Required: the name of the ${acl.resource_type}.`;
  problems.push({ path: [...path, 'resource_name'], message });
}

function withoutDoubles(
  objects: readonly DeclaredObject[],
  { problems }: Context,
): DeclaredObject[] {
  const seen = new Map(objects.map((object) => [object.address, object]));
  if (seen.size === objects.length) return [...objects];
  for (const object of objects)
    if (seen.get(object.address) !== object)
      problems.push({
        path: [object.kind === 'acl' ? 'environments' : `${object.kind}s`],
        message: `${object.address} is declared twice: delete one.`,
      });
  return [...seen.values()];
}

function known(fields: Readonly<Record<string, FieldValue | undefined>>): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, FieldValue] => entry[1] !== undefined),
  );
}
