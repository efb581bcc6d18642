// DescribeClientQuotas: versions 0 and 1 (KIP-546). Needs DESCRIBE_CONFIGS on the cluster.
import {
  AclOperation,
  describeClientQuotas as describe,
  describeClientQuotasFailure,
} from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  describeClientQuotasRequestSchema,
  readDescribeClientQuotasRequest,
  type DescribeClientQuotasRequest,
} from '@weirhouse/kafka-protocol/messages/describe-client-quotas-request';
import {
  writeDescribeClientQuotasResponse,
  type DescribeClientQuotasResponse,
} from '@weirhouse/kafka-protocol/messages/describe-client-quotas-response';

import { defineHandler } from '../handler.ts';

/** API key 48. */
export const describeClientQuotas = defineHandler<
  DescribeClientQuotasRequest,
  DescribeClientQuotasResponse
>({
  schema: describeClientQuotasRequestSchema,
  minVersion: 0,
  maxVersion: 1,
  authenticated: true,
  borrowsFrame: true,
  read: readDescribeClientQuotasRequest,
  write: writeDescribeClientQuotasResponse,
  handle({ caller, services }, request, respond) {
    const { access, image } = services;
    if (!access.cluster(caller, AclOperation.DESCRIBE_CONFIGS))
      return respond(describeClientQuotasFailure(KafkaError.CLUSTER_AUTHORIZATION_FAILED, null));
    respond(describe(image.quotas, request));
  },
});
