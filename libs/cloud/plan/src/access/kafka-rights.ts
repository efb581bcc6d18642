import type { Permission } from '@weirhouse/cloud-contract';
import type { AclOperation, AclResourceType } from './acl.ts';
import type { Scope } from './crn-path.ts';

/** Kafka operations by the kind of resource they are allowed on. */
export type KafkaRights = Readonly<Partial<Record<AclResourceType, readonly AclOperation[]>>>;

/** One operation on one kind of Kafka resource. */
export interface KafkaRight {
  readonly type: AclResourceType;
  readonly operation: AclOperation;
}

const TOPIC_DESCRIBE: KafkaRight = { type: 'topic', operation: 'describe' };
const TOPIC_CONFIGS: KafkaRight = { type: 'topic', operation: 'describe_configs' };
const GROUP_DESCRIBE: KafkaRight = { type: 'group', operation: 'describe' };
const CLUSTER_DESCRIBE: KafkaRight = { type: 'cluster', operation: 'describe' };
const CLUSTER_CONFIGS: KafkaRight = { type: 'cluster', operation: 'describe_configs' };
const CLUSTER_ALTER: KafkaRight = { type: 'cluster', operation: 'alter' };

/**
 * Permissions on what is inside a Kafka cluster are Kafka's own operations, so that REST and the
 * Kafka protocol allow the same. Any one of the rights is enough, as for Kafka.
 */
const RIGHTS: ReadonlyMap<Permission, readonly KafkaRight[]> = new Map<
  Permission,
  readonly KafkaRight[]
>([
  ['topic:list', [TOPIC_DESCRIBE]],
  ['topic:read', [TOPIC_DESCRIBE]],
  [
    'topic:create',
    [
      { type: 'topic', operation: 'create' },
      { type: 'cluster', operation: 'create' },
    ],
  ],
  ['topic:update', [{ type: 'topic', operation: 'alter' }]],
  ['topic:delete', [{ type: 'topic', operation: 'delete' }]],
  ['topic-config:list', [TOPIC_CONFIGS]],
  ['topic-config:read', [TOPIC_CONFIGS]],
  ['topic-config:update', [{ type: 'topic', operation: 'alter_configs' }]],
  ['record:create', [{ type: 'topic', operation: 'write' }]],
  ['consumer-group:list', [GROUP_DESCRIBE]],
  ['consumer-group:read', [GROUP_DESCRIBE]],
  ['consumer-group:update', [{ type: 'group', operation: 'read' }]],
  ['consumer-group:delete', [{ type: 'group', operation: 'delete' }]],
  ['acl:list', [CLUSTER_DESCRIBE]],
  ['acl:create', [CLUSTER_ALTER]],
  ['acl:delete', [CLUSTER_ALTER]],
  ['cluster-config:list', [CLUSTER_CONFIGS]],
  ['cluster-config:read', [CLUSTER_CONFIGS]],
  ['cluster-config:update', [{ type: 'cluster', operation: 'alter_configs' }]],
  ['broker:list', [CLUSTER_DESCRIBE]],
  ['broker:read', [CLUSTER_DESCRIBE]],
]);

/** The rights that give a permission inside a cluster; undefined for permissions outside. */
export function findKafkaRights(permission: Permission): readonly KafkaRight[] | undefined {
  return RIGHTS.get(permission);
}

/** Whether the operations hold one, by name or by `all`. */
export function hasOperation(
  operations: readonly AclOperation[] | undefined,
  operation: AclOperation,
): boolean {
  return operations !== undefined && (operations.includes('all') || operations.includes(operation));
}

const RESOURCE_TYPES: ReadonlyMap<Scope, AclResourceType> = new Map<Scope, AclResourceType>([
  ['kafka', 'cluster'],
  ['topic', 'topic'],
  ['group', 'group'],
  ['transactional-id', 'transactional_id'],
]);

/** The kind of Kafka resource a scope names; undefined = a place that may hold every kind. */
export function findResourceType(scope: Scope): AclResourceType | undefined {
  return RESOURCE_TYPES.get(scope);
}
