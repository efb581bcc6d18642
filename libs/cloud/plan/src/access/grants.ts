import type { Permission } from '@weirhouse/cloud-contract';
import type { AclOperation } from './acl.ts';
import {
  covers,
  findCrnPath,
  findScopedPath,
  type CrnPath,
  type Scope,
  type ScopedPath,
} from './crn-path.ts';
import {
  findKafkaRights,
  findResourceType,
  hasOperation,
  type KafkaRight,
} from './kafka-rights.ts';
import { findRole, type Role } from './roles.ts';

/** A role bound to a place, read once and then asked often. */
export interface Grant extends ScopedPath {
  readonly role: Role;
}

/** The children of one place that somebody may see: all, or those with these ids or beginnings. */
export type Visible =
  | 'all'
  | { readonly ids: readonly string[]; readonly prefixes: readonly string[] };

/**
 * What bindings grant. Unknown roles, patterns that name nothing, and roles bound where they may
 * not be give nothing: it fails closed.
 */
export function grantsOf(
  bindings: readonly { readonly roleName: string; readonly crnPattern: string }[],
): readonly Grant[] {
  return bindings.flatMap(({ roleName, crnPattern }) => {
    const role = findRole(roleName);
    const scoped = findScopedPath(crnPattern);
    return role && scoped && role.scopes.includes(scoped.scope) ? [{ role, ...scoped }] : [];
  });
}

/** The one decision: whether grants allow a permission on what a CRN names. */
export function allows(grants: readonly Grant[], permission: Permission, crn: string): boolean {
  const path = findCrnPath(crn);
  return path !== undefined && allowsPath(grants, permission, path);
}

/** Whether grants allow it on anything at all. */
export function allowsSomewhere(grants: readonly Grant[], permission: Permission): boolean {
  const rights = findKafkaRights(permission);
  return grants.some(({ role, scope }) =>
    rights === undefined
      ? [role.within, role.above, role.around].some((list) => list.includes(permission))
      : rights.some((right) => hasRight(role, scope, right)),
  );
}

/**
 * Which children `<holder>/<key>=...` grants allow a permission on: what a list is restricted to
 * before it is cut into pages.
 */
export function visibleChildren(
  grants: readonly Grant[],
  permission: Permission,
  place: { readonly holderCrn: string; readonly key: string },
): Visible {
  const holder = findCrnPath(place.holderCrn);
  if (holder === undefined) return { ids: [], prefixes: [] };
  const values = new Set<string>();
  for (const grant of grants) {
    const step = grant.path[holder.length];
    // Either every child, or the one that the grant's own pattern names.
    for (const value of ['*', ...(step?.key === place.key ? [step.value] : [])])
      if (allowsPath([grant], permission, [...holder, { key: place.key, value }]))
        values.add(value);
  }
  if (values.has('*')) return 'all';
  const all = [...values].toSorted();
  return {
    ids: all.filter((value) => !value.endsWith('*')),
    prefixes: all.filter((value) => value.endsWith('*')).map((value) => value.slice(0, -1)),
  };
}

/** The places on which, and below which, grants allow a permission outside Kafka clusters. */
export function grantedPlaces(
  grants: readonly Grant[],
  permission: Permission,
): readonly CrnPath[] {
  return grants.flatMap(({ role, path }) => {
    if (role.around.includes(permission)) return [path.slice(0, 1)];
    return role.within.includes(permission) ? [path] : [];
  });
}

/**
 * Whether everything that `grant` allows is allowed by `grants` too: nobody hands on what they do
 * not have.
 */
export function includesGrant(grants: readonly Grant[], grant: Grant): boolean {
  const { role, path } = grant;
  const organization = path.slice(0, 1);
  return (
    role.within.every((permission) => allowsBelow(grants, permission, path)) &&
    role.around.every((permission) => allowsBelow(grants, permission, organization)) &&
    path
      .slice(0, -1)
      .every((_, index) =>
        role.above.every((permission) => allowsPath(grants, permission, path.slice(0, index + 1))),
      ) &&
    kafkaRightsOf(grant).every((right) => grants.some((own) => gives(own, right, path)))
  );
}

function allowsPath(grants: readonly Grant[], permission: Permission, path: CrnPath): boolean {
  const rights = findKafkaRights(permission);
  return grants.some((grant) => {
    if (rights !== undefined) return rights.some((right) => gives(grant, right, path));
    if (allowsBelow([grant], permission, path)) return true;
    return grant.role.above.includes(permission) && isAbove(path, grant.path);
  });
}

/** On a path and everything below it; for permissions outside Kafka clusters. */
function allowsBelow(grants: readonly Grant[], permission: Permission, path: CrnPath): boolean {
  return grants.some(
    ({ role, path: pattern }) =>
      (role.within.includes(permission) && covers(pattern, path)) ||
      (role.around.includes(permission) && covers(pattern.slice(0, 1), path)),
  );
}

function isAbove(path: CrnPath, pattern: CrnPath): boolean {
  return path.length < pattern.length && covers(pattern.slice(0, path.length), path);
}

function gives(grant: Grant, right: KafkaRight, path: CrnPath): boolean {
  return hasRight(grant.role, grant.scope, right) && covers(grant.path, path);
}

/** A role bound to one resource is about its kind; bound to a place that holds them, about all. */
function hasRight(role: Role, scope: Scope, { type, operation }: KafkaRight): boolean {
  if (!hasOperation(role.kafka[type], operation)) return false;
  const own = findResourceType(scope);
  return own === undefined || own === type;
}

function kafkaRightsOf({ role, scope }: Grant): readonly KafkaRight[] {
  const own = findResourceType(scope);
  return (Object.entries(role.kafka) as [KafkaRight['type'], readonly AclOperation[]][])
    .filter(([type]) => own === undefined || own === type)
    .flatMap(([type, operations]) => operations.map((operation) => ({ type, operation })));
}
