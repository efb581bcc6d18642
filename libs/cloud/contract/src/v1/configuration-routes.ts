import { EmptySchema, IdParamsSchema } from '../common.ts';
import {
  CLOUD_CREDENTIALS,
  CREATE_ERRORS,
  defineRoutes,
  NOTHING,
  READ_ERRORS,
  UPDATE_ERRORS,
} from '../define-routes.ts';
import {
  ConfigurationParamsSchema,
  ConfigurationSchema,
  CreatePlanSchema,
  NoteConfigurationSchema,
  PlanSchema,
} from './configurations.ts';

/** Our own routes of declarative configuration: plans, and what each configuration made. */
export const configurationRoutes = defineRoutes(
  {
    api: 'v1',
    tag: 'Declarative configuration (v1)',
    dialect: 'cloud',
    credentials: CLOUD_CREDENTIALS,
  },
  {
    getConfiguration: {
      name: 'getV1Configuration',
      summary: 'Read what a configuration made',
      method: 'GET',
      path: '/v1/configurations/{name}',
      params: ConfigurationParamsSchema,
      response: { status: 200, schema: ConfigurationSchema, location: false },
      permission: 'plan:read',
      errors: READ_ERRORS,
    },
    noteConfiguration: {
      name: 'noteV1Configuration',
      summary: 'Hold a configuration for an apply, and note what that made and deleted',
      method: 'POST',
      path: '/v1/configurations/{name}:note',
      params: ConfigurationParamsSchema,
      body: NoteConfigurationSchema,
      response: NOTHING,
      permission: 'plan:apply',
      auditType: 'NoteConfiguration',
      errors: UPDATE_ERRORS,
    },
    createPlan: {
      name: 'createV1Plan',
      summary: 'Say what a weir.yaml would change, without changing it',
      method: 'POST',
      path: '/v1/plans',
      body: CreatePlanSchema,
      response: { status: 201, schema: PlanSchema, location: true },
      permission: 'plan:create',
      auditType: 'CreatePlan',
      errors: [...CREATE_ERRORS, 503, 504],
    },
    getPlan: {
      name: 'getV1Plan',
      summary: 'Read a plan and how far its apply is',
      method: 'GET',
      path: '/v1/plans/{id}',
      params: IdParamsSchema,
      response: { status: 200, schema: PlanSchema, location: false },
      permission: 'plan:read',
      errors: READ_ERRORS,
    },
    applyPlan: {
      name: 'applyV1Plan',
      summary: 'Do what a plan says, with the rights of the caller; 409 when the world moved on',
      method: 'POST',
      path: '/v1/plans/{id}:apply',
      params: IdParamsSchema,
      body: EmptySchema,
      response: { status: 202, schema: PlanSchema, location: false },
      permission: 'plan:apply',
      auditType: 'ApplyPlan',
      errors: [...UPDATE_ERRORS, 503, 504],
    },
  },
);
