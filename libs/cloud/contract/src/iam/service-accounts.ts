import { z } from 'zod';
import {
  DescriptionSchema,
  DisplayNameSchema,
  FilterSchema,
  IdSchema,
  ListMetaSchema,
  ObjectMetaSchema,
} from '../common.ts';
import { PageQuerySchema } from '../paging.ts';

/** Names a list may be filtered by in one request. */
const NAME_FILTERS_MAX = 100;

/** Body of POST /iam/v2/service-accounts. */
export const CreateServiceAccountSchema = z.object({
  display_name: DisplayNameSchema,
  description: DescriptionSchema.default(''),
});

/** Body of PATCH /iam/v2/service-accounts/{id}: only what changes. */
export const UpdateServiceAccountSchema = z.object({
  display_name: DisplayNameSchema.optional(),
  description: DescriptionSchema.optional(),
});

/** Query of the list: `display_name` may be repeated; any of them matches. */
export const ListServiceAccountsQuerySchema = PageQuerySchema.extend({
  display_name: z
    .union([FilterSchema, z.array(FilterSchema).max(NAME_FILTERS_MAX)])
    .transform((names) => (typeof names === 'string' ? [names] : names))
    .optional(),
});

/** A service account as answers show it. */
export const ServiceAccountSchema = z.object({
  api_version: z.literal('iam/v2'),
  kind: z.literal('ServiceAccount'),
  id: IdSchema,
  metadata: ObjectMetaSchema,
  display_name: z.string(),
  description: z.string().optional(),
});

/** A page of service accounts. */
export const ServiceAccountListSchema = z.object({
  api_version: z.literal('iam/v2'),
  kind: z.literal('ServiceAccountList'),
  metadata: ListMetaSchema,
  data: z.array(ServiceAccountSchema),
});
