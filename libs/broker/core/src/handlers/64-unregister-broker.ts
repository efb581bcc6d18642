// UnregisterBroker: version 0 (KIP-500). A broker that is gone for good is forgotten; the controller does
// not unregister itself, which would take the cluster down. Needs ALTER on the cluster.
import { AclOperation, unregisterBroker as decide } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  unregisterBrokerRequestSchema,
  readUnregisterBrokerRequest,
  type UnregisterBrokerRequest,
} from '@weirhouse/kafka-protocol/messages/unregister-broker-request';
import {
  writeUnregisterBrokerResponse,
  type UnregisterBrokerResponse,
} from '@weirhouse/kafka-protocol/messages/unregister-broker-response';

import { defineHandler } from '../handler.ts';

/** API key 64. */
export const unregisterBroker = defineHandler<UnregisterBrokerRequest, UnregisterBrokerResponse>({
  schema: unregisterBrokerRequestSchema,
  minVersion: 0,
  maxVersion: 0,
  authenticated: true,
  notes: ['The controller does not unregister itself (error 42).'],
  borrowsFrame: true,
  read: readUnregisterBrokerRequest,
  write: writeUnregisterBrokerResponse,
  handle({ caller, services }, request, respond) {
    const { access, metadata, nodeId } = services;
    const failed = (errorCode: number) =>
      respond({ throttleTimeMs: 0, errorCode, errorMessage: null });
    if (!access.cluster(caller, AclOperation.ALTER))
      return failed(KafkaError.CLUSTER_AUTHORIZATION_FAILED);
    metadata.submit((controller) => decide(controller, request.brokerId, nodeId), respond, failed);
  },
});
