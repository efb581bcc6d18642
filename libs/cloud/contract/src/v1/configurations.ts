import { z } from 'zod';
import { IdSchema, StorableTextSchema, TimestampSchema } from '../common.ts';

/** Longest address of an object, in characters: four names of 255 and what joins them. */
const ADDRESS_CHARS_MAX = 2_048;
/** Most objects that one request may note. */
const NOTES_MAX = 100;

/** Longest name of an apply, in characters. */
const HOLDER_CHARS_MAX = 64;

/** The name of a configuration: the `name` of its file. */
const ConfigurationNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/u, 'must be 1-63 lower-case letters, digits or dashes');

const AddressSchema = StorableTextSchema.min(1).max(ADDRESS_CHARS_MAX);

/** Path parameters of one configuration. */
export const ConfigurationParamsSchema = z.object({ name: ConfigurationNameSchema });

/** Query of one configuration: two of the same name in two environments are two. */
export const ConfigurationQuerySchema = z.object({
  environment: IdSchema.optional().describe(
    'The environment that its file is within; left out = it is the whole organization’s.',
  ),
});

/** An object that a configuration made. Without an id its creation was begun and not noted further. */
const MadeObjectSchema = z.object({
  address: AddressSchema,
  object_id: IdSchema.optional(),
  protect: z.boolean(),
});

/** Everything that a configuration made; nothing for a name that nobody used. */
export const ConfigurationSchema = z.object({
  api_version: z.literal('v1'),
  kind: z.literal('Configuration'),
  organization_id: IdSchema,
  name: z.string(),
  objects: z.array(MadeObjectSchema),
});

/** Body of POST /v1/configurations/{name}:note. */
export const NoteConfigurationSchema = z.object({
  holder: StorableTextSchema.min(1)
    .max(HOLDER_CHARS_MAX)
    .describe('Which apply notes this. While one is heard of, all others are refused with 409.'),
  release: z.boolean().default(false).describe('True = this apply has ended.'),
  made: z.array(MadeObjectSchema).max(NOTES_MAX).default([]),
  forgotten: z.array(AddressSchema).max(NOTES_MAX).default([]),
});

/** Body of POST /v1/plans: weir.yaml as text, or the same as JSON. */
export const CreatePlanSchema = z.object({
  document: z.union([z.string().min(1), z.record(z.string(), z.unknown())]),
  destroy: z.boolean().default(false).describe('True = plan to delete what the file made.'),
});

const FieldsSchema = z.record(z.string(), z.unknown());
const ChangedSchema = z.object({
  field: z.string(),
  before: z.unknown().optional(),
  after: z.unknown(),
});

const PlannedChangeSchema = z.object({
  verb: z.enum(['create', 'update', 'replace', 'delete', 'mark']),
  kind: z.string(),
  address: z.string(),
  id: z.string().optional(),
  reasons: z.array(z.string()),
  risks: z.array(z.string()),
  protect: z.boolean(),
  fields: FieldsSchema.optional(),
  before: FieldsSchema.optional(),
  changed: z.array(ChangedSchema).optional(),
  takesAlong: z.array(z.string()).optional(),
});

/** Phases of a plan. INTERRUPTED = its process stopped; a new plan goes on from what is there. */
export const PLAN_PHASES = ['PLANNED', 'APPLYING', 'APPLIED', 'FAILED', 'INTERRUPTED'] as const;

/** A plan: what would happen, what is refused and why, and how far its apply is. */
export const PlanSchema = z.object({
  api_version: z.literal('v1'),
  kind: z.literal('Plan'),
  id: IdSchema,
  metadata: z.object({
    self: z.url(),
    created_at: TimestampSchema,
    updated_at: TimestampSchema,
  }),
  spec: z.object({
    configuration: z.string(),
    destroy: z.boolean(),
    changes: z.array(PlannedChangeSchema),
    refusals: z.array(z.object({ address: z.string(), message: z.string() })),
    unchanged: z.int(),
    summary: z.string().describe('As it is printed.'),
  }),
  status: z.object({
    phase: z.enum(PLAN_PHASES),
    error: z.string().optional(),
    progress: z.array(
      z.object({
        address: z.string(),
        verb: z.string(),
        state: z.enum(['done', 'failed']),
        message: z.string().optional(),
      }),
    ),
  }),
});
