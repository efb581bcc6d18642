/** What an ACL protects. */
export type AclResourceType =
  | 'topic'
  | 'group'
  | 'cluster'
  | 'transactional_id'
  | 'delegation_token'
  | 'user';

/** What an ACL allows or denies. */
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
  | 'idempotent_write'
  | 'create_tokens'
  | 'describe_tokens'
  | 'two_phase_commit';

/** A filter's "any", in every list of codes. */
export const ANY_CODE = 1;

/** `org.apache.kafka.common.resource.ResourceType`. */
export const RESOURCE_TYPE_CODES: Readonly<Record<AclResourceType, number>> = {
  topic: 2,
  group: 3,
  cluster: 4,
  transactional_id: 5,
  delegation_token: 6,
  user: 7,
};

/** A filter's pattern type "whatever concerns this resource". */
export const MATCH_CODE = 2;

/** `PatternType`; `match` and any exist in filters only. */
export const PATTERN_TYPE_CODES = { literal: 3, prefixed: 4 } as const;

/** `AclPermissionType`. */
export const PERMISSION_CODES = { deny: 2, allow: 3 } as const;

/** `AclOperation`. */
export const OPERATION_CODES: Readonly<Record<AclOperation, number>> = {
  all: 2,
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  cluster_action: 9,
  describe_configs: 10,
  alter_configs: 11,
  idempotent_write: 12,
  create_tokens: 13,
  describe_tokens: 14,
  two_phase_commit: 15,
};

/** The word of a code, or undefined for one of a newer Kafka. */
export function wordOf<Word extends string>(
  codes: Readonly<Record<Word, number>>,
  code: number,
): Word | undefined {
  for (const word in codes) if (codes[word] === code) return word;
  return undefined;
}
