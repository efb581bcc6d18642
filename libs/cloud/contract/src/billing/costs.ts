import { z } from 'zod';
import { IdSchema, ListMetaSchema } from '../common.ts';

const PAGE_SIZE_DEFAULT = 5_000;
const PAGE_SIZE_MAX = 10_000;
const PAGE_TOKEN_CHARS_MAX = 255;

const DaySchema = z.iso.date();

/** Query of the list: days from the first up to, and without, the last, in UTC. */
export const ListCostsQuerySchema = z.object({
  start_date: DaySchema.describe('The first day, YYYY-MM-DD.'),
  end_date: DaySchema.describe('The day after the last one.'),
  page_size: z.coerce
    .number<number | string>()
    .int()
    .min(1)
    .max(PAGE_SIZE_MAX)
    .default(PAGE_SIZE_DEFAULT),
  page_token: z.string().max(PAGE_TOKEN_CHARS_MAX).optional(),
});

/** What a line of costs is for. */
export const COST_LINES = [
  'KAFKA_BASE',
  'KAFKA_NUM_CKUS',
  'KAFKA_NETWORK_WRITE',
  'KAFKA_NETWORK_READ',
  'KAFKA_STORAGE',
  'KAFKA_PARTITION',
] as const;

/** What a cluster cost in a day, of one kind. */
export const CostSchema = z.object({
  api_version: z.literal('billing/v1'),
  kind: z.literal('Cost'),
  id: IdSchema,
  start_date: DaySchema,
  end_date: DaySchema,
  granularity: z.literal('DAILY'),
  network_access_type: z.literal('INTERNET'),
  product: z.literal('KAFKA'),
  line_type: z.enum(COST_LINES),
  price: z.number(),
  unit: z.string(),
  quantity: z.number(),
  original_amount: z.number(),
  discount_amount: z.number(),
  amount: z.number(),
  resource: z.object({
    id: z.string(),
    display_name: z.string(),
    environment: z.object({ id: z.string() }).nullable(),
  }),
});

/** A page of costs. */
export const CostListSchema = z.object({
  api_version: z.literal('billing/v1'),
  kind: z.literal('CostList'),
  metadata: ListMetaSchema,
  data: z.array(CostSchema),
});
