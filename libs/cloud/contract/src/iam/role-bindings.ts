import { z } from 'zod';
import { FilterSchema, IdSchema, ListMetaSchema, ObjectMetaSchema } from '../common.ts';
import { PageQuerySchema } from '../paging.ts';

/** Longest CRN pattern, in characters: names of 255 bytes may be percent-encoded three times as long. */
const CRN_CHARS_MAX = 2_048;

const PrincipalSchema = FilterSchema.regex(
  /^(?:User|Group):.+$/u,
  'must look like User:sa-... or User:u-...',
);

const CrnPatternSchema = z
  .string()
  .max(CRN_CHARS_MAX)
  .regex(/^crn:\/\/.+$/u, 'must look like crn://authority/organization=id/...');

/** Body of POST /iam/v2/role-bindings. */
export const CreateRoleBindingSchema = z.object({
  principal: PrincipalSchema,
  role_name: FilterSchema.min(1, 'must not be empty'),
  crn_pattern: CrnPatternSchema,
});

/** Query of the list: the bindings at one place, or with `/*` at its end those below it too. */
export const ListRoleBindingsQuerySchema = PageQuerySchema.extend({
  crn_pattern: CrnPatternSchema.describe('A place; ending in /* = everything below it as well.'),
  principal: FilterSchema.optional(),
  role_name: FilterSchema.optional(),
});

/** A role binding as answers show it. */
export const RoleBindingSchema = z.object({
  api_version: z.literal('iam/v2'),
  kind: z.literal('RoleBinding'),
  id: IdSchema,
  metadata: ObjectMetaSchema,
  principal: z.string(),
  role_name: z.string(),
  crn_pattern: z.string(),
});

/** A page of role bindings. */
export const RoleBindingListSchema = z.object({
  api_version: z.literal('iam/v2'),
  kind: z.literal('RoleBindingList'),
  metadata: ListMetaSchema,
  data: z.array(RoleBindingSchema),
});

/** Query of the listings of roles: comma-separated namespaces; left out = all of them. */
export const RolesQuerySchema = z.object({ namespace: FilterSchema.optional() });

/** Path parameter of one role. */
export const RoleParamsSchema = z.object({ role_name: IdSchema });

/** A role as the command line shows it. */
export const RoleSchema = z.object({
  name: z.string(),
  policies: z.array(
    z.object({
      bindingScope: z.string(),
      bindWithResource: z.boolean(),
      allowedOperations: z.array(
        z.object({ resourceType: z.string(), operations: z.array(z.string()) }),
      ),
    }),
  ),
});
