// CreateAcls: versions 1 to 3 (KIP-140, v1 pattern types by KIP-290). Needs ALTER on the cluster.
import { AclOperation, createAcls as decide } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  createAclsRequestSchema,
  readCreateAclsRequest,
  type CreateAclsRequest,
} from '@weirhouse/kafka-protocol/messages/create-acls-request';
import {
  writeCreateAclsResponse,
  type CreateAclsResponse,
} from '@weirhouse/kafka-protocol/messages/create-acls-response';

import { defineHandler } from '../handler.ts';

/** API key 30. */
export const createAcls = defineHandler<CreateAclsRequest, CreateAclsResponse>({
  schema: createAclsRequestSchema,
  minVersion: 1,
  maxVersion: 3,
  authenticated: true,
  read: readCreateAclsRequest,
  write: writeCreateAclsResponse,
  handle({ caller, services }, request, respond) {
    const { access, metadata } = services;
    const failAll = (errorCode: number) => {
      const results = request.creations.map(() => ({ errorCode, errorMessage: null }));
      respond({ throttleTimeMs: 0, results });
    };
    if (!access.cluster(caller, AclOperation.ALTER))
      return failAll(KafkaError.CLUSTER_AUTHORIZATION_FAILED);
    const fromPlatform = access.isPlatform(caller);
    metadata.submit(
      (controller) => decide(controller, request, { fromPlatform }),
      respond,
      failAll,
    );
  },
});
