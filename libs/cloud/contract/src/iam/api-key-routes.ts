import { IdParamsSchema } from '../common.ts';
import {
  CLOUD_CREDENTIALS,
  CREATE_ERRORS,
  defineRoutes,
  LIST_ERRORS,
  NOTHING,
  READ_ERRORS,
  UPDATE_ERRORS,
} from '../define-routes.ts';
import {
  ApiKeyListSchema,
  ApiKeySchema,
  CreateApiKeySchema,
  ListApiKeysQuerySchema,
  UpdateApiKeySchema,
} from './api-keys.ts';

/** iam/v2 API keys. */
export const apiKeyRoutes = defineRoutes(
  {
    api: 'iam/v2',
    tag: 'API keys (iam/v2)',
    dialect: 'cloud',
    credentials: CLOUD_CREDENTIALS,
  },
  {
    listApiKeys: {
      name: 'listIamV2ApiKeys',
      summary: 'List API keys',
      method: 'GET',
      path: '/iam/v2/api-keys',
      query: ListApiKeysQuerySchema,
      response: { status: 200, schema: ApiKeyListSchema, location: false },
      permission: 'api-key:list',
      errors: LIST_ERRORS,
    },
    createApiKey: {
      name: 'createIamV2ApiKey',
      summary: 'Create an API key; the answer is the only place its secret is ever shown',
      method: 'POST',
      path: '/iam/v2/api-keys',
      body: CreateApiKeySchema,
      response: { status: 202, schema: ApiKeySchema, location: true },
      permission: 'api-key:create',
      auditType: 'CreateAPIKey',
      errors: CREATE_ERRORS,
    },
    getApiKey: {
      name: 'getIamV2ApiKey',
      summary: 'Read an API key, without its secret',
      method: 'GET',
      path: '/iam/v2/api-keys/{id}',
      params: IdParamsSchema,
      response: { status: 200, schema: ApiKeySchema, location: false },
      permission: 'api-key:read',
      errors: READ_ERRORS,
    },
    updateApiKey: {
      name: 'updateIamV2ApiKey',
      summary: 'Change the name or the description of an API key',
      method: 'PATCH',
      path: '/iam/v2/api-keys/{id}',
      params: IdParamsSchema,
      body: UpdateApiKeySchema,
      response: { status: 200, schema: ApiKeySchema, location: false },
      permission: 'api-key:update',
      auditType: 'UpdateAPIKey',
      errors: UPDATE_ERRORS,
    },
    deleteApiKey: {
      name: 'deleteIamV2ApiKey',
      summary: 'Delete an API key',
      method: 'DELETE',
      path: '/iam/v2/api-keys/{id}',
      params: IdParamsSchema,
      response: NOTHING,
      permission: 'api-key:delete',
      auditType: 'DeleteAPIKey',
      errors: READ_ERRORS,
    },
  },
);
