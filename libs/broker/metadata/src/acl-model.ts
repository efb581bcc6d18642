import type { Uuid } from '@weirhouse/shared-kernel';

/** What can be done, by Kafka's ids. ANY is for filters only. */
export const AclOperation = {
  ANY: 1,
  ALL: 2,
  READ: 3,
  WRITE: 4,
  CREATE: 5,
  DELETE: 6,
  ALTER: 7,
  DESCRIBE: 8,
  CLUSTER_ACTION: 9,
  DESCRIBE_CONFIGS: 10,
  ALTER_CONFIGS: 11,
  IDEMPOTENT_WRITE: 12,
  CREATE_TOKENS: 13,
  DESCRIBE_TOKENS: 14,
  TWO_PHASE_COMMIT: 15,
} as const;
export type AclOperation = (typeof AclOperation)[keyof typeof AclOperation];

/** What it can be done to, by Kafka's ids. ANY is for filters only. */
export const AclResourceType = {
  ANY: 1,
  TOPIC: 2,
  GROUP: 3,
  CLUSTER: 4,
  TRANSACTIONAL_ID: 5,
  DELEGATION_TOKEN: 6,
  USER: 7,
} as const;
export type AclResourceType = (typeof AclResourceType)[keyof typeof AclResourceType];

/** How a resource name is meant, by Kafka's ids. ANY and MATCH are for filters only. */
export const AclPatternType = { ANY: 1, MATCH: 2, LITERAL: 3, PREFIXED: 4 } as const;
export type AclPatternType = (typeof AclPatternType)[keyof typeof AclPatternType];

/** Whether an ACL refuses or allows, by Kafka's ids. ANY is for filters only. */
export const AclPermission = { ANY: 1, DENY: 2, ALLOW: 3 } as const;
export type AclPermission = (typeof AclPermission)[keyof typeof AclPermission];

/** As a literal resource name: every resource. As a host: every host. */
export const WILDCARD = '*';
/** The principal that stands for every user. */
export const WILDCARD_PRINCIPAL = 'User:*';
/** The only name of the CLUSTER resource. */
export const CLUSTER_RESOURCE_NAME = 'kafka-cluster';

/** One rule: `principal` from `host` is allowed or denied `operation` on matching resources. */
export interface Acl {
  readonly id: Uuid;
  readonly resourceType: number;
  readonly resourceName: string;
  readonly patternType: number;
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
  /** What made it, such as a role binding's id; null = a person or a plain Kafka client. */
  readonly origin: string | null;
}

/** A filter of DescribeAcls and DeleteAcls; null and ANY match everything. */
export interface AclFilter {
  readonly resourceTypeFilter: number;
  readonly resourceNameFilter: string | null;
  readonly patternTypeFilter: number;
  readonly principalFilter: string | null;
  readonly hostFilter: string | null;
  readonly operation: number;
  readonly permissionType: number;
}

/** Whether a filter selects an ACL (KIP-140, KIP-290). */
export function matchesAclFilter(filter: AclFilter, acl: Acl): boolean {
  return (
    matchesId(filter.resourceTypeFilter, acl.resourceType) &&
    matchesId(filter.operation, acl.operation) &&
    matchesId(filter.permissionType, acl.permissionType) &&
    matchesText(filter.principalFilter, acl.principal) &&
    matchesText(filter.hostFilter, acl.host) &&
    matchesPattern(filter, acl)
  );
}

/** ANY is 1 in all four sets of ids. */
function matchesId(wanted: number, actual: number): boolean {
  return wanted === 1 || wanted === actual;
}

function matchesText(wanted: string | null, actual: string): boolean {
  return wanted === null || wanted === actual;
}

/** MATCH selects the ACLs that would apply to the named resource, LITERAL and PREFIXED themselves. */
function matchesPattern(filter: AclFilter, acl: Acl): boolean {
  const { patternTypeFilter: type, resourceNameFilter: name } = filter;
  if (type !== AclPatternType.MATCH) {
    return matchesId(type, acl.patternType) && matchesText(name, acl.resourceName);
  }
  if (name === null) return true;
  if (acl.patternType === AclPatternType.PREFIXED) return name.startsWith(acl.resourceName);
  return acl.resourceName === name || acl.resourceName === WILDCARD;
}

/** The fault of a filter as a sentence, or undefined. Ids a newer client knows are refused. */
export function findAclFilterFault(filter: AclFilter): string | undefined {
  if (!isId(AclResourceType, filter.resourceTypeFilter)) {
    return 'The resource type of the filter is not known.';
  }
  if (!isId(AclPatternType, filter.patternTypeFilter)) {
    return 'The pattern type of the filter is not known.';
  }
  if (!isId(AclOperation, filter.operation)) return 'The operation of the filter is not known.';
  if (!isId(AclPermission, filter.permissionType)) {
    return 'The permission type of the filter is not known.';
  }
  return undefined;
}

function isId(ids: Readonly<Record<string, number>>, id: number): boolean {
  return Object.values(ids).includes(id);
}

/** Everything but the id and the origin of an ACL. */
export type AclRule = Omit<Acl, 'id' | 'origin'>;

/** The fault of a new ACL as a sentence, or undefined. */
export function findAclFault(acl: AclRule): string | undefined {
  const { resourceType, resourceName, patternType, operation, permissionType } = acl;
  if (!isId(AclResourceType, resourceType) || resourceType === AclResourceType.ANY) {
    return 'The resource type is not one that an ACL can have.';
  }
  if (patternType !== AclPatternType.LITERAL && patternType !== AclPatternType.PREFIXED) {
    return 'The pattern type of an ACL must be LITERAL or PREFIXED.';
  }
  if (!isId(AclOperation, operation) || operation === AclOperation.ANY) {
    return 'The operation is not one that an ACL can have.';
  }
  if (permissionType !== AclPermission.ALLOW && permissionType !== AclPermission.DENY) {
    return 'The permission type of an ACL must be ALLOW or DENY.';
  }
  if (resourceName === '') return 'The resource name must not be empty.';
  if (resourceType === AclResourceType.CLUSTER && resourceName !== CLUSTER_RESOURCE_NAME) {
    return `The only name of the CLUSTER resource is ${CLUSTER_RESOURCE_NAME}.`;
  }
  if (!/^[^:]+:.+$/s.test(acl.principal)) {
    return 'The principal must have the form type:name, such as User:agent.';
  }
  return acl.host === '' ? 'The host must be * or an address.' : undefined;
}
