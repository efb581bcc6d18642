import { z } from 'zod';
import { ListMetaSchema } from '../common.ts';
import { PageQuerySchema } from '../paging.ts';

/** How what was asked for ended. */
const RESULTS = ['SUCCESS', 'UNAUTHENTICATED', 'FORBIDDEN'] as const;

/** Query of the list: newest first, narrowed by any of these. */
export const ListAuditEventsQuerySchema = PageQuerySchema.extend({
  method: z.string().min(1).max(128).optional().describe('Method name, e.g. CreateEnvironment.'),
  principal: z.string().min(1).max(255).optional().describe('Who acted, e.g. User:u-x.'),
  result: z.enum(RESULTS).optional(),
  start_time: z.iso.datetime({ offset: true }).optional().describe('Not older than this.'),
  end_time: z.iso.datetime({ offset: true }).optional().describe('Older than this.'),
});

/** One event in the JSON form of CloudEvents 1.0. */
export const AuditEventSchema = z.object({
  id: z.string(),
  specversion: z.literal('1.0'),
  source: z.string(),
  subject: z.string(),
  type: z.literal('io.confluent.cloud/request'),
  time: z.iso.datetime({ offset: true }),
  datacontenttype: z.literal('application/json'),
  data: z.object({
    serviceName: z.string(),
    methodName: z.string(),
    resourceName: z.string(),
    authenticationInfo: z.object({
      principal: z.string(),
      metadata: z.object({ identifier: z.string() }).optional(),
    }),
    requestMetadata: z.object({
      requestId: z.array(z.string()),
      clientAddress: z.array(z.object({ ip: z.string() })).optional(),
    }),
    result: z.object({ status: z.enum(['SUCCESS', 'FAILURE']), message: z.string().optional() }),
  }),
});

/** A page of events. */
export const AuditEventListSchema = z.object({
  api_version: z.literal('v1'),
  kind: z.literal('AuditEventList'),
  metadata: ListMetaSchema,
  data: z.array(AuditEventSchema),
});
