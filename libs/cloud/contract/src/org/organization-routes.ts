import { IdParamsSchema } from '../common.ts';
import {
  CLOUD_CREDENTIALS,
  defineRoutes,
  LIST_ERRORS,
  READ_ERRORS,
  UPDATE_ERRORS,
} from '../define-routes.ts';
import { PageQuerySchema } from '../paging.ts';
import {
  OrganizationListSchema,
  OrganizationSchema,
  UpdateOrganizationSchema,
} from './organizations.ts';

/** org/v2 organizations: a credential belongs to one, and sees that one. */
export const organizationRoutes = defineRoutes(
  {
    api: 'org/v2',
    tag: 'Organizations (org/v2)',
    dialect: 'cloud',
    credentials: CLOUD_CREDENTIALS,
  },
  {
    listOrganizations: {
      name: 'listOrgV2Organizations',
      summary: 'List the organization of the caller',
      method: 'GET',
      path: '/org/v2/organizations',
      query: PageQuerySchema,
      response: { status: 200, schema: OrganizationListSchema, location: false },
      permission: 'organization:list',
      errors: LIST_ERRORS,
    },
    getOrganization: {
      name: 'getOrgV2Organization',
      summary: 'Read an organization',
      method: 'GET',
      path: '/org/v2/organizations/{id}',
      params: IdParamsSchema,
      response: { status: 200, schema: OrganizationSchema, location: false },
      permission: 'organization:read',
      errors: READ_ERRORS,
    },
    updateOrganization: {
      name: 'updateOrgV2Organization',
      summary: 'Rename an organization',
      method: 'PATCH',
      path: '/org/v2/organizations/{id}',
      params: IdParamsSchema,
      body: UpdateOrganizationSchema,
      response: { status: 200, schema: OrganizationSchema, location: false },
      permission: 'organization:update',
      auditType: 'UpdateOrganization',
      errors: UPDATE_ERRORS,
    },
  },
);
