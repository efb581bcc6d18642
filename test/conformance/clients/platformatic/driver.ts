import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import {
  AclOperations,
  AclPermissionTypes,
  Admin,
  ConfigResourceTypes,
  Consumer,
  FetchIsolationLevels,
  IncrementalAlterConfigOperationTypes,
  Producer,
  ResourcePatternTypes,
  ResourceTypes,
  stringDeserializers,
  stringSerializers,
  type Message,
  type MessagesStream,
} from '@platformatic/kafka';
import type { Acl, Connection, GroupStart, Incoming, Outgoing } from '../../matrix/operations.ts';
import { NOTHING, serve, untilQuiet, type Handlers } from '../driver-loop.ts';

type TextConsumer = Consumer<string, string, string, string>;
type TextProducer = Producer<string, string, string, string>;

interface Member {
  readonly consumer: TextConsumer;
  readonly stream: MessagesStream<string, string, string, string>;
  readonly values: string[];
  readonly revoked: string[];
  held: string[];
  error?: string;
}
type Transaction = Awaited<ReturnType<TextProducer['beginTransaction']>>;
interface Transactional {
  readonly producer: TextProducer;
  current?: Transaction;
  /** Members whose offsets the current transaction commits. */
  readonly consumers: TextConsumer[];
}
const members = new Map<string, Member>();
const transactional = new Map<string, Transactional>();
let reads = 0;

/** Heartbeats often enough that a rebalance is noticed within a scenario. */
const HEARTBEAT_MS = 300;
/** A member lives through a restart of the broker. */
const MEMBER_RETRIES = 40;
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

function base(on: Connection) {
  const { mechanism, username, password, token } = on;
  const read = (file: string | undefined): Buffer | undefined =>
    file === undefined ? undefined : readFileSync(file);
  return {
    clientId: 'conformance',
    bootstrapBrokers: [on.bootstrap],
    retries: 4,
    retryDelay: 150,
    ...(mechanism !== undefined && {
      sasl: {
        mechanism,
        ...(username !== undefined && { username }),
        ...(password !== undefined && { password }),
        ...(token !== undefined && { token }),
      },
    }),
    ...(on.protocol.endsWith('SSL') && {
      tls: { ca: read(on.caFile), cert: read(on.certificateFile), key: read(on.keyFile) },
    }),
  };
}

async function withAdmin<T>(on: Connection, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin({ ...base(on), retries: 2 });
  try {
    return await use(admin);
  } finally {
    await admin.close();
  }
}

async function withConsumer<T>(
  on: Connection,
  groupId: string,
  use: (consumer: TextConsumer) => Promise<T>,
): Promise<T> {
  const consumer: TextConsumer = new Consumer({
    ...base(on),
    groupId,
    deserializers: stringDeserializers,
    maxWaitTime: 100,
  });
  try {
    return await use(consumer);
  } finally {
    await consumer.close(true);
  }
}

/** The client's types know no null values; a missing value is written as null. */
function outgoing(topic: string, record: Outgoing) {
  const { key, value, headers = [], timestamp, partition } = record;
  return {
    topic,
    ...(key != null && { key }),
    ...(value !== null && { value }),
    headers: Object.fromEntries(headers),
    ...(timestamp !== undefined && { timestamp: BigInt(timestamp) }),
    ...(partition !== undefined && { partition }),
  };
}

const incoming = (message: Message<string, string, string, string>): Incoming => ({
  partition: message.partition,
  offset: Number(message.offset),
  key: message.key ?? null,
  value: message.value ?? null,
  headers: message.headerEntries,
  timestamp: Number(message.timestamp),
});

const topicHandlers: Handlers = {
  'create-topic': (ask, on) =>
    withAdmin(on, async (admin) => {
      const configs = Object.entries(ask.configs ?? {}).map(([name, value]) => ({ name, value }));
      await admin.createTopics({ topics: [ask.topic], partitions: ask.partitions, configs });
      return NOTHING;
    }),
  'grow-topic': (ask, on) =>
    withAdmin(on, async (admin) => {
      // Its types know no absent assignments, which Kafka needs for placing partitions by itself.
      const topics = [{ name: ask.topic, count: ask.partitions, assignments: null as never }];
      await admin.createPartitions({ topics });
      return NOTHING;
    }),
  'delete-topic': (ask, on) =>
    withAdmin(on, async (admin) => {
      await admin.deleteTopics({ topics: [ask.topic] });
      return NOTHING;
    }),
  'describe-topic': (ask, on) =>
    withAdmin(on, async (admin) => {
      const { topics } = await admin.metadata({ topics: [ask.topic], forceUpdate: true });
      return { partitions: topics.get(ask.topic)?.partitionsCount ?? 0 };
    }),
  'list-topics': (_, on) => withAdmin(on, async (admin) => ({ topics: await admin.listTopics() })),
};

const newProducer = (on: Connection, transactionalId?: string): TextProducer =>
  new Producer({
    ...base(on),
    serializers: stringSerializers,
    ...(transactionalId !== undefined && { transactionalId, idempotent: true }),
  });

const recordHandlers: Handlers = {
  produce: async (ask, on) => {
    const producer = newProducer(on);
    try {
      await producer.send({
        acks: -1,
        idempotent: ask.idempotent === true,
        compression: ask.codec ?? 'none',
        messages: ask.records.map((record) => outgoing(ask.topic, record)) as never,
      });
      return NOTHING;
    } finally {
      await producer.close();
    }
  },
  read: (ask, on) =>
    withConsumer(on, `platformatic-read-${process.pid}-${++reads}`, async (consumer) => {
      const stream = await consumer.consume({
        topics: [ask.topic],
        mode: 'earliest',
        autocommit: false,
        isolationLevel:
          ask.committed === true
            ? FetchIsolationLevels.READ_COMMITTED
            : FetchIsolationLevels.READ_UNCOMMITTED,
      });
      const records: Incoming[] = [];
      stream.on('data', (message) => records.push(incoming(message)));
      stream.on('error', () => undefined);
      await untilQuiet(() => records.length, ask.count);
      return { records };
    }),
};

function newMember(on: Connection, ask: GroupStart): TextConsumer {
  const kind =
    ask.protocol === 'consumer'
      ? { groupProtocol: 'consumer' as const }
      : {
          sessionTimeout: ask.sessionTimeoutMs,
          rebalanceTimeout: Math.max(10_000, ask.sessionTimeoutMs),
          heartbeatInterval: HEARTBEAT_MS,
          ...(ask.assignor === 'cooperative-sticky' && {
            protocols: [{ name: ask.assignor, version: 2 }],
          }),
        };
  return new Consumer({
    ...base(on),
    retries: MEMBER_RETRIES,
    groupId: ask.group,
    deserializers: stringDeserializers,
    maxWaitTime: 100,
    ...kind,
    ...(ask.instanceId !== undefined && { groupInstanceId: ask.instanceId }),
  });
}

const heldBy = (consumer: TextConsumer): string[] =>
  (consumer.assignments ?? [])
    .flatMap(({ topic, partitions }) => partitions.map((partition) => `${topic}-${partition}`))
    .toSorted();

const groupHandlers: Handlers = {
  'member-start': async (ask, on) => {
    const consumer = newMember(on, ask);
    const stream = await consumer.consume({
      topics: [...ask.topics],
      mode: 'committed',
      fallbackMode: 'earliest',
      autocommit: 200,
    });
    const member: Member = { consumer, stream, values: [], revoked: [], held: heldBy(consumer) };
    members.set(ask.member, member);
    consumer.on('consumer:group:join', () => {
      const now = heldBy(consumer);
      member.revoked.push(...member.held.filter((each) => !now.includes(each)));
      member.held = now;
    });
    stream.on('data', (message) => member.values.push(message.value));
    stream.on('error', (error) => {
      member.error = String(error);
    });
    return NOTHING;
  },
  'member-state': (ask) => {
    const member = members.get(ask.member);
    if (member === undefined) throw new Error('no such member');
    const { values, revoked, error } = member;
    const assigned = heldBy(member.consumer);
    return Promise.resolve({ assigned, values, revoked, ...(error !== undefined && { error }) });
  },
  'member-stop': async (ask) => {
    const member = members.get(ask.member);
    await member?.stream.close();
    await member?.consumer.close(true);
    return NOTHING;
  },
  commit: (ask, on) =>
    withAdmin(on, async (admin) => {
      const partitionOffsets = Object.entries(ask.offsets).map(([partition, offset]) => ({
        partition: Number(partition),
        offset: BigInt(offset),
      }));
      const topics = [{ name: ask.topic, partitionOffsets }];
      await admin.alterConsumerGroupOffsets({ groupId: ask.group, topics });
      return NOTHING;
    }),
  committed: (ask, on) =>
    withAdmin(on, async (admin) => {
      const [found] = await admin.listConsumerGroupOffsets({ groups: [ask.group] });
      const topic = found?.topics.find(({ name }) => name === ask.topic);
      const known = (topic?.partitions ?? []).filter(
        ({ committedOffset }) => committedOffset >= 0n,
      );
      return {
        offsets: Object.fromEntries(
          known.map((each) => [each.partitionIndex, Number(each.committedOffset)]),
        ),
      };
    }),
  'offsets-at': (ask, on) =>
    withAdmin(on, async (admin) => {
      const partitions = [{ partitionIndex: 0, timestamp: BigInt(ask.timestamp) }];
      const [found] = await admin.listOffsets({ topics: [{ name: ask.topic, partitions }] });
      return {
        offsets: Object.fromEntries(
          (found?.partitions ?? []).map((each) => [each.partitionIndex, Number(each.offset)]),
        ),
      };
    }),
  groups: (_, on) =>
    withAdmin(on, async (admin) => ({ groups: [...(await admin.listGroups()).keys()] })),
  'describe-group': (ask, on) =>
    withAdmin(on, async (admin) => {
      const group = (await admin.describeGroups({ groups: [ask.group] })).get(ask.group);
      return { state: group?.state ?? '', members: group?.members.size ?? 0 };
    }),
  'delete-group': (ask, on) =>
    withAdmin(on, async (admin) => {
      await admin.deleteGroups({ groups: [ask.group] });
      return NOTHING;
    }),
};

const owner = (producer: string): Transactional => {
  const found = transactional.get(producer);
  if (found === undefined) throw new Error('no such producer');
  return found;
};

const transactionOf = (producer: string) => {
  const { current } = owner(producer);
  if (current === undefined) throw new Error('no transaction');
  return current;
};

async function closeConsumers(producer: string): Promise<typeof NOTHING> {
  for (const consumer of owner(producer).consumers.splice(0)) await consumer.close(true);
  return NOTHING;
}

const transactionHandlers: Handlers = {
  'txn-open': (ask, on) => {
    const producer = newProducer(on, ask.transactionalId);
    transactional.set(ask.producer, { producer, consumers: [] });
    return Promise.resolve(NOTHING);
  },
  'txn-begin': async (ask) => {
    const producer = owner(ask.producer);
    producer.current = await producer.producer.beginTransaction();
    return NOTHING;
  },
  'txn-send': async (ask) => {
    const messages = ask.records.map((record) => outgoing(ask.topic, record));
    await transactionOf(ask.producer).send({ messages });
    return NOTHING;
  },
  'txn-offsets': async (ask, on) => {
    // The client commits offsets of messages that a member of the group has read.
    const consumer: TextConsumer = new Consumer({
      ...base(on),
      groupId: ask.group,
      deserializers: stringDeserializers,
      maxWaitTime: 100,
    });
    owner(ask.producer).consumers.push(consumer);
    const stream = await consumer.consume({
      topics: [ask.topic],
      mode: 'earliest',
      autocommit: false,
    });
    const read: Message<string, string, string, string>[] = [];
    stream.on('data', (message) => read.push(message));
    const [last = 0] = Object.values(ask.offsets);
    await untilQuiet(() => read.length, last);
    const message = read.find(({ offset }) => Number(offset) === last - 1);
    if (message === undefined) throw new Error(`no message at ${last - 1}`);
    await transactionOf(ask.producer).addConsumer(consumer);
    await transactionOf(ask.producer).addOffset(message);
    return NOTHING;
  },
  'txn-commit': async (ask) => {
    await transactionOf(ask.producer).commit();
    return closeConsumers(ask.producer);
  },
  'txn-abort': async (ask) => {
    await transactionOf(ask.producer).abort();
    return closeConsumers(ask.producer);
  },
  'txn-close': async (ask) => {
    await owner(ask.producer).producer.close();
    return NOTHING;
  },
};

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

const adminHandlers: Handlers = {
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

const entryPoint = createRequire(import.meta.url).resolve('@platformatic/kafka');
const { version } = JSON.parse(
  readFileSync(`${entryPoint.slice(0, entryPoint.indexOf('/dist/'))}/package.json`, 'utf8'),
) as { version: string };
serve(version, {
  ...topicHandlers,
  ...recordHandlers,
  ...groupHandlers,
  ...transactionHandlers,
  ...adminHandlers,
});
