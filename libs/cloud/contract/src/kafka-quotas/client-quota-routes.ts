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
  ClientQuotaListSchema,
  ClientQuotaSchema,
  CreateClientQuotaSchema,
  ListClientQuotasQuerySchema,
  UpdateClientQuotaSchema,
} from './client-quotas.ts';

const PATH = '/kafka-quotas/v1/client-quotas';

/** kafka-quotas/v1: how much principals may send to and take from a cluster. */
export const clientQuotaRoutes = defineRoutes(
  {
    api: 'kafka-quotas/v1',
    tag: 'Client quotas (kafka-quotas/v1)',
    dialect: 'cloud',
    credentials: CLOUD_CREDENTIALS,
  },
  {
    listClientQuotas: {
      name: 'listKafkaQuotasV1ClientQuotas',
      summary: 'List the client quotas of a cluster',
      method: 'GET',
      path: PATH,
      query: ListClientQuotasQuerySchema,
      response: { status: 200, schema: ClientQuotaListSchema, location: false },
      permission: 'client-quota:list',
      errors: LIST_ERRORS,
    },
    createClientQuota: {
      name: 'createKafkaQuotasV1ClientQuota',
      summary: 'Create a client quota; brokers know it some seconds later',
      method: 'POST',
      path: PATH,
      body: CreateClientQuotaSchema,
      response: { status: 202, schema: ClientQuotaSchema, location: true },
      permission: 'client-quota:create',
      auditType: 'CreateClientQuota',
      errors: CREATE_ERRORS,
    },
    getClientQuota: {
      name: 'getKafkaQuotasV1ClientQuota',
      summary: 'Read a client quota',
      method: 'GET',
      path: `${PATH}/{id}`,
      params: IdParamsSchema,
      response: { status: 200, schema: ClientQuotaSchema, location: false },
      permission: 'client-quota:read',
      errors: READ_ERRORS,
    },
    updateClientQuota: {
      name: 'updateKafkaQuotasV1ClientQuota',
      summary: 'Change a client quota',
      method: 'PATCH',
      path: `${PATH}/{id}`,
      params: IdParamsSchema,
      body: UpdateClientQuotaSchema,
      response: { status: 200, schema: ClientQuotaSchema, location: false },
      permission: 'client-quota:update',
      auditType: 'UpdateClientQuota',
      errors: UPDATE_ERRORS,
    },
    deleteClientQuota: {
      name: 'deleteKafkaQuotasV1ClientQuota',
      summary: 'Delete a client quota',
      method: 'DELETE',
      path: `${PATH}/{id}`,
      params: IdParamsSchema,
      response: NOTHING,
      permission: 'client-quota:delete',
      auditType: 'DeleteClientQuota',
      errors: DELETE_ERRORS,
    },
  },
);
