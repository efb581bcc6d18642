import { z } from 'zod';
import { IdSchema, ListMetaSchema } from '../common.ts';
import { CLOUD_CREDENTIALS, defineRoutes, READ_ERRORS } from '../define-routes.ts';
import { PageQuerySchema } from '../paging.ts';

const ListQuerySchema = PageQuerySchema.extend({
  environment: IdSchema.describe('The environment to list.'),
});

/** Clients ask whether an environment has a registry: until there is one, none does. */
const SchemaRegistryListSchema = z.object({
  api_version: z.literal('srcm/v3'),
  kind: z.literal('ClusterList'),
  metadata: ListMetaSchema,
  data: z.array(z.never()),
});

/** srcm/v3 clusters. */
export const schemaRegistryRoutes = defineRoutes(
  {
    api: 'srcm/v3',
    tag: 'Schema Registry (srcm/v3)',
    dialect: 'cloud',
    credentials: CLOUD_CREDENTIALS,
  },
  {
    listSchemaRegistries: {
      name: 'listSrcmV3Clusters',
      summary: 'List the Schema Registry clusters of an environment: none yet',
      method: 'GET',
      path: '/srcm/v3/clusters',
      query: ListQuerySchema,
      response: { status: 200, schema: SchemaRegistryListSchema, location: false },
      permission: 'environment:read',
      errors: READ_ERRORS,
    },
  },
);
