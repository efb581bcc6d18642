import { IdParamsSchema } from '../common.ts';
import {
  CLOUD_CREDENTIALS,
  CREATE_ERRORS,
  defineRoutes,
  DELETE_ERRORS,
  LIST_ERRORS,
  NOTHING,
  READ_ERRORS,
  UPDATE_ERRORS,
} from '../define-routes.ts';
import {
  CreateServiceAccountSchema,
  ListServiceAccountsQuerySchema,
  ServiceAccountListSchema,
  ServiceAccountSchema,
  UpdateServiceAccountSchema,
} from './service-accounts.ts';

/** iam/v2 service accounts. */
export const serviceAccountRoutes = defineRoutes(
  {
    api: 'iam/v2',
    tag: 'Service accounts (iam/v2)',
    dialect: 'cloud',
    credentials: CLOUD_CREDENTIALS,
  },
  {
    listServiceAccounts: {
      name: 'listIamV2ServiceAccounts',
      summary: 'List service accounts',
      method: 'GET',
      path: '/iam/v2/service-accounts',
      query: ListServiceAccountsQuerySchema,
      response: { status: 200, schema: ServiceAccountListSchema, location: false },
      permission: 'service-account:list',
      errors: LIST_ERRORS,
    },
    createServiceAccount: {
      name: 'createIamV2ServiceAccount',
      summary: 'Create a service account',
      method: 'POST',
      path: '/iam/v2/service-accounts',
      body: CreateServiceAccountSchema,
      response: { status: 201, schema: ServiceAccountSchema, location: true },
      permission: 'service-account:create',
      auditType: 'CreateServiceAccount',
      errors: CREATE_ERRORS,
    },
    getServiceAccount: {
      name: 'getIamV2ServiceAccount',
      summary: 'Read a service account',
      method: 'GET',
      path: '/iam/v2/service-accounts/{id}',
      params: IdParamsSchema,
      response: { status: 200, schema: ServiceAccountSchema, location: false },
      permission: 'service-account:read',
      errors: READ_ERRORS,
    },
    updateServiceAccount: {
      name: 'updateIamV2ServiceAccount',
      summary: 'Change a service account',
      method: 'PATCH',
      path: '/iam/v2/service-accounts/{id}',
      params: IdParamsSchema,
      body: UpdateServiceAccountSchema,
      response: { status: 200, schema: ServiceAccountSchema, location: false },
      permission: 'service-account:update',
      auditType: 'UpdateServiceAccount',
      errors: UPDATE_ERRORS,
    },
    deleteServiceAccount: {
      name: 'deleteIamV2ServiceAccount',
      summary: 'Delete a service account with its API keys and role bindings',
      method: 'DELETE',
      path: '/iam/v2/service-accounts/{id}',
      params: IdParamsSchema,
      response: NOTHING,
      permission: 'service-account:delete',
      auditType: 'DeleteServiceAccount',
      errors: DELETE_ERRORS,
    },
  },
);
