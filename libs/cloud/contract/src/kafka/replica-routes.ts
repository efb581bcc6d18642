import { defineRoutes } from '../define-routes.ts';
import {
  ReassignmentListSchema,
  ReassignmentSchema,
  ReplicaListSchema,
  ReplicaSchema,
} from './brokers.ts';
import {
  ClusterParamsSchema,
  KAFKA_FAMILY,
  KAFKA_READ_ERRORS,
  PartitionParamsSchema,
  ReplicaParamsSchema,
  TopicParamsSchema,
} from './common.ts';

const TOPICS = '/kafka/v3/clusters/{cluster_id}/topics';
const PARTITION = `${TOPICS}/{topic_name}/partitions/{partition_id}`;

/** kafka/v3 replicas of partitions, and those that are being moved. */
export const replicaRoutes = defineRoutes(KAFKA_FAMILY, {
  listReplicas: {
    name: 'listKafkaReplicas',
    summary: 'List the replicas of a partition',
    method: 'GET',
    path: `${PARTITION}/replicas`,
    params: PartitionParamsSchema,
    response: { status: 200, schema: ReplicaListSchema, location: false },
    permission: undefined,
    errors: KAFKA_READ_ERRORS,
  },
  getReplica: {
    name: 'getKafkaReplica',
    summary: 'Read the replica of a partition that a broker holds',
    method: 'GET',
    path: `${PARTITION}/replicas/{broker_id}`,
    params: ReplicaParamsSchema,
    response: { status: 200, schema: ReplicaSchema, location: false },
    permission: undefined,
    errors: KAFKA_READ_ERRORS,
  },
  listAllReassignments: {
    name: 'listKafkaAllReassignments',
    summary: 'List the partitions whose replicas are being moved',
    method: 'GET',
    path: `${TOPICS}/-/partitions/-/reassignment`,
    params: ClusterParamsSchema,
    response: { status: 200, schema: ReassignmentListSchema, location: false },
    permission: undefined,
    errors: KAFKA_READ_ERRORS,
  },
  listTopicReassignments: {
    name: 'listKafkaTopicReassignments',
    summary: 'List the partitions of a topic whose replicas are being moved',
    method: 'GET',
    path: `${TOPICS}/{topic_name}/partitions/-/reassignment`,
    params: TopicParamsSchema,
    response: { status: 200, schema: ReassignmentListSchema, location: false },
    permission: undefined,
    errors: KAFKA_READ_ERRORS,
  },
  getReassignment: {
    name: 'getKafkaReassignment',
    summary: 'Read how the replicas of a partition are being moved',
    method: 'GET',
    path: `${PARTITION}/reassignment`,
    params: PartitionParamsSchema,
    response: { status: 200, schema: ReassignmentSchema, location: false },
    permission: undefined,
    errors: KAFKA_READ_ERRORS,
  },
});
