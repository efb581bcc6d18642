import { z } from 'zod';
import {
  DescriptionSchema,
  DisplayNameSchema,
  IdSchema,
  ListMetaSchema,
  ObjectMetaSchema,
  ReferenceInputSchema,
  ReferenceSchema,
} from '../common.ts';
import { PageQuerySchema } from '../paging.ts';

/** Principals of one quota at most: a quota is for a team's programs, not for a whole company's. */
const PRINCIPALS_MAX = 100;

/** The id that stands for every principal without a quota of its own. */
export const DEFAULT_PRINCIPAL = '<default>';

/** Bytes per second: an int64 as text; brokers count in doubles, so 2^53 is the end. */
const ByteRateSchema = z
  .string()
  .regex(/^[1-9]\d{0,15}$/u, 'must be a whole number above 0, written as a string')
  .refine((text) => Number.isSafeInteger(Number(text)), 'must be below 2^53');

const ThroughputSchema = z.object({
  ingress_byte_rate: ByteRateSchema.describe('What its principals may produce, in bytes/s.'),
  egress_byte_rate: ByteRateSchema.describe('What its principals may consume, in bytes/s.'),
});

const PrincipalsSchema = z
  .array(ReferenceInputSchema)
  .min(1)
  .max(PRINCIPALS_MAX)
  .describe('sa-..., or <default> for all that no other quota names.');

/** Body of POST /kafka-quotas/v1/client-quotas. */
export const CreateClientQuotaSchema = z.object({
  spec: z.object({
    display_name: DisplayNameSchema,
    description: DescriptionSchema.default(''),
    throughput: ThroughputSchema,
    cluster: ReferenceInputSchema,
    environment: ReferenceInputSchema,
    principals: PrincipalsSchema,
  }),
});

/** Body of PATCH /kafka-quotas/v1/client-quotas/{id}: only what changes. */
export const UpdateClientQuotaSchema = z.object({
  spec: z.object({
    display_name: DisplayNameSchema.optional(),
    description: DescriptionSchema.optional(),
    throughput: ThroughputSchema.optional(),
    principals: PrincipalsSchema.optional(),
  }),
});

/** Query of the list. */
export const ListClientQuotasQuerySchema = PageQuerySchema.extend({
  'spec.cluster': IdSchema,
  environment: IdSchema,
});

/** A client quota as answers show it. */
export const ClientQuotaSchema = z.object({
  api_version: z.literal('kafka-quotas/v1'),
  kind: z.literal('ClientQuota'),
  id: IdSchema,
  metadata: ObjectMetaSchema,
  spec: z.object({
    display_name: z.string(),
    description: z.string(),
    throughput: z.object({ ingress_byte_rate: z.string(), egress_byte_rate: z.string() }),
    cluster: ReferenceSchema,
    principals: z.array(ReferenceSchema),
    environment: ReferenceSchema,
  }),
});

/** A page of client quotas. */
export const ClientQuotaListSchema = z.object({
  api_version: z.literal('kafka-quotas/v1'),
  kind: z.literal('ClientQuotaList'),
  metadata: ListMetaSchema,
  data: z.array(ClientQuotaSchema),
});
