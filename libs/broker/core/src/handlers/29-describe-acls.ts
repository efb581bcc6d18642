// DescribeAcls: versions 1 to 3 (KIP-140, v1 pattern types by KIP-290). Needs DESCRIBE on the cluster.
import { AclOperation, describeAcls as describe } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  describeAclsRequestSchema,
  readDescribeAclsRequest,
  type DescribeAclsRequest,
} from '@weirhouse/kafka-protocol/messages/describe-acls-request';
import {
  defaultDescribeAclsResponse,
  writeDescribeAclsResponse,
  type DescribeAclsResponse,
} from '@weirhouse/kafka-protocol/messages/describe-acls-response';

import { defineHandler } from '../handler.ts';

/** API key 29. */
export const describeAcls = defineHandler<DescribeAclsRequest, DescribeAclsResponse>({
  schema: describeAclsRequestSchema,
  minVersion: 1,
  maxVersion: 3,
  authenticated: true,
  borrowsFrame: true,
  read: readDescribeAclsRequest,
  write: writeDescribeAclsResponse,
  handle({ caller, services }, request, respond) {
    const { access, image } = services;
    if (!access.cluster(caller, AclOperation.DESCRIBE))
      return respond({
        ...defaultDescribeAclsResponse(),
        errorCode: KafkaError.CLUSTER_AUTHORIZATION_FAILED,
      });
    respond(describe(image.acls, request, { fromPlatform: access.isPlatform(caller) }));
  },
});
