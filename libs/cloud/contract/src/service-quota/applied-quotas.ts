import { z } from 'zod';
import {
  FilterSchema,
  IdSchema,
  ListMetaSchema,
  ObjectMetaSchema,
  ReferenceSchema,
} from '../common.ts';
import { PageQuerySchema } from '../paging.ts';

/** What a service quota may limit things of. */
export const QUOTA_SCOPES = [
  'ORGANIZATION',
  'ENVIRONMENT',
  'NETWORK',
  'KAFKA_CLUSTER',
  'SERVICE_ACCOUNT',
  'USER_ACCOUNT',
  'IDENTITY_PROVIDER',
  'CERTIFICATE_AUTHORITY',
] as const;

/** Items in a page of this family at most. */
const QUOTA_PAGE_SIZE_MAX = 200;

/** Query of lists of this family, which has larger pages than the others. */
export const QuotaPageQuerySchema = PageQuerySchema.extend({
  page_size: z.coerce
    .number<number | string>()
    .int()
    .min(1)
    .max(QUOTA_PAGE_SIZE_MAX)
    .default(10)
    .describe('Items in a page.'),
});

/** Query of one applied quota: the object whose usage is wanted. */
export const AppliedQuotaQuerySchema = z.object({
  environment: IdSchema.optional(),
  network: IdSchema.optional(),
  kafka_cluster: IdSchema.optional(),
  identity_provider: IdSchema.optional(),
  certificate_authority: IdSchema.optional(),
});

/** Query of the list. Clients write the scope in lower case as well. */
export const ListAppliedQuotasQuerySchema = QuotaPageQuerySchema.extend({
  ...AppliedQuotaQuerySchema.shape,
  scope: FilterSchema.transform((scope) => scope.toUpperCase()).pipe(z.enum(QUOTA_SCOPES)),
  id: IdSchema.optional(),
});

/** A limit as it stands for an organization. `usage` is absent when no object was named. */
export const AppliedQuotaSchema = z.object({
  api_version: z.literal('service-quota/v1'),
  kind: z.literal('AppliedQuota'),
  id: IdSchema,
  metadata: ObjectMetaSchema,
  scope: z.enum(QUOTA_SCOPES),
  display_name: z.string(),
  default_limit: z.int32(),
  applied_limit: z.int32(),
  usage: z.int32().optional(),
  user: ReferenceSchema.optional(),
  organization: ReferenceSchema.optional(),
  environment: ReferenceSchema.optional(),
  network: ReferenceSchema.optional(),
  kafka_cluster: ReferenceSchema.optional(),
  identity_provider: ReferenceSchema.optional(),
  certificate_authority: ReferenceSchema.optional(),
});

/** A page of applied quotas. */
export const AppliedQuotaListSchema = z.object({
  api_version: z.literal('service-quota/v1'),
  kind: z.literal('AppliedQuotaList'),
  metadata: ListMetaSchema,
  data: z.array(AppliedQuotaSchema),
});

/** A kind of object that quotas limit things of. */
export const QuotaScopeSchema = z.object({
  api_version: z.literal('service-quota/v1'),
  kind: z.literal('Scope'),
  id: z.enum(QUOTA_SCOPES),
  metadata: ObjectMetaSchema,
  description: z.string(),
});

/** A page of scopes. */
export const QuotaScopeListSchema = z.object({
  api_version: z.literal('service-quota/v1'),
  kind: z.literal('ScopeList'),
  metadata: ListMetaSchema,
  data: z.array(QuotaScopeSchema),
});
