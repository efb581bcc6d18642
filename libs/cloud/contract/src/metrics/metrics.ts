import { z } from 'zod';

import { FilterSchema as TextSchema, IdSchema as NameSchema } from '../common.ts';

/** Items in a page when the request does not say, and at most. */
const PAGE_SIZE_DEFAULT = 100;
const PAGE_SIZE_MAX = 1_000;
/** Characters of a page token. */
const PAGE_TOKEN_CHARS_MAX = 255;
const LIST_MAX = 50;

const PageTokenSchema = z.string().max(PAGE_TOKEN_CHARS_MAX).optional();

/** The set of metrics that a path names: there is one, `cloud`. */
export const DatasetParamsSchema = z.object({ dataset: NameSchema });

/** Query of the lists of descriptors. */
export const DescriptorPageQuerySchema = z.object({
  page_size: z.coerce
    .number<number | string>()
    .int()
    .min(1)
    .max(PAGE_SIZE_MAX)
    .default(PAGE_SIZE_DEFAULT),
  page_token: PageTokenSchema,
});

/** The same for metrics, which are of a kind of resource. */
export const MetricDescriptorQuerySchema = DescriptorPageQuerySchema.extend({
  resource_type: NameSchema.optional(),
});

/** Query of what is asked with a body. */
export const MetricPageQuerySchema = z.object({ page_token: PageTokenSchema });

const FilterSchema = z
  .object({
    op: z.enum(['EQ', 'GT', 'GTE', 'AND', 'OR', 'NOT']),
    field: NameSchema.optional(),
    value: z.union([TextSchema, z.int()]).optional(),
    filter: z.unknown().optional(),
    filters: z.array(z.unknown()).max(LIST_MAX).optional(),
  })
  .describe('EQ, GT or GTE with field and value; AND or OR with filters; NOT with filter.');

const IntervalsSchema = z.array(NameSchema).min(1).max(LIST_MAX);
const LimitSchema = z.int().min(1).max(PAGE_SIZE_MAX).default(PAGE_SIZE_DEFAULT);
const AggregationFunctionSchema = z.literal('SUM').optional();

/** A question for values of a metric over time. */
export const MetricQuerySchema = z.object({
  aggregations: z
    .array(z.object({ metric: NameSchema, agg: AggregationFunctionSchema }))
    .min(1)
    .max(1),
  group_by: z.array(NameSchema).max(LIST_MAX).optional(),
  granularity: z.enum([
    'PT1M',
    'PT5M',
    'PT15M',
    'PT30M',
    'PT1H',
    'PT4H',
    'PT6H',
    'PT12H',
    'P1D',
    'ALL',
  ]),
  filter: FilterSchema.optional(),
  order_by: z
    .array(
      z.object({
        metric: NameSchema,
        agg: AggregationFunctionSchema,
        order: z.enum(['ASCENDING', 'DESCENDING']).default('DESCENDING'),
      }),
    )
    .min(1)
    .max(1)
    .optional(),
  intervals: IntervalsSchema,
  limit: LimitSchema,
  format: z.enum(['FLAT', 'GROUPED']).default('FLAT'),
});

/** A question for the values of a label. */
export const MetricAttributesSchema = z.object({
  metric: NameSchema.optional(),
  group_by: z.array(NameSchema).min(1).max(1),
  filter: FilterSchema.optional(),
  intervals: IntervalsSchema.optional(),
  limit: LimitSchema,
});

const MetaSchema = z.object({
  pagination: z.object({
    page_size: z.int(),
    total_size: z.int().optional(),
    next_page_token: z.string().optional(),
  }),
});
const LinksSchema = z.object({ next: z.string().optional() });

const LabelSchema = z.object({
  description: z.string(),
  key: z.string(),
  exportable: z.boolean().optional(),
});

/** A page of metrics. */
export const MetricDescriptorListSchema = z.object({
  data: z.array(
    z.object({
      description: z.string(),
      labels: z.array(LabelSchema),
      name: z.string(),
      unit: z.string(),
      type: z.enum(['GAUGE_INT64', 'GAUGE_DOUBLE', 'COUNTER_INT64', 'COUNTER_DOUBLE']),
      lifecycle_stage: z.enum(['PREVIEW', 'GENERAL_AVAILABILITY', 'DEPRECATED']),
      exportable: z.boolean(),
      resources: z.array(z.string()),
    }),
  ),
  meta: MetaSchema,
  links: LinksSchema.optional(),
});

/** A page of kinds of resources. */
export const MetricResourceListSchema = z.object({
  data: z.array(
    z.object({ type: z.string(), description: z.string(), labels: z.array(LabelSchema) }),
  ),
  meta: MetaSchema,
  links: LinksSchema.optional(),
});

const PointSchema = z.object({
  timestamp: z.iso.datetime({ offset: true }),
  value: z.number(),
});

/** Points with the labels of their group, or groups with their points. */
export const MetricQueryAnswerSchema = z.object({
  data: z.array(
    z
      .object({
        timestamp: PointSchema.shape.timestamp.optional(),
        value: z.number().optional(),
        points: z.array(PointSchema).optional(),
      })
      .catchall(z.unknown()),
  ),
  meta: MetaSchema,
});

/** Values of a label. */
export const MetricAttributeListSchema = z.object({
  data: z.array(z.record(z.string(), z.string())),
  meta: MetaSchema,
  links: LinksSchema.optional(),
});

const RepeatedSchema = z
  .union([NameSchema, z.array(NameSchema).max(LIST_MAX)])
  .transform((value) => (typeof value === 'string' ? [value] : value))
  .optional();

/** What is to be exported: parameters may be repeated. */
export const MetricExportQuerySchema = z.object({
  'resource.kafka.id': RepeatedSchema,
  'resource.connector.id': RepeatedSchema,
  'resource.ksql.id': RepeatedSchema,
  'resource.schema_registry.id': RepeatedSchema,
  metric: RepeatedSchema,
});

/** The Prometheus text format. */
export const MetricExportSchema = z.string();
