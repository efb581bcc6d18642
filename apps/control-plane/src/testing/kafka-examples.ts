import type { Example, ExamplesOf } from './route-world.ts';
import type { kafkaRoutes } from '@weirhouse/cloud-contract';

const ACL = {
  resource_type: 'TOPIC',
  resource_name: 'orders',
  pattern_type: 'LITERAL',
  principal: 'User:sa-1',
  host: '*',
  operation: 'READ',
  permission: 'ALLOW',
};

interface Cluster {
  readonly clusterId: string;
}

/** Makes an example on a cluster, with further parameters of its path. */
function on(params: Readonly<Record<string, string>>, rest: Omit<Example, 'params'> = {}) {
  return ({ clusterId }: Cluster): Example => ({
    params: { cluster_id: clusterId, ...params },
    ...rest,
  });
}

const TOPIC = { topic_name: 'orders' };
const PARTITION = { ...TOPIC, partition_id: '0' };
const BROKER = { broker_id: '1' };
const GROUP = { consumer_group_id: 'billing' };
const CONSUMER = { ...GROUP, consumer_id: 'c-1' };
const TOPIC_CONFIG = { ...TOPIC, name: 'retention.ms' };
const CONFIG = { name: 'log.retention.ms' };
const VALUE = { body: { value: '1' } };
const CHANGES = { body: { data: [{ name: 'retention.ms', value: '1' }] } };
const BROKER_CHANGES = { body: { data: [{ name: 'log.retention.ms', value: '1' }] } };

/** A good request for every route of kafka/v3. */
export const KAFKA_EXAMPLES: ExamplesOf<typeof kafkaRoutes> = {
  listKafkaClusters: () => ({}),
  getKafkaCluster: on({}),
  listBrokers: on({}),
  getBroker: on(BROKER),
  listBrokerReplicas: on(BROKER),
  listAllBrokerConfigs: on({}),
  listBrokerConfigs: on(BROKER),
  alterBrokerConfigs: on(BROKER, BROKER_CHANGES),
  getBrokerConfig: on({ ...BROKER, ...CONFIG }),
  updateBrokerConfig: on({ ...BROKER, ...CONFIG }, VALUE),
  deleteBrokerConfig: on({ ...BROKER, ...CONFIG }),
  listTopics: on({}),
  createTopic: on({}, { body: { topic_name: 'orders' } }),
  getTopic: on(TOPIC),
  updateTopic: on(TOPIC, { body: { partitions_count: 2 } }),
  deleteTopic: on(TOPIC),
  listPartitions: on(TOPIC),
  getPartition: on(PARTITION),
  listReplicas: on(PARTITION),
  getReplica: on({ ...PARTITION, ...BROKER }),
  listAllReassignments: on({}),
  listTopicReassignments: on(TOPIC),
  getReassignment: on(PARTITION),
  listTopicConfigs: on(TOPIC),
  listAllTopicConfigs: on({}),
  listDefaultTopicConfigs: on(TOPIC),
  alterTopicConfigs: on(TOPIC, CHANGES),
  getTopicConfig: on(TOPIC_CONFIG),
  updateTopicConfig: on(TOPIC_CONFIG, VALUE),
  deleteTopicConfig: on(TOPIC_CONFIG),
  listClusterConfigs: on({}),
  alterClusterConfigs: on({}, BROKER_CHANGES),
  getClusterConfig: on(CONFIG),
  updateClusterConfig: on(CONFIG, VALUE),
  deleteClusterConfig: on(CONFIG),
  listConsumerGroups: on({}),
  getConsumerGroup: on(GROUP),
  listConsumers: on(GROUP),
  getConsumer: on(CONSUMER),
  listConsumerAssignments: on(CONSUMER),
  getConsumerGroupLagSummary: on(GROUP),
  listConsumerLags: on(GROUP),
  getConsumerLag: on({ ...GROUP, ...TOPIC, partition_id: '0' }),
  produceRecord: on(TOPIC, { body: { value: { type: 'STRING', data: 'x' } } }),
  listAcls: on({}),
  createAcl: on({}, { body: ACL }),
  createAcls: on({}, { body: { data: [ACL] } }),
  deleteAcls: on({}, { query: ACL }),
};
