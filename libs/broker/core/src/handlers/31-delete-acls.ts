// DeleteAcls: versions 1 to 3 (KIP-140, v1 pattern types by KIP-290). Needs ALTER on the cluster.
import { AclOperation, deleteAcls as decide } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  deleteAclsRequestSchema,
  readDeleteAclsRequest,
  type DeleteAclsRequest,
} from '@weirhouse/kafka-protocol/messages/delete-acls-request';
import {
  writeDeleteAclsResponse,
  type DeleteAclsResponse,
} from '@weirhouse/kafka-protocol/messages/delete-acls-response';

import { defineHandler } from '../handler.ts';

/** API key 31. */
export const deleteAcls = defineHandler<DeleteAclsRequest, DeleteAclsResponse>({
  schema: deleteAclsRequestSchema,
  minVersion: 1,
  maxVersion: 3,
  authenticated: true,
  read: readDeleteAclsRequest,
  write: writeDeleteAclsResponse,
  handle({ caller, services }, request, respond) {
    const { access, metadata } = services;
    const failAll = (errorCode: number) => {
      const failed = { errorCode, errorMessage: null, matchingAcls: [] };
      respond({ throttleTimeMs: 0, filterResults: request.filters.map(() => failed) });
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
