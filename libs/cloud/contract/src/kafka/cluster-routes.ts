import { defineRoutes, LIST_ERRORS } from '../define-routes.ts';
import {
  ClusterParamsSchema,
  KAFKA_FAMILY,
  KAFKA_READ_ERRORS,
  kafkaList,
  kafkaObject,
  RelationshipSchema,
} from './common.ts';

/** A cluster seen from its inside: links to what it holds. */
const KafkaClusterSchema = kafkaObject('KafkaCluster', {
  controller: RelationshipSchema.optional(),
  acls: RelationshipSchema,
  brokers: RelationshipSchema,
  broker_configs: RelationshipSchema,
  consumer_groups: RelationshipSchema,
  topics: RelationshipSchema,
  partition_reassignments: RelationshipSchema,
});

/** kafka/v3: the clusters themselves. */
export const kafkaClusterRoutes = defineRoutes(KAFKA_FAMILY, {
  listKafkaClusters: {
    name: 'listKafkaClusters',
    summary: 'List the clusters that the credential opens',
    method: 'GET',
    path: '/kafka/v3/clusters',
    response: {
      status: 200,
      schema: kafkaList('KafkaClusterList', KafkaClusterSchema),
      location: false,
    },
    permission: undefined,
    errors: LIST_ERRORS,
  },
  getKafkaCluster: {
    name: 'getKafkaCluster',
    summary: 'Read a cluster, as its brokers see it',
    method: 'GET',
    path: '/kafka/v3/clusters/{cluster_id}',
    params: ClusterParamsSchema,
    response: { status: 200, schema: KafkaClusterSchema, location: false },
    permission: undefined,
    errors: KAFKA_READ_ERRORS,
  },
});
