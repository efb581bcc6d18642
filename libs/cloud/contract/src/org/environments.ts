import { z } from 'zod';
import { DisplayNameSchema, IdSchema, ListMetaSchema, ObjectMetaSchema } from '../common.ts';

/**
 * Stream governance means a Schema Registry cluster in the environment. Clients wait for one as soon
 * as the field is set, so it is refused until there is one and never returned.
 */
const StreamGovernanceSchema = z.undefined({
  error: 'is not offered yet: leave stream_governance_config out.',
});

/** Body of POST /org/v2/environments. */
export const CreateEnvironmentSchema = z.object({
  display_name: DisplayNameSchema,
  stream_governance_config: StreamGovernanceSchema.optional(),
});

/** Body of PATCH /org/v2/environments/{id}: only what changes. */
export const UpdateEnvironmentSchema = z.object({
  display_name: DisplayNameSchema.optional(),
  stream_governance_config: StreamGovernanceSchema.optional(),
});

/** An environment as answers show it. */
export const EnvironmentSchema = z.object({
  api_version: z.literal('org/v2'),
  kind: z.literal('Environment'),
  id: IdSchema,
  metadata: ObjectMetaSchema,
  display_name: z.string(),
  stream_governance_config: z.object({ package: z.enum(['ESSENTIALS', 'ADVANCED']) }).optional(),
});

/** A page of environments. */
export const EnvironmentListSchema = z.object({
  api_version: z.literal('org/v2'),
  kind: z.literal('EnvironmentList'),
  metadata: ListMetaSchema,
  data: z.array(EnvironmentSchema),
});
