import { z } from 'zod';
import { CreateClusterSchema, UpdateClusterSchema } from '../cmk/clusters.ts';
import { DescriptionSchema, IdSchema, ListMetaSchema, TimestampSchema } from '../common.ts';

/** Longest reason for a pause, in characters: one sentence. */
const REASON_CHARS_MAX = 256;
const MINUTES_OF_A_DAY = 24 * 60;

/** One step of an operation; a step that was tried again counts its attempts. */
const OperationStepSchema = z.object({
  step: z.string(),
  outcome: z.enum(['begun', 'done', 'failed']),
  attempts: z.int().min(1),
  message: z.string().optional(),
  created_at: TimestampSchema,
  updated_at: TimestampSchema,
});

/** One piece of long work on a cluster. `cancelled` = another change took its place. */
export const ClusterOperationSchema = z.object({
  api_version: z.literal('v1'),
  kind: z.literal('ClusterOperation'),
  id: IdSchema,
  metadata: z.object({ self: z.url(), created_at: TimestampSchema, updated_at: TimestampSchema }),
  cluster: z.object({ id: IdSchema }),
  type: z.enum(['create', 'update', 'repair', 'delete']),
  status: z.enum(['running', 'succeeded', 'cancelled']),
  generation: z.int(),
  /** What it is at, or did last. */
  step: z.string(),
  /** Why the last step did not work, or why it was cancelled. */
  error: z.string().optional(),
  finished_at: TimestampSchema.optional(),
  steps: z.array(OperationStepSchema),
});

/** A page of a cluster's operations, oldest first. */
export const ClusterOperationListSchema = z.object({
  api_version: z.literal('v1'),
  kind: z.literal('ClusterOperationList'),
  metadata: ListMetaSchema,
  data: z.array(ClusterOperationSchema),
});

const ConditionSchema = z.object({
  type: z.string(),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string(),
  message: z.string(),
  last_transition_at: TimestampSchema,
  observed_generation: z.int(),
});

const MaintenanceWindowSchema = z.object({
  days: z.array(z.int().min(0).max(6)).min(1).max(7).describe('0 = Sunday ... 6 = Saturday, UTC.'),
  start_minute: z
    .int()
    .min(0)
    .max(MINUTES_OF_A_DAY - 1)
    .describe('Minute of the day, UTC.'),
  duration_minutes: z.int().min(30).max(MINUTES_OF_A_DAY),
});

/** How a cluster is doing, and how it is looked after. */
export const ClusterStateSchema = z.object({
  api_version: z.literal('v1'),
  kind: z.literal('ClusterState'),
  id: IdSchema,
  generation: z.int(),
  observed_generation: z.int(),
  stable: z.boolean(),
  conditions: z.array(ConditionSchema),
  paused: z.object({ since: TimestampSchema, reason: z.string() }).optional(),
  maintenance_window: MaintenanceWindowSchema.optional(),
  drift_policy: z.enum(['correct', 'report']),
});

/** Body of PATCH /v1/clusters/{id}; a null window = restarts may happen at any time. */
export const UpdateClusterStateSchema = z.object({
  maintenance_window: MaintenanceWindowSchema.nullable().optional(),
  drift_policy: z.enum(['correct', 'report']).optional(),
});

/** Body of POST /v1/clusters/{id}:pause. */
export const PauseClusterSchema = z.object({
  reason: DescriptionSchema.max(REASON_CHARS_MAX).default(''),
});

const LimitsSchema = z.object({
  units: z.int(),
  unit: z.enum(['eCKU', 'CKU']),
  partitions: z.int(),
  connections: z.int(),
  ingress_bytes_per_second: z.int(),
  egress_bytes_per_second: z.int(),
  storage_bytes: z.int().optional(),
});

/** What a cluster may be used for, and what of it is enforced. */
export const ClusterLimitsSchema = z.object({
  api_version: z.literal('v1'),
  kind: z.literal('ClusterLimits'),
  id: IdSchema,
  limits: LimitsSchema,
  in_effect: z.boolean(),
  enforced: z.array(z.string()),
  notes: z.array(z.string()),
});

/** Body of POST /cmk/v2/clusters/{id}:plan: the call that is not to be made, by its method. */
export const PlanClusterChangeSchema = z.object({
  method: z.enum(['PATCH', 'DELETE']).default('PATCH'),
  spec: UpdateClusterSchema.shape.spec,
});

/** Body of POST /cmk/v2/clusters:plan. */
export const PlanClusterCreationSchema = CreateClusterSchema;

/** What a call would do, without doing it. */
export const ClusterPlanSchema = z.object({
  api_version: z.literal('v1'),
  kind: z.literal('ClusterPlan'),
  changes: z.array(
    z.object({ field: z.string(), from: z.string().optional(), to: z.string().optional() }),
  ),
  steps: z.array(z.object({ action: z.string(), why: z.string(), destructive: z.boolean() })),
  limits: z.object({ before: LimitsSchema.optional(), after: LimitsSchema.optional() }),
  /** Units times hours of one day, at most. */
  unit_hours_per_day: z.object({ before: z.int(), after: z.int() }),
  risks: z.array(z.object({ level: z.enum(['low', 'medium', 'high']), detail: z.string() })),
});
