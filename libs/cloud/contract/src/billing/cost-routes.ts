import { CLOUD_CREDENTIALS, defineRoutes, LIST_ERRORS } from '../define-routes.ts';
import { CostListSchema, ListCostsQuerySchema } from './costs.ts';

/** billing/v1: what was used, times the operator's prices. */
export const costRoutes = defineRoutes(
  {
    api: 'billing/v1',
    tag: 'Costs (billing/v1)',
    dialect: 'cloud',
    credentials: CLOUD_CREDENTIALS,
  },
  {
    listCosts: {
      name: 'listBillingV1Costs',
      summary: 'List what clusters cost by the day',
      method: 'GET',
      path: '/billing/v1/costs',
      query: ListCostsQuerySchema,
      response: { status: 200, schema: CostListSchema, location: false },
      permission: 'cost:list',
      errors: LIST_ERRORS,
    },
  },
);
