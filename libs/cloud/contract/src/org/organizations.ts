import { z } from 'zod';
import { DisplayNameSchema, IdSchema, ListMetaSchema, ObjectMetaSchema } from '../common.ts';

/** The contract's rule for names of organizations: 1-31 characters, few signs excluded. */
const OrganizationNameSchema = DisplayNameSchema.max(31).regex(
  /^[^<>#%'*^`{|}~"]+$/u,
  'must be 1-31 characters without angle brackets, quotes, braces or any of # % * ^ ` | ~',
);

/** Body of PATCH /org/v2/organizations/{id}: only what changes. */
export const UpdateOrganizationSchema = z.object({
  display_name: OrganizationNameSchema.optional(),
  jit_enabled: z
    .literal(false, {
      error: 'must be false: nobody becomes a user by signing in, people are invited',
    })
    .optional(),
});

/** An organization as answers show it. */
export const OrganizationSchema = z.object({
  api_version: z.literal('org/v2'),
  kind: z.literal('Organization'),
  id: IdSchema,
  metadata: ObjectMetaSchema,
  display_name: z.string(),
  jit_enabled: z.boolean(),
});

/** The caller's organization, as a list of one. */
export const OrganizationListSchema = z.object({
  api_version: z.literal('org/v2'),
  kind: z.literal('OrganizationList'),
  metadata: ListMetaSchema,
  data: z.array(OrganizationSchema),
});
