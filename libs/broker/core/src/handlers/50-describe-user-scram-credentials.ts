// DescribeUserScramCredentials: version 0 (KIP-554). Mechanisms and iterations, never keys. Needs
// DESCRIBE on the cluster.
import { AclOperation, describeUserScramCredentials as describe } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  describeUserScramCredentialsRequestSchema,
  readDescribeUserScramCredentialsRequest,
  type DescribeUserScramCredentialsRequest,
} from '@weirhouse/kafka-protocol/messages/describe-user-scram-credentials-request';
import {
  defaultDescribeUserScramCredentialsResponse,
  writeDescribeUserScramCredentialsResponse,
  type DescribeUserScramCredentialsResponse,
} from '@weirhouse/kafka-protocol/messages/describe-user-scram-credentials-response';

import { defineHandler } from '../handler.ts';

/** API key 50. */
export const describeUserScramCredentials = defineHandler<
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse
>({
  schema: describeUserScramCredentialsRequestSchema,
  minVersion: 0,
  maxVersion: 0,
  authenticated: true,
  borrowsFrame: true,
  read: readDescribeUserScramCredentialsRequest,
  write: writeDescribeUserScramCredentialsResponse,
  handle({ caller, services }, request, respond) {
    const { access, image } = services;
    if (!access.cluster(caller, AclOperation.DESCRIBE))
      return respond({
        ...defaultDescribeUserScramCredentialsResponse(),
        errorCode: KafkaError.CLUSTER_AUTHORIZATION_FAILED,
      });
    const fromPlatform = access.isPlatform(caller);
    respond(describe(image.credentials, request, { fromPlatform }));
  },
});
