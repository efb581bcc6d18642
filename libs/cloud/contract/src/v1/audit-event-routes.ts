import { CLOUD_CREDENTIALS, defineRoutes, LIST_ERRORS, UPDATE_ERRORS } from '../define-routes.ts';
import { AuditEventListSchema, ListAuditEventsQuerySchema } from './audit-events.ts';
import { AuditLogSchema, UpdateAuditLogSchema } from './audit-log.ts';

/** Our own routes on what happened in an organization, and where else that is told. */
export const auditEventRoutes = defineRoutes(
  { api: 'v1', tag: 'Audit events (v1)', dialect: 'cloud', credentials: CLOUD_CREDENTIALS },
  {
    listAuditEvents: {
      name: 'listV1AuditEvents',
      summary: 'List what was changed and what was refused, newest first, as CloudEvents',
      method: 'GET',
      path: '/v1/audit-events',
      query: ListAuditEventsQuerySchema,
      response: { status: 200, schema: AuditEventListSchema, location: false },
      permission: 'audit-log:read',
      errors: LIST_ERRORS,
    },
    getAuditLog: {
      name: 'getV1AuditLog',
      summary: 'Where audit events are delivered to, and how far that has come',
      method: 'GET',
      path: '/v1/audit-log',
      response: { status: 200, schema: AuditLogSchema, location: false },
      permission: 'audit-log:read',
      errors: LIST_ERRORS,
    },
    updateAuditLog: {
      name: 'updateV1AuditLog',
      summary:
        'Deliver audit events to a Kafka cluster of the organization from now on, or no more',
      method: 'PATCH',
      path: '/v1/audit-log',
      body: UpdateAuditLogSchema,
      response: { status: 200, schema: AuditLogSchema, location: false },
      permission: 'audit-log:update',
      auditType: 'UpdateAuditLog',
      errors: UPDATE_ERRORS,
    },
  },
);
