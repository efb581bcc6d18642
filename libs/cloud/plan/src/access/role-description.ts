import type { AclResourceType } from './acl.ts';
import type { Scope } from './crn-path.ts';
import { findResourceType } from './kafka-rights.ts';
import { ROLES, type Role } from './roles.ts';

/** Operations that a role allows on one kind of thing, in the words clients show people. */
interface AllowedOperations {
  readonly resourceType: string;
  readonly operations: readonly string[];
}

/** What a role allows where it is bound to one kind of thing. */
interface RolePolicy {
  readonly bindingScope: string;
  /** True when a binding names one resource inside the scope. */
  readonly bindWithResource: boolean;
  readonly allowedOperations: readonly AllowedOperations[];
}

/** A role as role listings show it. */
export interface RoleDescription {
  readonly name: string;
  /** The part of the product it is about: clients ask for these one after the other. */
  readonly namespace: string;
  readonly policies: readonly RolePolicy[];
}

const NAMESPACES: ReadonlyMap<string, string> = new Map([
  ['DataDiscovery', 'streamcatalog'],
  ['DataSteward', 'datagovernance'],
  ['KsqlAdmin', 'ksql'],
  ['FlinkAdmin', 'flink'],
  ['FlinkDeveloper', 'flink'],
  ['Assigner', 'workload'],
]);

/** Every role, made from the rules that decide. */
export function describeRoles(): readonly RoleDescription[] {
  return ROLES.map((role) => ({
    name: role.name,
    namespace: NAMESPACES.get(role.name) ?? 'public',
    policies: policiesOf(role),
  }));
}

/** One policy for each place a role may be bound to, and one for all resources together. */
function policiesOf(role: Role): readonly RolePolicy[] {
  const places = role.scopes.filter((scope) => findResourceType(scope) === undefined);
  const resources = role.scopes.flatMap((scope) => findResourceType(scope) ?? []);
  const policies = places.map((scope) => ({
    bindingScope: scope,
    bindWithResource: isPrincipal(scope),
    allowedOperations: [...platformOperations(role), ...kafkaOperations(role)],
  }));
  if (resources.length === 0) return policies;
  const allowedOperations = kafkaOperations(role, resources);
  return [...policies, { bindingScope: 'cluster', bindWithResource: true, allowedOperations }];
}

function isPrincipal(scope: Scope): boolean {
  return scope === 'service-account' || scope === 'identity-pool';
}

function platformOperations(role: Role): readonly AllowedOperations[] {
  const byResource = new Map<string, string[]>();
  for (const permission of new Set([...role.within, ...role.around])) {
    const [resource = '', verb = ''] = permission.split(':');
    const operations = byResource.get(resource) ?? [];
    byResource.set(resource, operations);
    operations.push(wordOf(verb, '-'));
  }
  return [...byResource].map(([resource, operations]) => ({
    resourceType: wordOf(resource, '-'),
    operations,
  }));
}

function kafkaOperations(
  role: Role,
  types: readonly AclResourceType[] = ['cluster', 'topic', 'group', 'transactional_id'],
): readonly AllowedOperations[] {
  return types.flatMap((type) => {
    const operations = role.kafka[type];
    if (operations === undefined) return [];
    const words = operations.map((operation) => wordOf(operation, '_'));
    return [{ resourceType: wordOf(type, '_'), operations: words }];
  });
}

/** `describe_configs` -> `DescribeConfigs`. */
function wordOf(name: string, separator: string): string {
  return name
    .split(separator)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('');
}
