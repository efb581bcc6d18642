import { z } from 'zod';

const RegionSchema = z.object({ id: z.string(), name: z.string(), is_schedulable: z.boolean() });

/** The regions that can be had, by cloud. */
export const EnvironmentMetadataSchema = z.object({
  clouds: z.array(z.object({ id: z.string(), name: z.string(), regions: z.array(RegionSchema) })),
});

/** Query of GET /usage_limits: clients send these; the limits are the same for all. */
export const UsageLimitsQuerySchema = z.object({
  provider: z.string().max(255).optional(),
  lkc_id: z.string().max(255).optional(),
  env_id: z.string().max(255).optional(),
});

const RateSchema = z.object({ unit: z.literal('MBPS'), value: z.int().min(0) });
const StorageSchema = z.object({
  unit: z.literal('GB'),
  value: z.int().min(0),
  unlimited: z.boolean(),
});
const LimitsSchema = z.object({ ingress: RateSchema, egress: RateSchema, storage: StorageSchema });

/** What clusters may be used for: per eCKU of each elastic kind, and per number of CKUs. */
export const UsageLimitsSchema = z.object({
  usage_limits: z.object({
    tier_limits: z.record(
      z.string(),
      z.object({
        cluster_limits: LimitsSchema.extend({ max_ecku: z.object({ value: z.int().min(1) }) }),
      }),
    ),
    cku_limits: z.record(z.string(), LimitsSchema),
  }),
});
