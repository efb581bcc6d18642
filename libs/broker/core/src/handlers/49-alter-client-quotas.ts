// AlterClientQuotas: versions 0 and 1 (KIP-546). Needs ALTER_CONFIGS on the cluster.
import { AclOperation, alterClientQuotas as decide } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  alterClientQuotasRequestSchema,
  readAlterClientQuotasRequest,
  type AlterClientQuotasRequest,
} from '@weirhouse/kafka-protocol/messages/alter-client-quotas-request';
import {
  writeAlterClientQuotasResponse,
  type AlterClientQuotasResponse,
} from '@weirhouse/kafka-protocol/messages/alter-client-quotas-response';

import { defineHandler } from '../handler.ts';

/** API key 49. */
export const alterClientQuotas = defineHandler<AlterClientQuotasRequest, AlterClientQuotasResponse>(
  {
    schema: alterClientQuotasRequestSchema,
    minVersion: 0,
    maxVersion: 1,
    authenticated: true,
    borrowsFrame: true,
    read: readAlterClientQuotasRequest,
    write: writeAlterClientQuotasResponse,
    handle({ caller, services }, request, respond) {
      const { access, metadata } = services;
      const failAll = (errorCode: number) => respond(failed(request, errorCode));
      if (!access.cluster(caller, AclOperation.ALTER_CONFIGS))
        return failAll(KafkaError.CLUSTER_AUTHORIZATION_FAILED);
      metadata.submit((controller) => decide(controller, request), respond, failAll);
    },
  },
);

function failed(
  { entries }: AlterClientQuotasRequest,
  errorCode: number,
): AlterClientQuotasResponse {
  return {
    throttleTimeMs: 0,
    entries: entries.map(({ entity }) => ({ entity, errorCode, errorMessage: null })),
  };
}
