import { z } from 'zod';
import {
  DescriptionSchema,
  DisplayNameSchema,
  FilterSchema,
  IdSchema,
  ListMetaSchema,
  ObjectMetaSchema,
  ReferenceSchema,
} from '../common.ts';
import { PageQuerySchema } from '../paging.ts';

/** Clients send the name and the description always, empty when nobody chose one. */
const KeyNameSchema = z.union([z.literal(''), DisplayNameSchema]);

const ResourceInputSchema = z.object({
  id: IdSchema.describe(
    'lkc-... for a cluster key, global for a Global key; leave the resource out for a Cloud key.',
  ),
  kind: FilterSchema.optional(),
  api_version: FilterSchema.optional(),
  environment: FilterSchema.optional(),
});

/** Body of POST /iam/v2/api-keys. No resource = a Cloud key, for these very routes. */
export const CreateApiKeySchema = z.object({
  spec: z.object({
    display_name: KeyNameSchema.default(''),
    description: DescriptionSchema.default(''),
    owner: z.object({
      id: IdSchema.describe('sa-... or u-...'),
      kind: z.enum(['ServiceAccount', 'User']).optional(),
    }),
    resource: ResourceInputSchema.nullish(),
  }),
});

/** Body of PATCH /iam/v2/api-keys/{id}: only what changes. */
export const UpdateApiKeySchema = z.object({
  spec: z
    .object({
      display_name: KeyNameSchema.optional(),
      description: DescriptionSchema.optional(),
    })
    .default({}),
});

/** Query of the list: by the owner's id and by the resource's (`cloud`, `global` or `lkc-...`). */
export const ListApiKeysQuerySchema = PageQuerySchema.extend({
  'spec.owner': IdSchema.optional(),
  'spec.resource': IdSchema.optional(),
});

/** An API key as answers show it. `secret` only ever holds text in the answer to its creation. */
export const ApiKeySchema = z.object({
  api_version: z.literal('iam/v2'),
  kind: z.literal('ApiKey'),
  id: IdSchema,
  metadata: ObjectMetaSchema,
  spec: z.object({
    secret: z.string().optional(),
    display_name: z.string().optional(),
    description: z.string().optional(),
    owner: ReferenceSchema,
    resource: ReferenceSchema,
  }),
});

/** A page of API keys. */
export const ApiKeyListSchema = z.object({
  api_version: z.literal('iam/v2'),
  kind: z.literal('ApiKeyList'),
  metadata: ListMetaSchema,
  data: z.array(ApiKeySchema),
});
