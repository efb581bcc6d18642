import { CLOUD_CREDENTIALS, defineRoutes, LIST_ERRORS } from '../define-routes.ts';
import { AuditEventListSchema, ListAuditEventsQuerySchema } from './audit-events.ts';

/** Our own route on what happened in an organization. */
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
  },
);
