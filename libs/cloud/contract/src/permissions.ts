/**
 * What can be done to what: every permission of the platform, by resource. Roles are made of these,
 * routes name the one they need.
 */
export const PERMISSIONS = {
  organization: ['list', 'read', 'update'],
  environment: ['list', 'create', 'read', 'update', 'delete'],
  cluster: ['list', 'create', 'read', 'update', 'delete'],
  operation: ['list', 'read'],
  'service-account': ['list', 'create', 'read', 'update', 'delete'],
  user: ['list', 'read', 'update', 'delete'],
  password: ['reset'],
  invitation: ['list', 'create', 'read', 'delete'],
  'api-key': ['list', 'create', 'read', 'update', 'delete'],
  'role-binding': ['list', 'create', 'read', 'delete'],
  'identity-provider': ['list', 'create', 'read', 'update', 'delete'],
  'identity-pool': ['list', 'create', 'read', 'update', 'delete'],
  'client-quota': ['list', 'create', 'read', 'update', 'delete'],
  'service-quota': ['list', 'read'],
  region: ['list'],
  metric: ['list', 'read'],
  cost: ['list'],
  'audit-log': ['read', 'update'],
  plan: ['create', 'read', 'apply'],
  'cluster-config': ['list', 'read', 'update'],
  broker: ['list', 'read'],
  topic: ['list', 'create', 'read', 'update', 'delete'],
  'topic-config': ['list', 'read', 'update'],
  record: ['create'],
  'consumer-group': ['list', 'read', 'update', 'delete'],
  acl: ['list', 'create', 'delete'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** A kind of thing that permissions are about. */
export type PermissionResource = keyof typeof PERMISSIONS;

/** What a caller must be allowed to do: `<resource>:<verb>`. */
export type Permission = {
  [Resource in PermissionResource]: `${Resource}:${(typeof PERMISSIONS)[Resource][number]}`;
}[PermissionResource];
