import { PERMISSIONS, type Permission, type PermissionResource } from '@weirhouse/cloud-contract';
import type { Scope } from './crn-path.ts';
import { findKafkaRights, type KafkaRights } from './kafka-rights.ts';

/** What a role means. Permissions inside Kafka clusters follow from `kafka` alone. */
export interface Role {
  readonly name: string;
  /** What it may be bound to; bound to anything else it gives nothing. */
  readonly scopes: readonly Scope[];
  /** On what the binding names and everything below. */
  readonly within: readonly Permission[];
  /** On what holds the thing that the binding names. */
  readonly above: readonly Permission[];
  /** On what the organization has beside its environments. */
  readonly around: readonly Permission[];
  /** On Kafka resources: of the kind bound to, or of every kind below a whole cluster. */
  readonly kafka: KafkaRights;
}

function every(...resources: readonly PermissionResource[]): readonly Permission[] {
  return resources.flatMap((resource) =>
    PERMISSIONS[resource].map((verb) => `${resource}:${verb}` as Permission),
  );
}

const ALL_PERMISSIONS = every(...(Object.keys(PERMISSIONS) as PermissionResource[])).filter(
  (permission) => findKafkaRights(permission) === undefined,
);

/** Seeing the places: without it people could not find what they may use. */
const PLACES: readonly Permission[] = [
  'organization:list',
  'organization:read',
  'environment:list',
  'environment:read',
  'cluster:list',
  'cluster:read',
];
const REGIONS: readonly Permission[] = ['region:list'];
const METRICS = every('metric');
/** Choosing whom to give a role or a key. */
const PRINCIPALS: readonly Permission[] = [
  'user:list',
  'user:read',
  'service-account:list',
  'service-account:read',
  'identity-provider:list',
  'identity-provider:read',
  'identity-pool:list',
  'identity-pool:read',
];
const ADMIN_AROUND: readonly Permission[] = [
  ...PRINCIPALS,
  ...REGIONS,
  'invitation:list',
  'invitation:create',
  'invitation:read',
  'service-quota:list',
  'service-quota:read',
];
const INSIDE_ENVIRONMENT = every('operation', 'api-key', 'role-binding', 'client-quota', 'metric');

const EVERYTHING: KafkaRights = {
  topic: ['all'],
  group: ['all'],
  transactional_id: ['all'],
  cluster: ['all'],
};

const NOTHING: Omit<Role, 'name' | 'scopes'> = { within: [], above: [], around: [], kafka: {} };
/** What every role shows beside its own: the way to what it is bound to. */
const READER: typeof NOTHING = { ...NOTHING, within: PLACES, above: PLACES, around: REGIONS };

const RESOURCES: readonly Scope[] = ['topic', 'group', 'transactional-id'];
const PLACE_SCOPES: readonly Scope[] = ['organization', 'environment', 'cloud-cluster'];

/** Every role by its name in the contract. Those about what is not offered yet show places only. */
export const ROLES: readonly Role[] = [
  {
    ...NOTHING,
    name: 'OrganizationAdmin',
    scopes: ['organization'],
    within: ALL_PERMISSIONS,
    around: ALL_PERMISSIONS,
    kafka: EVERYTHING,
  },
  {
    name: 'EnvironmentAdmin',
    scopes: ['environment'],
    within: [
      ...PLACES,
      'environment:update',
      'environment:delete',
      'cluster:create',
      'cluster:update',
      'cluster:delete',
      ...INSIDE_ENVIRONMENT,
      ...every('plan'),
    ],
    above: PLACES,
    around: ADMIN_AROUND,
    kafka: EVERYTHING,
  },
  {
    name: 'CloudClusterAdmin',
    scopes: ['cloud-cluster'],
    within: [...PLACES, 'cluster:update', 'cluster:delete', ...INSIDE_ENVIRONMENT],
    above: PLACES,
    around: ADMIN_AROUND,
    kafka: EVERYTHING,
  },
  {
    ...READER,
    name: 'ResourceOwner',
    scopes: RESOURCES,
    within: [...PLACES, ...every('role-binding')],
    kafka: {
      topic: [
        'create',
        'delete',
        'read',
        'write',
        'describe',
        'alter',
        'describe_configs',
        'alter_configs',
      ],
      group: ['read', 'describe', 'delete'],
      transactional_id: ['write', 'describe'],
    },
  },
  {
    ...READER,
    name: 'DeveloperRead',
    scopes: RESOURCES,
    kafka: {
      topic: ['read', 'describe'],
      group: ['read', 'describe'],
      transactional_id: ['describe'],
    },
  },
  {
    ...READER,
    name: 'DeveloperWrite',
    scopes: ['kafka', 'topic', 'transactional-id'],
    kafka: {
      topic: ['write', 'describe'],
      transactional_id: ['write', 'describe'],
      cluster: ['idempotent_write'],
    },
  },
  {
    ...READER,
    name: 'DeveloperManage',
    scopes: ['kafka', ...RESOURCES],
    kafka: {
      topic: ['create', 'delete', 'describe', 'alter', 'describe_configs', 'alter_configs'],
      group: ['describe', 'delete'],
      transactional_id: ['describe'],
      // Not alter: it opens the cluster's ACLs, and so everything.
      cluster: ['create', 'describe', 'describe_configs'],
    },
  },
  {
    ...READER,
    name: 'Operator',
    scopes: PLACE_SCOPES,
    within: [
      ...PLACES,
      ...METRICS,
      ...every('operation'),
      'client-quota:list',
      'client-quota:read',
    ],
    kafka: {
      topic: ['describe', 'describe_configs'],
      group: ['describe'],
      transactional_id: ['describe'],
      cluster: ['describe', 'describe_configs'],
    },
  },
  { ...NOTHING, name: 'MetricsViewer', scopes: PLACE_SCOPES, within: METRICS },
  {
    ...READER,
    name: 'AccountAdmin',
    scopes: ['organization'],
    within: [
      'organization:list',
      'organization:read',
      ...every('user', 'invitation', 'service-account', 'api-key'),
      // Not to change pools: a filter decides who has the pool's roles.
      'identity-provider:list',
      'identity-provider:read',
      'identity-pool:list',
      'identity-pool:read',
      'role-binding:list',
      'role-binding:read',
    ],
  },
  {
    ...READER,
    name: 'BillingAdmin',
    scopes: ['organization'],
    within: ['organization:list', 'organization:read', ...every('cost')],
  },
  {
    ...READER,
    name: 'ResourceKeyAdmin',
    scopes: PLACE_SCOPES,
    within: [...PLACES, ...every('api-key')],
    around: [...REGIONS, ...PRINCIPALS],
  },
  { ...READER, name: 'NetworkAdmin', scopes: ['organization', 'environment'] },
  { ...READER, name: 'DataDiscovery', scopes: ['organization', 'environment'] },
  { ...READER, name: 'DataSteward', scopes: ['organization', 'environment'] },
  { ...READER, name: 'FlinkAdmin', scopes: ['organization', 'environment'] },
  { ...READER, name: 'FlinkDeveloper', scopes: ['organization', 'environment'] },
  { ...NOTHING, name: 'Assigner', scopes: ['organization', 'service-account', 'identity-pool'] },
  { ...READER, name: 'KsqlAdmin', scopes: ['environment', 'cloud-cluster'] },
  { ...READER, name: 'ConnectManager', scopes: ['environment', 'cloud-cluster'] },
];

const BY_NAME: ReadonlyMap<string, Role> = new Map(ROLES.map((role) => [role.name, role]));

/** The role of a name, or undefined: names are compared exactly. */
export function findRole(name: string): Role | undefined {
  return BY_NAME.get(name);
}
