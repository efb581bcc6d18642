import { defineRoutes, LIST_ERRORS } from '../define-routes.ts';
import { EnvironmentMetadataSchema, UsageLimitsQuerySchema, UsageLimitsSchema } from './offers.ts';

/** What can be had here, as the contract's command line asks for it below /api. */
export const offerRoutes = defineRoutes(
  { api: 'sessions', tag: 'Sessions', dialect: 'cloud', credentials: ['session'] },
  {
    getEnvironmentMetadata: {
      name: 'getEnvironmentMetadata',
      summary: 'The regions that can be had, by cloud',
      method: 'GET',
      path: '/env_metadata',
      response: { status: 200, schema: EnvironmentMetadataSchema, location: false },
      permission: 'region:list',
      errors: LIST_ERRORS,
    },
    getUsageLimits: {
      name: 'getUsageLimits',
      summary: 'What clusters of each kind and size may be used for',
      method: 'GET',
      path: '/usage_limits',
      query: UsageLimitsQuerySchema,
      response: { status: 200, schema: UsageLimitsSchema, location: false },
      permission: undefined,
      errors: LIST_ERRORS,
    },
  },
);
