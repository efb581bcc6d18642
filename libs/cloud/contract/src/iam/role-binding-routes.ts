import { z } from 'zod';
import { IdParamsSchema } from '../common.ts';
import {
  CLOUD_CREDENTIALS,
  defineRoutes,
  DELETE_ERRORS,
  LIST_ERRORS,
  READ_ERRORS,
} from '../define-routes.ts';
import {
  CreateRoleBindingSchema,
  ListRoleBindingsQuerySchema,
  RoleBindingListSchema,
  RoleBindingSchema,
  RoleParamsSchema,
  RoleSchema,
  RolesQuerySchema,
} from './role-bindings.ts';

/** iam/v2 role bindings. What is wrong with a body is 400 here, as this API has no 422. */
export const roleBindingRoutes = defineRoutes(
  {
    api: 'iam/v2',
    tag: 'Role bindings (iam/v2)',
    dialect: 'kafka-rest',
    credentials: CLOUD_CREDENTIALS,
  },
  {
    listRoleBindings: {
      name: 'listIamV2RoleBindings',
      summary: 'List the role bindings at a place, or below it',
      method: 'GET',
      path: '/iam/v2/role-bindings',
      query: ListRoleBindingsQuerySchema,
      response: { status: 200, schema: RoleBindingListSchema, location: false },
      permission: 'role-binding:list',
      errors: LIST_ERRORS,
    },
    createRoleBinding: {
      name: 'createIamV2RoleBinding',
      summary: 'Give a principal a role on what a CRN pattern names',
      method: 'POST',
      path: '/iam/v2/role-bindings',
      body: CreateRoleBindingSchema,
      response: { status: 201, schema: RoleBindingSchema, location: true },
      permission: 'role-binding:create',
      auditType: 'BindRole',
      errors: [400, 401, 402, 403, 409, 413, 415],
    },
    getRoleBinding: {
      name: 'getIamV2RoleBinding',
      summary: 'Read a role binding',
      method: 'GET',
      path: '/iam/v2/role-bindings/{id}',
      params: IdParamsSchema,
      response: { status: 200, schema: RoleBindingSchema, location: false },
      permission: 'role-binding:read',
      errors: READ_ERRORS,
    },
    deleteRoleBinding: {
      name: 'deleteIamV2RoleBinding',
      summary: 'Take a role away; the answer shows the binding for the last time',
      method: 'DELETE',
      path: '/iam/v2/role-bindings/{id}',
      params: IdParamsSchema,
      response: { status: 200, schema: RoleBindingSchema, location: false },
      permission: 'role-binding:delete',
      auditType: 'UnbindRole',
      errors: DELETE_ERRORS,
    },
  },
);

/** What roles there are and what they mean, as the command line asks for it. */
export const roleRoutes = defineRoutes(
  {
    api: 'metadata/security/v2alpha1',
    tag: 'Roles (metadata/security/v2alpha1)',
    dialect: 'kafka-rest',
    credentials: CLOUD_CREDENTIALS,
  },
  {
    listRoles: {
      name: 'Roles',
      summary: 'List roles and what they allow',
      method: 'GET',
      path: '/metadata/security/v2alpha1/roles',
      query: RolesQuerySchema,
      response: { status: 200, schema: z.array(RoleSchema), location: false },
      permission: undefined,
      errors: [400, 401],
    },
    getRole: {
      name: 'RoleDetail',
      summary: 'Read a role and what it allows',
      method: 'GET',
      path: '/metadata/security/v2alpha1/roles/{role_name}',
      params: RoleParamsSchema,
      query: RolesQuerySchema,
      response: { status: 200, schema: RoleSchema, location: false },
      permission: undefined,
      errors: [400, 401, 404],
    },
    listRoleNames: {
      name: 'Rolenames',
      summary: 'List the names of roles',
      method: 'GET',
      path: '/metadata/security/v2alpha1/roleNames',
      query: RolesQuerySchema,
      response: { status: 200, schema: z.array(z.string()), location: false },
      permission: undefined,
      errors: [400, 401],
    },
  },
);
