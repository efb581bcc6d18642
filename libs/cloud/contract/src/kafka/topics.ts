import { z } from 'zod';
import { ConfigEntrySchema } from './configs.ts';
import { kafkaList, kafkaObject, RelationshipSchema } from './common.ts';

/** Most partitions of one request: int32 on the wire; the cluster's own limit is lower. */
const PARTITIONS_MAX = 2 ** 31 - 1;
/** int16 on the wire. */
const REPLICATION_FACTOR_MAX = 2 ** 15 - 1;
/** Most settings that one request may name. */
const CONFIGS_MAX = 256;
/** Longest topic name, in characters, as in Kafka. */
const TOPIC_NAME_CHARS_MAX = 249;

/** Names of the operations that a caller may do, as Kafka REST spells them. */
export const OPERATION_NAMES = [
  'UNKNOWN',
  'ANY',
  'ALL',
  'READ',
  'WRITE',
  'CREATE',
  'DELETE',
  'ALTER',
  'DESCRIBE',
  'CLUSTER_ACTION',
  'DESCRIBE_CONFIGS',
  'ALTER_CONFIGS',
  'IDEMPOTENT_WRITE',
] as const;

const PartitionsCountSchema = z.int().min(1).max(PARTITIONS_MAX);

/** Query of GET topics/{topic_name}. */
export const TopicQuerySchema = z.object({
  include_authorized_operations: z.enum(['true', 'false']).optional(),
});

/** Body of POST topics; what is left out is the cluster's default. */
export const CreateTopicSchema = z.object({
  topic_name: z.string().min(1, 'must not be empty').max(TOPIC_NAME_CHARS_MAX),
  partitions_count: PartitionsCountSchema.optional(),
  replication_factor: z.int().min(1).max(REPLICATION_FACTOR_MAX).optional(),
  configs: z.array(ConfigEntrySchema).max(CONFIGS_MAX).optional(),
  validate_only: z.boolean().optional(),
});

/** Body of PATCH topics/{topic_name}. */
export const UpdateTopicSchema = z.object({ partitions_count: PartitionsCountSchema });

/** A topic. */
export const TopicSchema = kafkaObject('KafkaTopic', {
  topic_name: z.string(),
  is_internal: z.boolean(),
  replication_factor: z.int(),
  partitions_count: z.int(),
  partitions: RelationshipSchema,
  configs: RelationshipSchema,
  partition_reassignments: RelationshipSchema,
  authorized_operations: z.array(z.enum(OPERATION_NAMES)).optional(),
});

/** Every topic that the caller may see. */
export const TopicListSchema = kafkaList('KafkaTopicList', TopicSchema);

/** A partition of a topic; without a leader the link to it is absent. */
export const PartitionSchema = kafkaObject('KafkaPartition', {
  topic_name: z.string(),
  partition_id: z.int(),
  leader: RelationshipSchema.optional(),
  replicas: RelationshipSchema,
  reassignment: RelationshipSchema,
});

/** Every partition of a topic. */
export const PartitionListSchema = kafkaList('KafkaPartitionList', PartitionSchema);
