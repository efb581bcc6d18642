/** What an ACL protects; the words are Kafka's own, in lower case. */
export type AclResourceType = 'topic' | 'group' | 'cluster' | 'transactional_id';

/** What an ACL allows or denies; Kafka's operation names in lower case. */
export type AclOperation =
  | 'all'
  | 'read'
  | 'write'
  | 'create'
  | 'delete'
  | 'alter'
  | 'describe'
  | 'cluster_action'
  | 'describe_configs'
  | 'alter_configs'
  | 'idempotent_write';

/** One access control entry as Kafka knows it. Two with equal fields are the same entry. */
export interface Acl {
  readonly resourceType: AclResourceType;
  /** `*` in a literal pattern means every resource; a cluster is always `kafka-cluster`. */
  readonly resourceName: string;
  readonly patternType: 'literal' | 'prefixed';
  /** `User:sa-...` or `User:u-...`. */
  readonly principal: string;
  /** `*` or one ip address. */
  readonly host: string;
  readonly operation: AclOperation;
  readonly permission: 'allow' | 'deny';
}

/** The text that two ACLs share exactly when they are the same entry. */
export function aclKey(acl: Acl): string {
  return JSON.stringify([
    acl.resourceType,
    acl.resourceName,
    acl.patternType,
    acl.principal,
    acl.host,
    acl.operation,
    acl.permission,
  ]);
}

/** What must be created and removed to turn `present` into `desired`; both sorted by key. */
export function aclChanges(
  desired: readonly Acl[],
  present: readonly Acl[],
): { readonly create: readonly Acl[]; readonly remove: readonly Acl[] } {
  return { create: withoutAll(desired, present), remove: withoutAll(present, desired) };
}

function withoutAll(acls: readonly Acl[], excluded: readonly Acl[]): readonly Acl[] {
  const excludedKeys = new Set(excluded.map(aclKey));
  const kept = new Map<string, Acl>();
  for (const acl of acls) {
    const key = aclKey(acl);
    if (!excludedKeys.has(key)) kept.set(key, acl);
  }
  return [...kept].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, acl]) => acl);
}
