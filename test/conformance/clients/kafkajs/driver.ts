import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import kafkajs, {
  type Admin,
  type Consumer,
  type IHeaders,
  type KafkaMessage,
  type Producer,
  type SASLOptions,
  type Transaction,
} from 'kafkajs';
import type { Acl, Connection, Incoming, Mechanism, Outgoing } from '../../matrix/operations.ts';
import { NOTHING, serve, untilQuiet, type Handlers } from '../driver-loop.ts';

const {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  CompressionTypes,
  ConfigResourceTypes,
  Kafka,
  logLevel,
  ResourcePatternTypes,
} = kafkajs;

interface Member {
  readonly consumer: Consumer;
  readonly values: string[];
  assigned: string[];
  readonly revoked: string[];
  error?: string;
}
interface Transactional {
  readonly producer: Producer;
  current?: Transaction;
}
const members = new Map<string, Member>();
const transactional = new Map<string, Transactional>();
let groups = 0;

function kafka(on: Connection): InstanceType<typeof Kafka> {
  const sasl = login(on);
  return new Kafka({
    clientId: 'conformance',
    brokers: [on.bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { retries: 8, initialRetryTime: 100 },
    ...(sasl !== undefined && { sasl }),
    ...(on.protocol.endsWith('SSL') && {
      ssl: {
        ...(on.caFile !== undefined && { ca: [readFileSync(on.caFile)] }),
        ...(on.certificateFile !== undefined && { cert: readFileSync(on.certificateFile) }),
        ...(on.keyFile !== undefined && { key: readFileSync(on.keyFile) }),
      },
    }),
  });
}

function login(on: Connection): SASLOptions | undefined {
  const { username = '', password = '', token = '' } = on;
  const oauthBearerProvider = () => Promise.resolve({ value: token });
  const known: Readonly<Record<Mechanism, SASLOptions>> = {
    PLAIN: { mechanism: 'plain', username, password },
    'SCRAM-SHA-256': { mechanism: 'scram-sha-256', username, password },
    'SCRAM-SHA-512': { mechanism: 'scram-sha-512', username, password },
    OAUTHBEARER: { mechanism: 'oauthbearer', oauthBearerProvider },
  };
  return on.mechanism === undefined ? undefined : known[on.mechanism];
}

async function withAdmin<T>(on: Connection, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka(on).admin({ retry: { retries: 2 } });
  try {
    await admin.connect();
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

const outgoing = ({ key = null, value, headers = [], timestamp, partition }: Outgoing) => ({
  key,
  value,
  headers: Object.fromEntries(headers),
  ...(timestamp !== undefined && { timestamp: String(timestamp) }),
  ...(partition !== undefined && { partition }),
});

const incoming = (partition: number, message: KafkaMessage): Incoming => ({
  partition,
  offset: Number(message.offset),
  key: message.key?.toString() ?? null,
  value: message.value?.toString() ?? null,
  headers: headersOf(message.headers ?? {}),
  timestamp: Number(message.timestamp),
});

function headersOf(headers: IHeaders): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) =>
    [value ?? ''].flat().map((each): [string, string] => [name, each.toString()]),
  );
}

const ACL_OPERATIONS = ['read', 'write', 'describe'] as const;
const operationType = (operation: Acl['operation']) =>
  ({
    read: AclOperationTypes.READ,
    write: AclOperationTypes.WRITE,
    describe: AclOperationTypes.DESCRIBE,
  })[operation];

const aclEntry = (acl: Acl) => ({
  resourceType: acl.resource === 'topic' ? AclResourceTypes.TOPIC : AclResourceTypes.GROUP,
  resourceName: acl.name,
  resourcePatternType:
    acl.pattern === 'literal' ? ResourcePatternTypes.LITERAL : ResourcePatternTypes.PREFIXED,
  principal: acl.principal,
  host: '*',
  operation: operationType(acl.operation),
  permissionType: acl.permission === 'allow' ? AclPermissionTypes.ALLOW : AclPermissionTypes.DENY,
});

const transactionOf = (producer: string): Transaction => {
  const current = transactional.get(producer)?.current;
  if (current === undefined) throw new Error('no transaction');
  return current;
};

const topicHandlers: Handlers = {
  'create-topic': (ask, on) =>
    withAdmin(on, async (admin) => {
      const configEntries = Object.entries(ask.configs ?? {}).map(([name, value]) => ({
        name,
        value,
      }));
      const made = await admin.createTopics({
        topics: [{ topic: ask.topic, numPartitions: ask.partitions, configEntries }],
      });
      if (!made) throw new Error('the topic exists');
      return NOTHING;
    }),
  'grow-topic': (ask, on) =>
    withAdmin(on, async (admin) => {
      await admin.createPartitions({
        topicPartitions: [{ topic: ask.topic, count: ask.partitions }],
      });
      return NOTHING;
    }),
  'delete-topic': (ask, on) =>
    withAdmin(on, async (admin) => {
      await admin.deleteTopics({ topics: [ask.topic] });
      return NOTHING;
    }),
  'describe-topic': (ask, on) =>
    withAdmin(on, async (admin) => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [ask.topic] });
      return { partitions: topics[0]?.partitions.length ?? 0 };
    }),
  'list-topics': (_, on) => withAdmin(on, async (admin) => ({ topics: await admin.listTopics() })),
};

const recordHandlers: Handlers = {
  produce: async (ask, on) => {
    const producer = kafka(on).producer({
      idempotent: ask.idempotent === true,
      ...(ask.idempotent === true && { maxInFlightRequests: 1 }),
    });
    await producer.connect();
    try {
      await producer.send({
        topic: ask.topic,
        acks: -1,
        compression: ask.codec === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None,
        messages: ask.records.map(outgoing),
      });
      return NOTHING;
    } finally {
      await producer.disconnect();
    }
  },
  read: async (ask, on) => {
    const consumer = kafka(on).consumer({
      groupId: `kafkajs-read-${process.pid}-${++groups}`,
      readUncommitted: ask.committed !== true,
      maxWaitTimeInMs: 100,
    });
    const records: Incoming[] = [];
    await consumer.connect();
    try {
      await consumer.subscribe({ topic: ask.topic, fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachMessage: ({ partition, message }) => {
          records.push(incoming(partition, message));
          return Promise.resolve();
        },
      });
      await untilQuiet(() => records.length, ask.count);
    } finally {
      await consumer.disconnect();
    }
    return { records };
  },
};

const groupHandlers: Handlers = {
  'member-start': async (ask, on) => {
    const consumer = kafka(on).consumer({
      groupId: ask.group,
      sessionTimeout: ask.sessionTimeoutMs,
      rebalanceTimeout: 10_000,
      heartbeatInterval: 300,
      maxWaitTimeInMs: 100,
      retry: { restartOnFailure: () => Promise.resolve(true) },
    });
    const member: Member = { consumer, values: [], assigned: [], revoked: [] };
    members.set(ask.member, member);
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      const next = Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
        partitions.map((partition) => `${topic}-${partition}`),
      );
      member.revoked.push(...member.assigned.filter((each) => !next.includes(each)));
      member.assigned = next.toSorted();
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [...ask.topics], fromBeginning: true });
    await consumer.run({
      autoCommitInterval: 200,
      eachMessage: ({ message }) => {
        member.values.push(String(message.value));
        return Promise.resolve();
      },
    });
    return NOTHING;
  },
  'member-state': (ask) => {
    const member = members.get(ask.member);
    if (member === undefined) throw new Error('no such member');
    const { assigned, values, revoked } = member;
    return Promise.resolve({ assigned, values, revoked });
  },
  'member-stop': async (ask) => {
    await members.get(ask.member)?.consumer.disconnect();
    return NOTHING;
  },
  commit: (ask, on) =>
    withAdmin(on, async (admin) => {
      const partitions = Object.entries(ask.offsets).map(([partition, offset]) => ({
        partition: Number(partition),
        offset: String(offset),
      }));
      await admin.setOffsets({ groupId: ask.group, topic: ask.topic, partitions });
      return NOTHING;
    }),
  committed: (ask, on) =>
    withAdmin(on, async (admin) => {
      const [found] = await admin.fetchOffsets({ groupId: ask.group, topics: [ask.topic] });
      const known = (found?.partitions ?? []).filter(({ offset }) => offset !== '-1');
      return {
        offsets: Object.fromEntries(
          known.map(({ partition, offset }) => [partition, Number(offset)]),
        ),
      };
    }),
  'offsets-at': (ask, on) =>
    withAdmin(on, async (admin) => {
      const found = await admin.fetchTopicOffsetsByTimestamp(ask.topic, ask.timestamp);
      return {
        offsets: Object.fromEntries(
          found.map(({ partition, offset }) => [partition, Number(offset)]),
        ),
      };
    }),
  groups: (_, on) =>
    withAdmin(on, async (admin) => ({
      groups: (await admin.listGroups()).groups.map(({ groupId }) => groupId),
    })),
  'describe-group': (ask, on) =>
    withAdmin(on, async (admin) => {
      const [group] = (await admin.describeGroups([ask.group])).groups;
      return { state: group?.state ?? '', members: group?.members.length ?? 0 };
    }),
  'delete-group': (ask, on) =>
    withAdmin(on, async (admin) => {
      await admin.deleteGroups([ask.group]);
      return NOTHING;
    }),
};

const transactionHandlers: Handlers = {
  'txn-open': async (ask, on) => {
    const producer = kafka(on).producer({
      transactionalId: ask.transactionalId,
      idempotent: true,
      maxInFlightRequests: 1,
      retry: { retries: 5, initialRetryTime: 50 },
    });
    await producer.connect();
    transactional.set(ask.producer, { producer });
    return NOTHING;
  },
  'txn-begin': async (ask) => {
    const owner = transactional.get(ask.producer);
    if (owner === undefined) throw new Error('no such producer');
    owner.current = await owner.producer.transaction();
    return NOTHING;
  },
  'txn-send': async (ask) => {
    await transactionOf(ask.producer).send({
      topic: ask.topic,
      messages: ask.records.map(outgoing),
    });
    return NOTHING;
  },
  'txn-offsets': async (ask) => {
    const partitions = Object.entries(ask.offsets).map(([partition, offset]) => ({
      partition: Number(partition),
      offset: String(offset),
    }));
    await transactionOf(ask.producer).sendOffsets({
      consumerGroupId: ask.group,
      topics: [{ topic: ask.topic, partitions }],
    });
    return NOTHING;
  },
  'txn-commit': async (ask) => {
    await transactionOf(ask.producer).commit();
    return NOTHING;
  },
  'txn-abort': async (ask) => {
    await transactionOf(ask.producer).abort();
    return NOTHING;
  },
  'txn-close': async (ask) => {
    await transactional.get(ask.producer)?.producer.disconnect();
    return NOTHING;
  },
};

const adminHandlers: Handlers = {
  cluster: (_, on) =>
    withAdmin(on, async (admin) => {
      const { clusterId, brokers } = await admin.describeCluster();
      return { id: clusterId, brokers: brokers.map(({ nodeId }) => nodeId) };
    }),
  'topic-configs': (ask, on) =>
    withAdmin(on, async (admin) => {
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: ConfigResourceTypes.TOPIC, name: ask.topic }],
      });
      const entries = resources[0]?.configEntries ?? [];
      return {
        configs: Object.fromEntries(entries.map((each) => [each.configName, each.configValue])),
      };
    }),
  'set-topic-config': (ask, on) =>
    withAdmin(on, async (admin) => {
      const configEntries = [{ name: ask.name, value: ask.value }];
      await admin.alterConfigs({
        validateOnly: false,
        resources: [{ type: ConfigResourceTypes.TOPIC, name: ask.topic, configEntries }],
      });
      return NOTHING;
    }),
  'delete-records': (ask, on) =>
    withAdmin(on, async (admin) => {
      const partitions = [{ partition: ask.partition, offset: String(ask.before) }];
      // It deletes only in topics that this admin object has already met.
      await admin.fetchTopicOffsets(ask.topic);
      await admin.deleteTopicRecords({ topic: ask.topic, partitions });
      return NOTHING;
    }),
  'acl-create': (ask, on) =>
    withAdmin(on, async (admin) => {
      await admin.createAcls({ acl: [aclEntry(ask)] });
      return NOTHING;
    }),
  acls: (ask, on) =>
    withAdmin(on, async (admin) => {
      const { resources } = await admin.describeAcls({
        resourceType: AclResourceTypes.ANY,
        resourceName: ask.name,
        resourcePatternType: ResourcePatternTypes.ANY,
        operation: AclOperationTypes.ANY,
        permissionType: AclPermissionTypes.ANY,
      });
      return {
        acls: resources.flatMap((resource) =>
          resource.acls.map((acl): Acl => ({
            principal: acl.principal,
            resource: resource.resourceType === AclResourceTypes.TOPIC ? 'topic' : 'group',
            name: resource.resourceName,
            pattern:
              resource.resourcePatternType === ResourcePatternTypes.LITERAL
                ? 'literal'
                : 'prefixed',
            operation:
              ACL_OPERATIONS.find((each) => operationType(each) === acl.operation) ?? 'read',
            permission: acl.permissionType === AclPermissionTypes.ALLOW ? 'allow' : 'deny',
          })),
        ),
      };
    }),
  'acl-delete': (ask, on) =>
    withAdmin(on, async (admin) => {
      await admin.deleteAcls({ filters: [aclEntry(ask)] });
      return NOTHING;
    }),
};

const { version } = createRequire(import.meta.url)('kafkajs/package.json') as { version: string };
serve(version, {
  ...topicHandlers,
  ...recordHandlers,
  ...groupHandlers,
  ...transactionHandlers,
  ...adminHandlers,
});
