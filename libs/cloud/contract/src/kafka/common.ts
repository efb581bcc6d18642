import { z } from 'zod';
import { IdSchema } from '../common.ts';
import type { ErrorStatus } from '../errors.ts';

/** What all routes on the inside of a cluster have in common: the broker decides by its ACLs. */
export const KAFKA_FAMILY = {
  api: 'kafka/v3',
  tag: 'Kafka (kafka/v3)',
  dialect: 'kafka-rest',
  credentials: ['session', 'sts', 'kafka-key'],
} as const;

/** Errors of reading, and of changing, the inside of a cluster. */
export const KAFKA_READ_ERRORS = [
  400, 401, 403, 404, 429, 503,
] as const satisfies readonly ErrorStatus[];
export const KAFKA_WRITE_ERRORS = [
  400, 401, 403, 404, 413, 415, 429, 503,
] as const satisfies readonly ErrorStatus[];

/** A partition's number in a path. */
const PartitionIdSchema = z
  .string()
  .regex(/^\d{1,9}$/u, 'must be a partition number')
  .transform(Number);

/** A broker's number in a path: int32 on the wire. */
const BrokerIdSchema = z
  .string()
  .regex(/^\d{1,10}$/u, 'must be a broker number')
  .transform(Number);

/** Path parameters of these routes. */
export const ClusterParamsSchema = z.object({ cluster_id: IdSchema });
export const TopicParamsSchema = ClusterParamsSchema.extend({ topic_name: IdSchema });
export const PartitionParamsSchema = TopicParamsSchema.extend({ partition_id: PartitionIdSchema });
export const TopicConfigParamsSchema = TopicParamsSchema.extend({ name: IdSchema });
export const ReplicaParamsSchema = PartitionParamsSchema.extend({ broker_id: BrokerIdSchema });
export const BrokerParamsSchema = ClusterParamsSchema.extend({ broker_id: BrokerIdSchema });
export const BrokerConfigParamsSchema = BrokerParamsSchema.extend({ name: IdSchema });
export const ConfigParamsSchema = ClusterParamsSchema.extend({ name: IdSchema });

/** A link to what belongs to an object. */
export const RelationshipSchema = z.object({ related: z.url() });

/** `metadata` of one object inside a cluster; its CRN has no authority. */
export const KafkaMetaSchema = z.object({
  self: z.url(),
  resource_name: z.string().nullable().optional(),
});

/** Lists are whole: `next` is always null, which clients of this API expect. */
const KafkaListMetaSchema = z.object({ self: z.url(), next: z.null() });

/** The fields that start every object inside a cluster. */
export function kafkaObject<const Kind extends string, Shape extends z.ZodRawShape>(
  kind: Kind,
  shape: Shape,
): z.ZodObject<
  {
    kind: z.ZodLiteral<Kind>;
    metadata: typeof KafkaMetaSchema;
    cluster_id: typeof IdSchema;
  } & Shape
> {
  const start = { kind: z.literal(kind), metadata: KafkaMetaSchema, cluster_id: IdSchema };
  return z.object({ ...start, ...shape });
}

/** A whole list. */
export function kafkaList<const Kind extends string, Item extends z.ZodType>(
  kind: Kind,
  item: Item,
): z.ZodObject<{
  kind: z.ZodLiteral<Kind>;
  metadata: typeof KafkaListMetaSchema;
  data: z.ZodArray<Item>;
}> {
  return z.object({ kind: z.literal(kind), metadata: KafkaListMetaSchema, data: z.array(item) });
}
