// What each operation of kafka/v3 is asked with, on the first start's cluster.
import type { Arrangement, Asked, World } from './arrangement.ts';
import { GROUP } from './consumer-group.ts';
import { detailOf } from './running-cloud.ts';

const TOPIC = GROUP.topic;
const SETTING = 'retention.ms';
const CLUSTER_SETTING = 'log.retention.ms';
const CHANGES = { data: [{ name: SETTING, value: '60000' }] };
const CLUSTER_CHANGES = { data: [{ name: CLUSTER_SETTING, value: '86400000' }] };

/** The cluster, then what lies in it. */
const at =
  (path: readonly string[], rest: Omit<Asked, 'path'> = {}): Arrangement =>
  async ({ quickstart }) => [{ path: [quickstart().clusterId, ...path], ...rest }];

/** A topic that nobody else uses. */
async function topic({ freshName, kafka }: World): Promise<string> {
  const topic_name = freshName();
  const made = await kafka('POST', '/topics', { body: { topic_name } });
  if (made.status !== 201) throw new Error(detailOf(made));
  return topic_name;
}

const ofTopic =
  (path: readonly string[], rest: Omit<Asked, 'path'> = {}): Arrangement =>
  async (world) =>
    at([await topic(world), ...path], rest)(world);

function acl({ freshName }: World): Readonly<Record<string, string>> {
  return {
    resource_type: 'TOPIC',
    resource_name: freshName(),
    pattern_type: 'LITERAL',
    principal: 'User:sa-contract',
    host: '*',
    operation: 'READ',
    permission: 'ALLOW',
  };
}

/** An ACL that is there. */
const ofAcl: Arrangement = async (world) => {
  const query = acl(world);
  await world.kafka('POST', '/acls', { body: query });
  return at([], { query })(world);
};

/** What is set for all brokers. */
const withSetting =
  (path: readonly string[], rest: Omit<Asked, 'path'> = {}): Arrangement =>
  async (world) => {
    await world.kafka('POST', '/broker-configs:alter', { body: CLUSTER_CHANGES });
    return at(path, rest)(world);
  };

const ofMember: Arrangement = async (world) => {
  const { body } = await world.kafka('GET', `/consumer-groups/${GROUP.id}/consumers`);
  const [member] = (body as { readonly data: readonly { readonly consumer_id: string }[] }).data;
  return at([GROUP.id, member?.consumer_id ?? ''])(world);
};

const createTopics: Arrangement = async (world) => {
  const { clusterId } = world.quickstart();
  const configs = [{ name: SETTING, value: '60000' }];
  const whole = { partitions_count: 2, replication_factor: 1, configs };
  const path = [clusterId];
  return [
    { path, body: { topic_name: world.freshName() } },
    { path, body: { topic_name: world.freshName(), ...whole } },
    { path, body: { topic_name: world.freshName(), validate_only: true } },
  ];
};

/** Records of each type, with all that a record may have. */
const records: Arrangement = async (world) => {
  const data = { JSON: { a: 1 }, STRING: 'x', BINARY: 'eA==' };
  const headers = [{ name: 'h', value: 'eA==' }];
  const bodies = Object.entries(data).map(([type, value]) => ({
    partition_id: 0,
    headers,
    timestamp: '2026-01-02T03:04:05Z',
    key: { type, data: value },
    value: { type, data: value },
  }));
  const path = [world.quickstart().clusterId, TOPIC];
  return [
    { path, body: { value: { type: 'STRING', data: 'x' } } },
    ...bodies.map((body) => ({ path, body })),
  ];
};

/** One arrangement for each operation of kafka/v3 that is served. */
export const KAFKA_ARRANGEMENTS: Readonly<Record<string, Arrangement>> = {
  getKafkaCluster: at([]),
  listKafkaTopics: at([]),
  createKafkaTopic: createTopics,
  getKafkaTopic: at([TOPIC], { query: { include_authorized_operations: 'true' } }),
  updatePartitionCountKafkaTopic: ofTopic([], { body: { partitions_count: 9 } }),
  deleteKafkaTopic: ofTopic([]),
  listKafkaPartitions: at([TOPIC]),
  getKafkaPartition: at([TOPIC, '0']),
  listKafkaTopicConfigs: at([TOPIC]),
  listKafkaAllTopicConfigs: at([]),
  listKafkaDefaultTopicConfigs: at([TOPIC]),
  updateKafkaTopicConfigBatch: ofTopic([], { body: CHANGES }),
  getKafkaTopicConfig: at([TOPIC, SETTING]),
  updateKafkaTopicConfig: ofTopic([SETTING], { body: { value: '60000' } }),
  deleteKafkaTopicConfig: ofTopic([SETTING]),
  listKafkaClusterConfigs: withSetting([]),
  updateKafkaClusterConfigs: at([], { body: CLUSTER_CHANGES }),
  getKafkaClusterConfig: withSetting([CLUSTER_SETTING]),
  updateKafkaClusterConfig: at([CLUSTER_SETTING], { body: { value: '86400000' } }),
  deleteKafkaClusterConfig: withSetting([CLUSTER_SETTING]),
  listKafkaConsumerGroups: at([]),
  getKafkaConsumerGroup: at([GROUP.id]),
  listKafkaConsumers: at([GROUP.id]),
  getKafkaConsumer: ofMember,
  getKafkaConsumerGroupLagSummary: at([GROUP.id]),
  listKafkaConsumerLags: at([GROUP.id]),
  getKafkaConsumerLag: at([GROUP.id, TOPIC, '0']),
  produceRecord: records,
  getKafkaAcls: ofAcl,
  createKafkaAcls: async (world) => at([], { body: acl(world) })(world),
  batchCreateKafkaAcls: async (world) =>
    at([], { body: { data: [acl(world), acl(world)] } })(world),
  deleteKafkaAcls: ofAcl,
};
