// DeleteRecords: versions 0 to 2 (KIP-107). Moves the log start; -1 means the high watermark. Only for
// topics whose cleanup policy deletes.
import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  deleteRecordsRequestSchema,
  readDeleteRecordsRequest,
  type DeleteRecordsPartition,
  type DeleteRecordsRequest,
} from '@weirhouse/kafka-protocol/messages/delete-records-request';
import {
  writeDeleteRecordsResponse,
  type DeleteRecordsPartitionResult,
  type DeleteRecordsResponse,
} from '@weirhouse/kafka-protocol/messages/delete-records-response';

import { defineHandler, type RequestContext } from '../handler.ts';

const TO_HIGH_WATERMARK = -1;

/** API key 21. */
export const deleteRecords = defineHandler<DeleteRecordsRequest, DeleteRecordsResponse>({
  schema: deleteRecordsRequestSchema,
  minVersion: 0,
  maxVersion: 2,
  authenticated: true,
  borrowsFrame: true,
  read: readDeleteRecordsRequest,
  write: writeDeleteRecordsResponse,
  handle(context, request, respond) {
    const topics = request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((partition) => deleteBefore(context, name, partition)),
    }));
    respond({ throttleTimeMs: 0, topics });
  },
});

function deleteBefore(
  context: RequestContext,
  name: string,
  { offset, partitionIndex }: DeleteRecordsPartition,
): DeleteRecordsPartitionResult {
  const { access, configs, image, partitions } = context.services;
  const failed = (errorCode: number) => ({ partitionIndex, lowWatermark: -1, errorCode });
  if (!access.topic(context.caller, AclOperation.DELETE, name))
    return failed(KafkaError.TOPIC_AUTHORIZATION_FAILED);
  const topic = image.topics.find(name);
  if (topic === undefined) return failed(KafkaError.UNKNOWN_TOPIC_OR_PARTITION);
  const found = partitions.lookUp(topic, partitionIndex);
  if (!found.ok) return failed(found.errorCode);
  if (!configs.topicConfig(name).cleanupPolicy.delete) return failed(KafkaError.POLICY_VIOLATION);
  const { log } = found.partition;
  const before = offset === TO_HIGH_WATERMARK ? log.highWatermark : offset;
  if (before < 0 || before > log.highWatermark) return failed(KafkaError.OFFSET_OUT_OF_RANGE);
  log.deleteRecordsBefore(before);
  return { partitionIndex, lowWatermark: log.startOffset, errorCode: 0 };
}
