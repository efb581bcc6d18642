import { IdParamsSchema } from '../common.ts';
import {
  CLOUD_CREDENTIALS,
  defineRoutes,
  DELETE_ERRORS,
  LIST_ERRORS,
  NOTHING,
  READ_ERRORS,
  UPDATE_ERRORS,
} from '../define-routes.ts';
import { PageQuerySchema } from '../paging.ts';
import { UpdateUserSchema, UserListSchema, UserSchema } from './users.ts';

/** iam/v2 users. There is no create: people are invited. */
export const userRoutes = defineRoutes(
  { api: 'iam/v2', tag: 'Users (iam/v2)', dialect: 'cloud', credentials: CLOUD_CREDENTIALS },
  {
    listUsers: {
      name: 'listIamV2Users',
      summary: 'List users, those who were invited and have not accepted included',
      method: 'GET',
      path: '/iam/v2/users',
      query: PageQuerySchema,
      response: { status: 200, schema: UserListSchema, location: false },
      permission: 'user:list',
      errors: LIST_ERRORS,
    },
    getUser: {
      name: 'getIamV2User',
      summary: 'Read a user',
      method: 'GET',
      path: '/iam/v2/users/{id}',
      params: IdParamsSchema,
      response: { status: 200, schema: UserSchema, location: false },
      permission: 'user:read',
      errors: READ_ERRORS,
    },
    updateUser: {
      name: 'updateIamV2User',
      summary: 'Change the name of a user',
      method: 'PATCH',
      path: '/iam/v2/users/{id}',
      params: IdParamsSchema,
      body: UpdateUserSchema,
      response: { status: 200, schema: UserSchema, location: false },
      permission: 'user:update',
      auditType: 'UpdateUser',
      errors: UPDATE_ERRORS,
    },
    deleteUser: {
      name: 'deleteIamV2User',
      summary: 'Delete a user with sessions, API keys and role bindings',
      method: 'DELETE',
      path: '/iam/v2/users/{id}',
      params: IdParamsSchema,
      response: NOTHING,
      permission: 'user:delete',
      auditType: 'DeleteUser',
      errors: DELETE_ERRORS,
    },
  },
);
