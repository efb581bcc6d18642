import { z } from 'zod';
import { IdSchema } from '../common.ts';
import { defineRoutes } from '../define-routes.ts';
import {
  ClusterParamsSchema,
  KAFKA_FAMILY,
  KAFKA_READ_ERRORS,
  kafkaList,
  kafkaObject,
  PartitionParamsSchema,
  RelationshipSchema,
} from './common.ts';

const GroupParamsSchema = ClusterParamsSchema.extend({ consumer_group_id: IdSchema });
const ConsumerParamsSchema = GroupParamsSchema.extend({ consumer_id: IdSchema });
const LagParamsSchema = PartitionParamsSchema.extend({ consumer_group_id: IdSchema });

const GroupSchema = kafkaObject('KafkaConsumerGroup', {
  consumer_group_id: z.string(),
  is_simple: z.boolean(),
  partition_assignor: z.string(),
  state: z.enum([
    'UNKNOWN',
    'PREPARING_REBALANCE',
    'COMPLETING_REBALANCE',
    'ASSIGNING',
    'RECONCILING',
    'STABLE',
    'DEAD',
    'EMPTY',
  ]),
  type: z.enum(['UNKNOWN', 'CLASSIC', 'CONSUMER', 'SHARE']),
  is_mixed_consumer_group: z.boolean(),
  coordinator: RelationshipSchema,
  consumers: RelationshipSchema,
  lag_summary: RelationshipSchema,
});

const ConsumerSchema = kafkaObject('KafkaConsumer', {
  consumer_group_id: z.string(),
  consumer_id: z.string(),
  instance_id: z.string().nullable().optional(),
  client_id: z.string(),
  assignments: RelationshipSchema,
});

const AssignmentSchema = kafkaObject('KafkaConsumerAssignment', {
  consumer_group_id: z.string(),
  consumer_id: z.string(),
  topic_name: z.string(),
  partition_id: z.int(),
  partition: RelationshipSchema,
  lag: RelationshipSchema,
});

const LagSchema = kafkaObject('KafkaConsumerLag', {
  consumer_group_id: z.string(),
  topic_name: z.string(),
  partition_id: z.int(),
  current_offset: z.int(),
  log_end_offset: z.int(),
  lag: z.int(),
  consumer_id: z.string(),
  instance_id: z.string().nullable().optional(),
  client_id: z.string(),
});

const LagSummarySchema = kafkaObject('KafkaConsumerGroupLagSummary', {
  consumer_group_id: z.string(),
  max_lag_consumer_id: z.string(),
  max_lag_instance_id: z.string().nullable().optional(),
  max_lag_client_id: z.string(),
  max_lag_topic_name: z.string(),
  max_lag_partition_id: z.int(),
  max_lag: z.int(),
  total_lag: z.int(),
  max_lag_consumer: RelationshipSchema,
  max_lag_partition: RelationshipSchema,
});

const GROUP = '/kafka/v3/clusters/{cluster_id}/consumer-groups/{consumer_group_id}';

/** kafka/v3 consumer groups, their members and how far behind they are. */
export const consumerGroupRoutes = defineRoutes(KAFKA_FAMILY, {
  listConsumerGroups: {
    name: 'listKafkaConsumerGroups',
    summary: 'List the consumer groups that the caller may describe',
    method: 'GET',
    path: '/kafka/v3/clusters/{cluster_id}/consumer-groups',
    params: ClusterParamsSchema,
    response: {
      status: 200,
      schema: kafkaList('KafkaConsumerGroupList', GroupSchema),
      location: false,
    },
    permission: undefined,
    errors: KAFKA_READ_ERRORS,
  },
  getConsumerGroup: {
    name: 'getKafkaConsumerGroup',
    summary: 'Read a consumer group',
    method: 'GET',
    path: GROUP,
    params: GroupParamsSchema,
    response: { status: 200, schema: GroupSchema, location: false },
    permission: undefined,
    errors: KAFKA_READ_ERRORS,
  },
  listConsumers: {
    name: 'listKafkaConsumers',
    summary: 'List the members of a consumer group',
    method: 'GET',
    path: `${GROUP}/consumers`,
    params: GroupParamsSchema,
    response: {
      status: 200,
      schema: kafkaList('KafkaConsumerList', ConsumerSchema),
      location: false,
    },
    permission: undefined,
    errors: KAFKA_READ_ERRORS,
  },
  getConsumer: {
    name: 'getKafkaConsumer',
    summary: 'Read a member of a consumer group',
    method: 'GET',
    path: `${GROUP}/consumers/{consumer_id}`,
    params: ConsumerParamsSchema,
    response: { status: 200, schema: ConsumerSchema, location: false },
    permission: undefined,
    errors: KAFKA_READ_ERRORS,
  },
  listConsumerAssignments: {
    name: 'listKafkaConsumerAssignments',
    summary: 'List the partitions of a member of a consumer group',
    method: 'GET',
    path: `${GROUP}/consumers/{consumer_id}/assignments`,
    params: ConsumerParamsSchema,
    response: {
      status: 200,
      schema: kafkaList('KafkaConsumerAssignmentList', AssignmentSchema),
      location: false,
    },
    permission: undefined,
    errors: KAFKA_READ_ERRORS,
  },
  getConsumerGroupLagSummary: {
    name: 'getKafkaConsumerGroupLagSummary',
    summary: 'Read how far a consumer group is behind',
    method: 'GET',
    path: `${GROUP}/lag-summary`,
    params: GroupParamsSchema,
    response: { status: 200, schema: LagSummarySchema, location: false },
    permission: undefined,
    errors: KAFKA_READ_ERRORS,
  },
  listConsumerLags: {
    name: 'listKafkaConsumerLags',
    summary: 'List how far a consumer group is behind, by partition',
    method: 'GET',
    path: `${GROUP}/lags`,
    params: GroupParamsSchema,
    response: {
      status: 200,
      schema: kafkaList('KafkaConsumerLagList', LagSchema),
      location: false,
    },
    permission: undefined,
    errors: KAFKA_READ_ERRORS,
  },
  getConsumerLag: {
    name: 'getKafkaConsumerLag',
    summary: 'Read how far a consumer group is behind in one partition',
    method: 'GET',
    path: `${GROUP}/lags/{topic_name}/partitions/{partition_id}`,
    params: LagParamsSchema,
    response: { status: 200, schema: LagSchema, location: false },
    permission: undefined,
    errors: KAFKA_READ_ERRORS,
  },
});
