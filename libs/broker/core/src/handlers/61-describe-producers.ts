// DescribeProducers: version 0 (KIP-664). What each partition knows of its producers, so that hanging
// transactions can be found.
import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  describeProducersRequestSchema,
  readDescribeProducersRequest,
  type DescribeProducersRequest,
} from '@weirhouse/kafka-protocol/messages/describe-producers-request';
import {
  defaultDescribeProducersResponsePartitionResponse,
  writeDescribeProducersResponse,
  type DescribeProducersResponse,
  type DescribeProducersResponsePartitionResponse,
} from '@weirhouse/kafka-protocol/messages/describe-producers-response';

import { defineHandler, type RequestContext } from '../handler.ts';

/** API key 61. */
export const describeProducers = defineHandler<DescribeProducersRequest, DescribeProducersResponse>(
  {
    schema: describeProducersRequestSchema,
    minVersion: 0,
    maxVersion: 0,
    authenticated: true,
    borrowsFrame: true,
    read: readDescribeProducersRequest,
    write: writeDescribeProducersResponse,
    handle(context, request, respond) {
      const topics = request.topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((index) => describe(context, name, index)),
      }));
      respond({ throttleTimeMs: 0, topics });
    },
  },
);

function describe(
  context: RequestContext,
  name: string,
  partitionIndex: number,
): DescribeProducersResponsePartitionResponse {
  const { access, image, partitions } = context.services;
  const base = { ...defaultDescribeProducersResponsePartitionResponse(), partitionIndex };
  if (!access.topic(context.caller, AclOperation.READ, name))
    return { ...base, errorCode: KafkaError.TOPIC_AUTHORIZATION_FAILED };
  const topic = image.topics.find(name);
  if (topic === undefined) return { ...base, errorCode: KafkaError.UNKNOWN_TOPIC_OR_PARTITION };
  const found = partitions.lookUp(topic, partitionIndex);
  if (!found.ok) return { ...base, errorCode: found.errorCode };
  return { ...base, activeProducers: found.partition.log.listProducers() };
}
