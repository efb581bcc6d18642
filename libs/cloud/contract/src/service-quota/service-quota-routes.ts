import { IdParamsSchema } from '../common.ts';
import { CLOUD_CREDENTIALS, defineRoutes, LIST_ERRORS, READ_ERRORS } from '../define-routes.ts';
import {
  AppliedQuotaListSchema,
  AppliedQuotaQuerySchema,
  AppliedQuotaSchema,
  ListAppliedQuotasQuerySchema,
  QuotaPageQuerySchema,
  QuotaScopeListSchema,
  QuotaScopeSchema,
} from './applied-quotas.ts';

/** service-quota/v1: what an organization may have at most, and has. */
export const serviceQuotaRoutes = defineRoutes(
  {
    api: 'service-quota/v1',
    tag: 'Service quotas (service-quota/v1)',
    dialect: 'cloud',
    credentials: CLOUD_CREDENTIALS,
  },
  {
    listAppliedQuotas: {
      name: 'listServiceQuotaV1AppliedQuotas',
      summary: 'List the limits of a scope, with usage for the object that is named',
      method: 'GET',
      path: '/service-quota/v1/applied-quotas',
      query: ListAppliedQuotasQuerySchema,
      response: { status: 200, schema: AppliedQuotaListSchema, location: false },
      permission: 'service-quota:list',
      errors: LIST_ERRORS,
    },
    getAppliedQuota: {
      name: 'getServiceQuotaV1AppliedQuota',
      summary: 'Read one limit',
      method: 'GET',
      path: '/service-quota/v1/applied-quotas/{id}',
      params: IdParamsSchema,
      query: AppliedQuotaQuerySchema,
      response: { status: 200, schema: AppliedQuotaSchema, location: false },
      permission: 'service-quota:read',
      errors: READ_ERRORS,
    },
    listQuotaScopes: {
      name: 'listServiceQuotaV1Scopes',
      summary: 'List the scopes of limits',
      method: 'GET',
      path: '/service-quota/v1/scopes',
      query: QuotaPageQuerySchema,
      response: { status: 200, schema: QuotaScopeListSchema, location: false },
      permission: 'service-quota:list',
      errors: LIST_ERRORS,
    },
    getQuotaScope: {
      name: 'getServiceQuotaV1Scope',
      summary: 'Read one scope',
      method: 'GET',
      path: '/service-quota/v1/scopes/{id}',
      params: IdParamsSchema,
      response: { status: 200, schema: QuotaScopeSchema, location: false },
      permission: 'service-quota:read',
      errors: READ_ERRORS,
    },
  },
);
