// DescribeQuorum: versions 0 to 2 (KIP-595, v1 fetch times KIP-836, v2 voters' directories and addresses
// KIP-853). The quorum is the broker that leads the metadata log. Needs DESCRIBE on the cluster.
import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  describeQuorumRequestSchema,
  readDescribeQuorumRequest,
  type DescribeQuorumRequest,
} from '@weirhouse/kafka-protocol/messages/describe-quorum-request';
import {
  defaultDescribeQuorumResponse,
  writeDescribeQuorumResponse,
  type DescribeQuorumResponse,
  type DescribeQuorumResponseNode,
  type DescribeQuorumResponsePartitionData,
} from '@weirhouse/kafka-protocol/messages/describe-quorum-response';
import { ZERO_UUID } from '@weirhouse/shared-kernel';

import { defineHandler, type RequestContext } from '../handler.ts';
import { METADATA_TOPIC } from '../internal-topics.ts';

const FETCH_TIMES_FROM_VERSION = 1;
const NODES_FROM_VERSION = 2;
const DIRECTORIES_FROM_VERSION = 2;
const UNKNOWN_TIME = -1;

/** API key 55. */
export const describeQuorum = defineHandler<DescribeQuorumRequest, DescribeQuorumResponse>({
  schema: describeQuorumRequestSchema,
  minVersion: 0,
  maxVersion: 2,
  authenticated: true,
  notes: ['The broker that leads the metadata log is the only voter.'],
  borrowsFrame: true,
  read: readDescribeQuorumRequest,
  write: writeDescribeQuorumResponse,
  handle(context, request, respond) {
    const { access } = context.services;
    if (!access.cluster(context.caller, AclOperation.DESCRIBE))
      return respond({
        ...defaultDescribeQuorumResponse(),
        errorCode: KafkaError.CLUSTER_AUTHORIZATION_FAILED,
      });
    const topics = request.topics.map(({ partitions, topicName }) => ({
      topicName,
      partitions: partitions.map(({ partitionIndex }) =>
        topicName === METADATA_TOPIC && partitionIndex === 0
          ? describeMetadataLog(context)
          : unknownPartition(partitionIndex),
      ),
    }));
    const isKnown = topics.some(({ partitions }) =>
      partitions.some(({ errorCode }) => errorCode === KafkaError.NONE),
    );
    const nodes = isKnown && context.version >= NODES_FROM_VERSION ? listNodes(context) : [];
    respond({ errorCode: KafkaError.NONE, errorMessage: '', topics, nodes });
  },
});

function describeMetadataLog({
  services,
  version,
}: RequestContext): DescribeQuorumResponsePartitionData {
  const { logDirectory, metadata, nodeId, ports } = services;
  const nowMs = version >= FETCH_TIMES_FROM_VERSION ? ports.clock.wallMs() : UNKNOWN_TIME;
  const highWatermark = metadata.committedOffset + 1;
  return {
    partitionIndex: 0,
    errorCode: KafkaError.NONE,
    errorMessage: '',
    leaderId: nodeId,
    leaderEpoch: metadata.leaderEpoch,
    highWatermark,
    currentVoters: [
      {
        replicaId: nodeId,
        replicaDirectoryId: version >= DIRECTORIES_FROM_VERSION ? logDirectory.id : ZERO_UUID,
        logEndOffset: metadata.nextOffset,
        lastFetchTimestamp: nowMs,
        lastCaughtUpTimestamp: nowMs,
      },
    ],
    observers: [],
  };
}

function unknownPartition(partitionIndex: number): DescribeQuorumResponsePartitionData {
  return {
    partitionIndex,
    errorCode: KafkaError.UNKNOWN_TOPIC_OR_PARTITION,
    errorMessage: 'Only partition 0 of the metadata log has a quorum.',
    leaderId: 0,
    leaderEpoch: 0,
    highWatermark: 0,
    currentVoters: [],
    observers: [],
  };
}

/** Controllers have no listeners of their own here: the brokers' are where they are reached. */
function listNodes({ services }: RequestContext): DescribeQuorumResponseNode[] {
  const broker = services.image.brokers.find(services.nodeId);
  const listeners = Array.from(broker?.endpoints ?? [], ([name, { host, port }]) => {
    return { name, host, port };
  });
  return [{ nodeId: services.nodeId, listeners }];
}
