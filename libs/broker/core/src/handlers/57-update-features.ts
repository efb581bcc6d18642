// UpdateFeatures: versions 0 to 2 (KIP-584, v1 upgrade types and validate only, v2 all or none KIP-1022).
// Needs ALTER on the cluster.
import { AclOperation, updateFeatures as decide } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  updateFeaturesRequestSchema,
  readUpdateFeaturesRequest,
  type UpdateFeaturesRequest,
} from '@weirhouse/kafka-protocol/messages/update-features-request';
import {
  defaultUpdateFeaturesResponse,
  writeUpdateFeaturesResponse,
  type UpdateFeaturesResponse,
} from '@weirhouse/kafka-protocol/messages/update-features-response';

import { defineHandler } from '../handler.ts';

/** API key 57. */
export const updateFeatures = defineHandler<UpdateFeaturesRequest, UpdateFeaturesResponse>({
  schema: updateFeaturesRequestSchema,
  minVersion: 0,
  maxVersion: 2,
  authenticated: true,
  notes: [
    'Only metadata.version 30 (4.3-IV0) can be finalized; features that are not served are not supported at any level.',
  ],
  borrowsFrame: true,
  read: readUpdateFeaturesRequest,
  write: writeUpdateFeaturesResponse,
  handle({ caller, services, version }, request, respond) {
    const { access, metadata } = services;
    const failed = (errorCode: number) =>
      respond({ ...defaultUpdateFeaturesResponse(), errorCode });
    if (!access.cluster(caller, AclOperation.ALTER))
      return failed(KafkaError.CLUSTER_AUTHORIZATION_FAILED);
    metadata.submit((controller) => decide(controller, request, version), respond, failed);
  },
});
