// DescribeLogDirs: versions 1 to 5 (KIP-113, v3 top-level error, v4 volume sizes KIP-827, v5 cordoned).
// The one log directory with the sizes of the partitions it holds. Needs DESCRIBE on the cluster.
import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  describeLogDirsRequestSchema,
  readDescribeLogDirsRequest,
  type DescribeLogDirsRequest,
} from '@weirhouse/kafka-protocol/messages/describe-log-dirs-request';
import {
  writeDescribeLogDirsResponse,
  type DescribeLogDirsResponse,
  type DescribeLogDirsTopic,
} from '@weirhouse/kafka-protocol/messages/describe-log-dirs-response';

import { defineHandler, type RequestContext } from '../handler.ts';

const SPACE_FROM_VERSION = 4;
const SPACE_UNKNOWN = -1;

/** API key 35. */
export const describeLogDirs = defineHandler<DescribeLogDirsRequest, DescribeLogDirsResponse>({
  schema: describeLogDirsRequestSchema,
  minVersion: 1,
  maxVersion: 5,
  authenticated: true,
  notes: [
    'A broker has one log directory; a partition that nothing has asked for since it was made has 0 bytes.',
  ],
  borrowsFrame: true,
  read: readDescribeLogDirsRequest,
  write: writeDescribeLogDirsResponse,
  handle(context, request, respond) {
    const { access, logDirectory } = context.services;
    if (!access.cluster(context.caller, AclOperation.DESCRIBE))
      return respond({
        throttleTimeMs: 0,
        errorCode: KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        results: [],
      });
    const space = logDirectory.space();
    const result = {
      errorCode: KafkaError.NONE,
      logDir: logDirectory.path,
      topics: topicsOf(context, request),
      totalBytes: context.version >= SPACE_FROM_VERSION ? space.totalBytes : SPACE_UNKNOWN,
      usableBytes: context.version >= SPACE_FROM_VERSION ? space.usableBytes : SPACE_UNKNOWN,
      isCordoned: false,
    };
    respond({ throttleTimeMs: 0, errorCode: KafkaError.NONE, results: [result] });
  },
});

function topicsOf(
  { services }: RequestContext,
  request: DescribeLogDirsRequest,
): DescribeLogDirsTopic[] {
  const { image } = services;
  const wanted = request.topics?.map(({ partitions, topic }) => {
    return { topic: image.topics.find(topic), indexes: new Set(partitions) };
  });
  const all =
    wanted ??
    Array.from(image.topics.values(), (topic) => ({
      topic,
      indexes: new Set(topic.partitions.keys()),
    }));
  return all.flatMap(({ indexes, topic }) => {
    const partitions = (topic?.partitions ?? [])
      .filter(({ index, replicas }) => indexes.has(index) && replicas.includes(services.nodeId))
      .map(({ index }) => ({
        partitionIndex: index,
        partitionSize: services.partitions.sizeOf(topic?.topicId ?? '', index),
        offsetLag: 0,
        isFutureKey: false,
      }));
    return topic === undefined || partitions.length === 0 ? [] : [{ name: topic.name, partitions }];
  });
}
