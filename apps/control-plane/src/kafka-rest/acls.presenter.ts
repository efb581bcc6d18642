import type { RouteInput, RouteOutput, routes } from '@weirhouse/cloud-contract';
import type { AclBinding, AclFilter, AclOperation, AclResourceType } from '@weirhouse/kafka-client';
import { badRequest } from './kafka-failures.ts';
import type { KafkaLinks } from './kafka-links.ts';

type Acl = RouteOutput<typeof routes.listAcls>['data'][number];
type NewAcl = RouteInput<typeof routes.createAcl>['body'];
type AclQuery = RouteInput<typeof routes.listAcls>['query'];

/** The contract's words for Kafka's. What is not here is shown as UNKNOWN. */
const RESOURCE_TYPES: Readonly<Partial<Record<Acl['resource_type'], AclResourceType>>> = {
  TOPIC: 'topic',
  GROUP: 'group',
  CLUSTER: 'cluster',
  TRANSACTIONAL_ID: 'transactional_id',
  DELEGATION_TOKEN: 'delegation_token',
};
const PATTERN_TYPES: Readonly<Partial<Record<Acl['pattern_type'], AclBinding['patternType']>>> = {
  LITERAL: 'literal',
  PREFIXED: 'prefixed',
};
const PERMISSIONS: Readonly<Partial<Record<Acl['permission'], AclBinding['permission']>>> = {
  ALLOW: 'allow',
  DENY: 'deny',
};
const OPERATIONS: Readonly<Partial<Record<Acl['operation'], AclOperation>>> = {
  ALL: 'all',
  READ: 'read',
  WRITE: 'write',
  CREATE: 'create',
  DELETE: 'delete',
  ALTER: 'alter',
  DESCRIBE: 'describe',
  CLUSTER_ACTION: 'cluster_action',
  DESCRIBE_CONFIGS: 'describe_configs',
  ALTER_CONFIGS: 'alter_configs',
  IDEMPOTENT_WRITE: 'idempotent_write',
};

/** An ACL in the contract's form. */
export function presentAcl(links: KafkaLinks, binding: AclBinding): Acl {
  const fields = {
    resource_type: wordOf(RESOURCE_TYPES, binding.resourceType) ?? 'UNKNOWN',
    resource_name: binding.resourceName,
    pattern_type: wordOf(PATTERN_TYPES, binding.patternType) ?? 'UNKNOWN',
    principal: binding.principal,
    host: binding.host,
    operation: wordOf(OPERATIONS, binding.operation) ?? 'UNKNOWN',
    permission: wordOf(PERMISSIONS, binding.permission) ?? 'UNKNOWN',
  };
  // ACLs have no id: the filter that finds exactly this one is its address.
  const self = `${links.list('/acls').self}?${new URLSearchParams(fields).toString()}`;
  return { kind: 'KafkaAcl', metadata: { self }, cluster_id: links.clusterId, ...fields };
}

/** The ACL that a body describes. Throws when a field is a word for filters only. */
export function bindingOf(body: NewAcl): AclBinding {
  return {
    resourceType: exactly('resource_type', RESOURCE_TYPES, body.resource_type),
    resourceName: body.resource_name,
    patternType: exactly('pattern_type', PATTERN_TYPES, body.pattern_type),
    principal: body.principal,
    host: body.host,
    operation: exactly('operation', OPERATIONS, body.operation),
    permission: exactly('permission', PERMISSIONS, body.permission),
  };
}

/** The filter that a query describes. Throws for UNKNOWN, which matches nothing that exists. */
export function filterOf(query: AclQuery): AclFilter {
  const filter = {
    resourceType: sought('resource_type', RESOURCE_TYPES, query.resource_type),
    resourceName: query.resource_name,
    patternType: sought('pattern_type', { ...PATTERN_TYPES, MATCH: 'match' }, query.pattern_type),
    principal: query.principal,
    host: query.host,
    operation: sought('operation', OPERATIONS, query.operation),
    permission: sought('permission', PERMISSIONS, query.permission),
  } as const;
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}

function wordOf<Word extends string>(
  words: Readonly<Partial<Record<Word, string>>>,
  value: string,
): Word | undefined {
  for (const word in words) if (words[word] === value) return word;
  return undefined;
}

function exactly<Value>(
  field: string,
  words: Readonly<Partial<Record<string, Value>>>,
  word: string,
): Value {
  const value = words[word];
  if (value === undefined)
    throw badRequest(`${field} of a new ACL must be one of ${Object.keys(words).join(', ')}.`);
  return value;
}

function sought<Value>(
  field: string,
  words: Readonly<Partial<Record<string, Value>>>,
  word: string | undefined,
): Value | undefined {
  if (word === undefined || word === 'ANY') return undefined;
  const value = words[word];
  if (value === undefined) throw badRequest(`${field} must not be ${word}.`);
  return value;
}
