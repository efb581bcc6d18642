// ElectLeaders: versions 0 to 2 (KIP-183, v1 unclean elections and top-level error KIP-460). Needs ALTER
// on the cluster.
import { AclOperation, electLeaders as decide } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  electLeadersRequestSchema,
  readElectLeadersRequest,
  type ElectLeadersRequest,
} from '@weirhouse/kafka-protocol/messages/elect-leaders-request';
import {
  writeElectLeadersResponse,
  type ElectLeadersResponse,
} from '@weirhouse/kafka-protocol/messages/elect-leaders-response';

import { defineHandler } from '../handler.ts';

const ERROR_FROM_VERSION = 1;

/** API key 43. */
export const electLeaders = defineHandler<ElectLeadersRequest, ElectLeadersResponse>({
  schema: electLeadersRequestSchema,
  minVersion: 0,
  maxVersion: 2,
  authenticated: true,
  borrowsFrame: true,
  read: readElectLeadersRequest,
  write: writeElectLeadersResponse,
  handle(context, request, respond) {
    const failed = (errorCode: number) => respond(refusal(context.version, request, errorCode));
    const { access, metadata } = context.services;
    if (!access.cluster(context.caller, AclOperation.ALTER))
      return failed(KafkaError.CLUSTER_AUTHORIZATION_FAILED);
    metadata.submit((controller) => decide(controller, request), respond, failed);
  },
});

/** Version 0 has no place for an error but the partitions. */
function refusal(
  version: number,
  request: ElectLeadersRequest,
  errorCode: number,
): ElectLeadersResponse {
  if (version >= ERROR_FROM_VERSION)
    return { throttleTimeMs: 0, errorCode, replicaElectionResults: [] };
  const replicaElectionResults = (request.topicPartitions ?? []).map(({ partitions, topic }) => ({
    topic,
    partitionResult: partitions.map((partitionId) => {
      return { partitionId, errorCode, errorMessage: null };
    }),
  }));
  return { throttleTimeMs: 0, errorCode: KafkaError.NONE, replicaElectionResults };
}
