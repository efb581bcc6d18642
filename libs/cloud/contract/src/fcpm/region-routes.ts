import { CLOUD_CREDENTIALS, defineRoutes, LIST_ERRORS } from '../define-routes.ts';
import { ListRegionsQuerySchema, RegionListSchema } from './regions.ts';

/** fcpm/v2 regions: the catalogue that clusters are created from. */
export const regionRoutes = defineRoutes(
  {
    api: 'fcpm/v2',
    tag: 'Regions (fcpm/v2)',
    dialect: 'cloud',
    credentials: CLOUD_CREDENTIALS,
  },
  {
    listRegions: {
      name: 'listFcpmV2Regions',
      summary: 'List the regions that clusters can be created in',
      method: 'GET',
      path: '/fcpm/v2/regions',
      query: ListRegionsQuerySchema,
      response: { status: 200, schema: RegionListSchema, location: false },
      permission: 'region:list',
      errors: LIST_ERRORS,
    },
  },
);
