import { organizationCrn, type RouteOutput, type routes } from '@weirhouse/cloud-contract';
import type { AuditEvent, AuditResult } from './audit-events.repository.ts';

type Presented = RouteOutput<typeof routes.listAuditEvents>['data'][number];

const MESSAGES: Readonly<Record<AuditResult, string | undefined>> = {
  SUCCESS: undefined,
  UNAUTHENTICATED: 'The credential was refused.',
  FORBIDDEN: 'No role allows it.',
};

/** An event as CloudEvents 1.0 has it, with the data that readers of such logs know. */
export function presentAuditEvent(event: AuditEvent): Presented {
  const { action, actor, clientAddress, credentialId, organizationId, requestId } = event;
  const message = MESSAGES[event.result];
  return {
    id: event.id,
    specversion: '1.0',
    source: organizationCrn(organizationId),
    subject: event.resourceCrn,
    type: 'io.confluent.cloud/request',
    time: new Date(event.createdAtMs).toISOString(),
    datacontenttype: 'application/json',
    data: {
      serviceName: organizationCrn(organizationId),
      methodName: action,
      resourceName: event.resourceCrn,
      authenticationInfo: {
        principal: actor,
        ...(credentialId && { metadata: { identifier: credentialId } }),
      },
      requestMetadata: {
        requestId: [requestId],
        ...(clientAddress && { clientAddress: [{ ip: clientAddress }] }),
      },
      result: {
        status: event.result === 'SUCCESS' ? 'SUCCESS' : 'FAILURE',
        ...(message === undefined ? {} : { message }),
      },
    },
  };
}
