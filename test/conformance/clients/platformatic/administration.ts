import {
  AclOperations,
  AclPermissionTypes,
  ConfigResourceTypes,
  IncrementalAlterConfigOperationTypes,
  ResourcePatternTypes,
  ResourceTypes,
} from '@platformatic/kafka';
import type { Acl } from '../../matrix/operations.ts';
import { NOTHING, type Handlers } from '../driver-loop.ts';
import { withAdmin } from './client.ts';

const TYPES = { topic: ResourceTypes.TOPIC, group: ResourceTypes.GROUP } as const;
const PATTERNS = {
  literal: ResourcePatternTypes.LITERAL,
  prefixed: ResourcePatternTypes.PREFIXED,
} as const;
const OPERATIONS = {
  read: AclOperations.READ,
  write: AclOperations.WRITE,
  describe: AclOperations.DESCRIBE,
} as const;
const PERMISSIONS = { allow: AclPermissionTypes.ALLOW, deny: AclPermissionTypes.DENY } as const;

const entry = (acl: Acl) => ({
  resourceType: TYPES[acl.resource],
  resourceName: acl.name,
  resourcePatternType: PATTERNS[acl.pattern],
  principal: acl.principal,
  host: '*',
  operation: OPERATIONS[acl.operation],
  permissionType: PERMISSIONS[acl.permission],
});

/** The name that stands for a number in one of the tables above. */
function nameOf<Name extends string>(table: Readonly<Record<Name, number>>, value: number): Name {
  const found = (Object.keys(table) as Name[]).find((name) => table[name] === value);
  if (found === undefined) throw new Error(`no name for ${value}`);
  return found;
}

export const adminHandlers: Handlers = {
  cluster: (_, on) =>
    withAdmin(on, async (admin) => {
      const { id, brokers } = await admin.metadata({ topics: [], forceUpdate: true });
      return { id, brokers: [...brokers.keys()] };
    }),
  'topic-configs': (ask, on) =>
    withAdmin(on, async (admin) => {
      const [found] = await admin.describeConfigs({
        resources: [{ resourceType: ConfigResourceTypes.TOPIC, resourceName: ask.topic }] as never,
      });
      const configs = (found?.configs ?? []).map(({ name, value }) => [name, value ?? '']);
      return { configs: Object.fromEntries(configs) as Record<string, string> };
    }),
  'set-topic-config': (ask, on) =>
    withAdmin(on, async (admin) => {
      const configOperation = IncrementalAlterConfigOperationTypes.SET;
      const configs = [{ name: ask.name, value: ask.value, configOperation }];
      const resourceType = ConfigResourceTypes.TOPIC;
      await admin.incrementalAlterConfigs({
        resources: [{ resourceType, resourceName: ask.topic, configs }],
      });
      return NOTHING;
    }),
  'delete-records': (ask, on) =>
    withAdmin(on, async (admin) => {
      const partitions = [{ partition: ask.partition, offset: BigInt(ask.before) }];
      await admin.deleteRecords({ topics: [{ name: ask.topic, partitions }] });
      return NOTHING;
    }),
  'acl-create': (ask, on) =>
    withAdmin(on, async (admin) => {
      await admin.createAcls({ creations: [entry(ask)] });
      return NOTHING;
    }),
  acls: (ask, on) =>
    withAdmin(on, async (admin) => {
      const resources = await admin.describeAcls({
        filter: {
          resourceType: ResourceTypes.ANY,
          resourceName: ask.name,
          resourcePatternType: ResourcePatternTypes.ANY,
          principal: null,
          host: null,
          operation: AclOperations.ANY,
          permissionType: AclPermissionTypes.ANY,
        },
      });
      return {
        acls: resources.flatMap((resource) =>
          resource.acls.map((acl): Acl => ({
            principal: acl.principal,
            resource: nameOf(TYPES, resource.resourceType),
            name: resource.resourceName,
            pattern: nameOf(PATTERNS, resource.resourcePatternType),
            operation: nameOf(OPERATIONS, acl.operation),
            permission: nameOf(PERMISSIONS, acl.permissionType),
          })),
        ),
      };
    }),
  'acl-delete': (ask, on) =>
    withAdmin(on, async (admin) => {
      await admin.deleteAcls({ filters: [entry(ask)] });
      return NOTHING;
    }),
  'quota-set': (ask, on) =>
    withAdmin(on, async (admin) => {
      await admin.alterClientQuotas({
        entries: [
          {
            entities: [{ entityType: 'user', entityName: ask.user }],
            ops: [{ key: ask.key as 'producer_byte_rate', value: ask.value, remove: false }],
          },
        ],
      });
      return NOTHING;
    }),
  quotas: (ask, on) =>
    withAdmin(on, async (admin) => {
      const [found] = await admin.describeClientQuotas({
        components: [{ entityType: 'user', matchType: 0, match: ask.user }],
      });
      return {
        quotas: Object.fromEntries((found?.values ?? []).map(({ key, value }) => [key, value])),
      };
    }),
};
