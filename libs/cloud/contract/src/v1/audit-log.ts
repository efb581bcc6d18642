import { z } from 'zod';
import { IdSchema, ObjectMetaSchema, TimestampSchema } from '../common.ts';

/** The topic that audit events are written to; clients of the contract know this name. */
export const AUDIT_TOPIC = 'confluent-audit-log-events';

/** Body of PATCH /v1/audit-log. */
export const UpdateAuditLogSchema = z.object({
  cluster_id: IdSchema.nullable().describe(
    'The Kafka cluster that is to receive audit events from now on; null = none.',
  ),
});

/** Where an organization's audit events go beside GET /v1/audit-events, and how that works. */
export const AuditLogSchema = z.object({
  api_version: z.literal('v1'),
  kind: z.literal('AuditLog'),
  metadata: ObjectMetaSchema.pick({ self: true, resource_name: true }),
  cluster_id: IdSchema.optional().describe('Absent = events are kept in the database only.'),
  environment_id: IdSchema.optional(),
  topic_name: z.literal(AUDIT_TOPIC),
  status: z.object({
    phase: z
      .enum(['OFF', 'DELIVERING', 'FAILING'])
      .describe('FAILING = the last try failed; it is tried again, and nothing is lost.'),
    delivered_events: z.int().min(0),
    pending_events: z.int().min(0),
    oldest_pending_at: TimestampSchema.optional(),
    last_delivered_at: TimestampSchema.optional(),
    failure: z.string().optional(),
  }),
});
