/** What the writer may write in a second, in bytes. */
export const WRITER_BYTE_RATE = 20_000;

/** The configuration of the walk: one cluster, two accounts, and every way to be allowed or refused. */
export const WALK_FILE = `
name: walk
environments:
  shop:
    clusters:
      main:
        kind: Basic
        cloud: AWS
        region: local
        topics:
          orders: { partitions: 2, config: { retention.ms: 3600000 } }
          orders-audit: { partitions: 1 }
          secret: { partitions: 1 }
          made-before: { partitions: 1 }
        acls:
          - { principal: writer, operation: WRITE, resource_type: TOPIC, resource_name: orders }
          - { principal: reader, permission: DENY, operation: READ, resource_type: TOPIC, resource_name: orders-audit }
        quotas:
          limited: { principals: [writer], ingress_byte_rate: ${WRITER_BYTE_RATE}, egress_byte_rate: 1000000 }
service_accounts:
  writer: { keys: { main: { for: shop/main } } }
  reader: { keys: { main: { for: shop/main } } }
role_bindings:
  - { principal: writer, role: DeveloperManage, on: shop/main, topic: made-* }
  - { principal: reader, role: DeveloperRead, on: shop/main, group: reading-* }
  - { principal: reader, role: DeveloperRead, on: shop/main, topic: orders* }
`;

/** How many things the file declares. */
export const WALK_OBJECTS = 16;

/** The same without the quota. */
export const WITHOUT_QUOTA = WALK_FILE.replace(/ +quotas:\n.*\n/u, '');

/** The same without the last binding: the reader may read no topic. */
export const WITHOUT_BINDING = WALK_FILE.replace(/.*topic: orders\*.*\n/u, '');

/** What the audit log says of making it, in this order. */
export const APPLIED_DEEDS: readonly string[] = [
  'CreateEnvironment environment',
  'CreateServiceAccount service-account',
  'CreateServiceAccount service-account',
  'CreateKafkaCluster kafka',
  'BindRole role-binding',
  'BindRole role-binding',
  'BindRole role-binding',
  'kafka.CreateTopics topic',
  'kafka.CreateTopics topic',
  'kafka.CreateTopics topic',
  'kafka.CreateTopics topic',
  'kafka.CreateAcls kafka',
  'kafka.CreateAcls kafka',
  'CreateClientQuota client-quota',
  'CreateAPIKey api-key',
  'CreateAPIKey api-key',
];

/** And of deleting it; topics and ACLs go with their cluster. */
export const DESTROYED_DEEDS: readonly string[] = [
  'DeleteAPIKey api-key',
  'DeleteAPIKey api-key',
  'DeleteClientQuota client-quota',
  'UnbindRole role-binding',
  'UnbindRole role-binding',
  'UnbindRole role-binding',
  'DeleteKafkaCluster kafka',
  'DeleteServiceAccount service-account',
  'DeleteServiceAccount service-account',
  'DeleteEnvironment environment',
];
