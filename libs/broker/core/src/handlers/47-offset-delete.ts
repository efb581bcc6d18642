// OffsetDelete: version 0 (KIP-496). Needs DELETE on the group and READ on each topic.
import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  offsetDeleteRequestSchema,
  readOffsetDeleteRequest,
  type OffsetDeleteRequest,
  type OffsetDeleteRequestTopic,
} from '@weirhouse/kafka-protocol/messages/offset-delete-request';
import {
  defaultOffsetDeleteResponse,
  writeOffsetDeleteResponse,
  type OffsetDeleteResponse,
  type OffsetDeleteResponseTopic,
} from '@weirhouse/kafka-protocol/messages/offset-delete-response';

import { defineHandler, type RequestContext } from '../handler.ts';

/** API key 47. */
export const offsetDelete = defineHandler<OffsetDeleteRequest, OffsetDeleteResponse>({
  schema: offsetDeleteRequestSchema,
  minVersion: 0,
  maxVersion: 0,
  authenticated: true,
  borrowsFrame: true,
  read: readOffsetDeleteRequest,
  write: writeOffsetDeleteResponse,
  handle(context, request, respond) {
    const { access, groups } = context.services;
    const { groupId } = request;
    const failed = (errorCode: number) => respond({ ...defaultOffsetDeleteResponse(), errorCode });
    if (!access.group(context.caller, AclOperation.DELETE, groupId))
      return failed(KafkaError.GROUP_AUTHORIZATION_FAILED);
    const refused: OffsetDeleteResponseTopic[] = [];
    const topics: OffsetDeleteRequestTopic[] = [];
    for (const topic of request.topics) {
      const errorCode = refuseTopic(context, topic.name);
      if (errorCode === 0) topics.push(topic);
      else refused.push(failedTopic(topic, errorCode));
    }
    groups.run(
      groupId,
      (shard, nowMs) =>
        shard.offsetDelete({ groupId, topics }, { nowMs }, (answer) =>
          respond({
            throttleTimeMs: 0,
            errorCode: answer.errorCode,
            topics: answer.errorCode === 0 ? [...refused, ...answer.topics] : [],
          }),
        ),
      failed,
    );
  },
});

function refuseTopic(context: RequestContext, name: string): number {
  const { access, image } = context.services;
  if (!access.topic(context.caller, AclOperation.READ, name))
    return KafkaError.TOPIC_AUTHORIZATION_FAILED;
  return image.topics.find(name) === undefined ? KafkaError.UNKNOWN_TOPIC_OR_PARTITION : 0;
}

function failedTopic(topic: OffsetDeleteRequestTopic, errorCode: number) {
  const partitions = topic.partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode }));
  return { name: topic.name, partitions };
}
