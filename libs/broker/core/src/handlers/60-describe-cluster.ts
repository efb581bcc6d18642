// DescribeCluster: versions 0 to 2 (KIP-700). v1 endpoint type (KIP-919): brokers only, there are no
// separate controllers; v2 fenced brokers. Everybody may ask; the authorized operations are 0 for those who may
// not describe the cluster.
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  describeClusterRequestSchema,
  readDescribeClusterRequest,
  type DescribeClusterRequest,
} from '@weirhouse/kafka-protocol/messages/describe-cluster-request';
import {
  defaultDescribeClusterResponse,
  writeDescribeClusterResponse,
  type DescribeClusterResponse,
} from '@weirhouse/kafka-protocol/messages/describe-cluster-response';

import { OPERATIONS_OMITTED } from '../access.ts';
import { defineHandler, type RequestContext } from '../handler.ts';

const EndpointType = { BROKERS: 1, CONTROLLERS: 2 } as const;

/** API key 60. */
export const describeCluster = defineHandler<DescribeClusterRequest, DescribeClusterResponse>({
  schema: describeClusterRequestSchema,
  minVersion: 0,
  maxVersion: 2,
  authenticated: true,
  borrowsFrame: true,
  read: readDescribeClusterRequest,
  write: writeDescribeClusterResponse,
  handle(context, request, respond) {
    const { access, clusterId, nodeId } = context.services;
    if (request.endpointType !== EndpointType.BROKERS) {
      const isController = request.endpointType === EndpointType.CONTROLLERS;
      return respond({
        ...defaultDescribeClusterResponse(),
        errorCode: isController
          ? KafkaError.MISMATCHED_ENDPOINT_TYPE
          : KafkaError.UNSUPPORTED_ENDPOINT_TYPE,
        errorMessage: 'Only the endpoint type of brokers (1) is served here',
      });
    }
    respond({
      ...defaultDescribeClusterResponse(),
      clusterId,
      controllerId: nodeId,
      brokers: brokersOf(context, request),
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
        ? access.clusterOperations(context.caller)
        : OPERATIONS_OMITTED,
    });
  },
});

function brokersOf(context: RequestContext, request: DescribeClusterRequest) {
  const brokers = [];
  for (const { endpoints, fenced, id, rack } of context.services.image.brokers.list()) {
    const endpoint = endpoints.get(context.listenerName);
    if (endpoint === undefined || (fenced && !request.includeFencedBrokers)) continue;
    const { host, port } = endpoint;
    brokers.push({ brokerId: id, host, port, rack, isFenced: fenced });
  }
  return brokers;
}
