import { z } from 'zod';
import { defineRoutes } from '../define-routes.ts';
import { KAFKA_FAMILY, KAFKA_WRITE_ERRORS, TopicParamsSchema } from './common.ts';

/** Most headers of one record. */
const HEADERS_MAX = 128;
/** Longest name of a header, in characters. */
const HEADER_NAME_CHARS_MAX = 1_024;

const TypeSchema = z.enum(['BINARY', 'JSON', 'STRING']);

/** What only a schema registry can tell; there is none. */
const NotOfferedSchema = z
  .undefined({ error: 'is not offered: send type BINARY, JSON or STRING with data.' })
  .optional();

const DataSchema = z.object({
  type: TypeSchema,
  data: z.unknown().optional(),
  schema: NotOfferedSchema,
  schema_id: NotOfferedSchema,
  schema_version: NotOfferedSchema,
  subject: NotOfferedSchema,
  subject_name_strategy: NotOfferedSchema,
});

/** One record; absent key and value are null, as is `data: null`. */
export const ProduceRecordSchema = z.object({
  partition_id: z.int().min(0).nullable().optional(),
  headers: z
    .array(
      z.object({
        name: z.string().max(HEADER_NAME_CHARS_MAX),
        value: z.base64().nullable().optional(),
      }),
    )
    .max(HEADERS_MAX)
    .optional(),
  key: DataSchema.nullable().optional(),
  value: DataSchema.nullable().optional(),
  timestamp: z.iso.datetime({ offset: true }).nullable().optional(),
});

const SizeSchema = z.object({ type: TypeSchema, size: z.int() }).nullable().optional();

/** What became of one record; 200 = it was written. */
const ProduceResultSchema = z.object({
  error_code: z.int(),
  message: z.string().optional(),
  cluster_id: z.string().optional(),
  topic_name: z.string().optional(),
  partition_id: z.int().optional(),
  offset: z.int().optional(),
  timestamp: z.iso.datetime({ offset: true }).nullable().optional(),
  key: SizeSchema,
  value: SizeSchema,
});

/** kafka/v3 records. Writing is not audited record by record. */
export const recordRoutes = defineRoutes(KAFKA_FAMILY, {
  produceRecord: {
    name: 'produceRecord',
    summary:
      'Write records: JSON objects one after the other, each answered by one when it is acknowledged',
    method: 'POST',
    path: '/kafka/v3/clusters/{cluster_id}/topics/{topic_name}/records',
    params: TopicParamsSchema,
    body: ProduceRecordSchema,
    response: { status: 200, schema: ProduceResultSchema, location: false },
    permission: undefined,
    auditType: 'kafka.Produce',
    // JSON that is no record.
    errors: [...KAFKA_WRITE_ERRORS, 422],
  },
});
