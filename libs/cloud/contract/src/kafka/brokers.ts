import { z } from 'zod';
import { kafkaList, kafkaObject, RelationshipSchema } from './common.ts';

/** A broker, at the address that it has for clients. */
export const BrokerSchema = kafkaObject('KafkaBroker', {
  broker_id: z.int(),
  host: z.string().nullable(),
  port: z.int().nullable(),
  rack: z.string().nullable(),
  configs: RelationshipSchema,
  partition_replicas: RelationshipSchema,
});

/** Every broker of a cluster. */
export const BrokerListSchema = kafkaList('KafkaBrokerList', BrokerSchema);

/** What one broker holds of a partition. */
export const ReplicaSchema = kafkaObject('KafkaReplica', {
  topic_name: z.string(),
  partition_id: z.int(),
  broker_id: z.int(),
  is_leader: z.boolean(),
  is_in_sync: z.boolean(),
  broker: RelationshipSchema,
});

/** The replicas of a partition, or all of a broker. */
export const ReplicaListSchema = kafkaList('KafkaReplicaList', ReplicaSchema);

/** A partition whose replicas are being moved. */
export const ReassignmentSchema = kafkaObject('KafkaReassignment', {
  topic_name: z.string(),
  partition_id: z.int(),
  adding_replicas: z.array(z.int()),
  removing_replicas: z.array(z.int()),
  replicas: RelationshipSchema,
});

/** Every reassignment under way. */
export const ReassignmentListSchema = kafkaList('KafkaReassignmentList', ReassignmentSchema);
