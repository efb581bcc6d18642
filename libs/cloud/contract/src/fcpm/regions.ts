import { z } from 'zod';
import { CLOUDS } from '../cmk/clusters.ts';
import { FilterSchema, IdSchema, ListMetaSchema, ObjectMetaSchema } from '../common.ts';
import { PageQuerySchema } from '../paging.ts';

/** Query of the list. */
export const ListRegionsQuerySchema = PageQuerySchema.extend({
  cloud: FilterSchema.optional().describe('Only regions of this cloud.'),
  region_name: FilterSchema.optional().describe('Only the region with this name.'),
});

/** A region that clusters can be created in. */
export const RegionSchema = z.object({
  api_version: z.literal('fcpm/v2'),
  kind: z.literal('Region'),
  id: IdSchema,
  metadata: ObjectMetaSchema,
  cloud: z.enum(CLOUDS),
  region_name: z.string(),
  display_name: z.string(),
  http_endpoint: z.url(),
});

/** A page of regions. */
export const RegionListSchema = z.object({
  api_version: z.literal('fcpm/v2'),
  kind: z.literal('RegionList'),
  metadata: ListMetaSchema,
  data: z.array(RegionSchema),
});
