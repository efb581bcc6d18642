import { IdParamsSchema } from '../common.ts';
import {
  CLOUD_CREDENTIALS,
  CREATE_ERRORS,
  DELETE_ERRORS,
  defineRoutes,
  LIST_ERRORS,
  NOTHING,
  READ_ERRORS,
  UPDATE_ERRORS,
} from '../define-routes.ts';
import {
  CreateEnvironmentSchema,
  EnvironmentListSchema,
  EnvironmentSchema,
  UpdateEnvironmentSchema,
} from './environments.ts';
import { PageQuerySchema } from '../paging.ts';

/** org/v2 environments. */
export const environmentRoutes = defineRoutes(
  {
    api: 'org/v2',
    tag: 'Environments (org/v2)',
    dialect: 'cloud',
    credentials: CLOUD_CREDENTIALS,
  },
  {
    listEnvironments: {
      name: 'listOrgV2Environments',
      summary: 'List environments',
      method: 'GET',
      path: '/org/v2/environments',
      query: PageQuerySchema,
      response: { status: 200, schema: EnvironmentListSchema, location: false },
      permission: 'environment:list',
      errors: LIST_ERRORS,
    },
    createEnvironment: {
      name: 'createOrgV2Environment',
      summary: 'Create an environment',
      method: 'POST',
      path: '/org/v2/environments',
      body: CreateEnvironmentSchema,
      response: { status: 201, schema: EnvironmentSchema, location: true },
      permission: 'environment:create',
      auditType: 'CreateEnvironment',
      errors: CREATE_ERRORS,
    },
    getEnvironment: {
      name: 'getOrgV2Environment',
      summary: 'Read an environment',
      method: 'GET',
      path: '/org/v2/environments/{id}',
      params: IdParamsSchema,
      response: { status: 200, schema: EnvironmentSchema, location: false },
      permission: 'environment:read',
      errors: READ_ERRORS,
    },
    updateEnvironment: {
      name: 'updateOrgV2Environment',
      summary: 'Change an environment',
      method: 'PATCH',
      path: '/org/v2/environments/{id}',
      params: IdParamsSchema,
      body: UpdateEnvironmentSchema,
      response: { status: 200, schema: EnvironmentSchema, location: false },
      permission: 'environment:update',
      auditType: 'UpdateEnvironment',
      errors: UPDATE_ERRORS,
    },
    deleteEnvironment: {
      name: 'deleteOrgV2Environment',
      summary: 'Delete an environment that holds no clusters',
      method: 'DELETE',
      path: '/org/v2/environments/{id}',
      params: IdParamsSchema,
      response: NOTHING,
      permission: 'environment:delete',
      auditType: 'DeleteEnvironment',
      errors: DELETE_ERRORS,
    },
  },
);
