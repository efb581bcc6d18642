// CreatePartitions: versions 0 to 3 (KIP-195); v3 is refused what its quota does not allow (KIP-599). Needs ALTER on each topic.
import { AclOperation, createPartitions as decide } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  createPartitionsRequestSchema,
  readCreatePartitionsRequest,
  type CreatePartitionsRequest,
} from '@weirhouse/kafka-protocol/messages/create-partitions-request';
import {
  writeCreatePartitionsResponse,
  type CreatePartitionsResponse,
  type CreatePartitionsTopicResult,
} from '@weirhouse/kafka-protocol/messages/create-partitions-response';

import { defineHandler } from '../handler.ts';

const STRICT_QUOTA_FROM_VERSION = 3;

/** API key 37. */
export const createPartitions = defineHandler<CreatePartitionsRequest, CreatePartitionsResponse>({
  schema: createPartitionsRequestSchema,
  minVersion: 0,
  maxVersion: 3,
  authenticated: true,
  borrowsFrame: true,
  read: readCreatePartitionsRequest,
  write: writeCreatePartitionsResponse,
  handle(context, request, respond) {
    const { access, image, metadata, quotas } = context.services;
    const quota = quotas.mutations(context, context.version >= STRICT_QUOTA_FROM_VERSION);
    const mayAlter = (name: string) => access.topic(context.caller, AclOperation.ALTER, name);
    const answer = (results: readonly CreatePartitionsTopicResult[]) =>
      respond({ throttleTimeMs: quota.throttleMs(), results });
    const refused = request.topics
      .filter(({ name }) => !mayAlter(name))
      .map(({ name }) => failed(name, KafkaError.TOPIC_AUTHORIZATION_FAILED));
    const topics = request.topics.filter(({ count, name }) => {
      if (!mayAlter(name)) return false;
      const added = count - (image.topics.find(name)?.partitions.length ?? count);
      if (request.validateOnly || quota.take(Math.max(0, added))) return true;
      refused.push(failed(name, KafkaError.THROTTLING_QUOTA_EXCEEDED));
      return false;
    });
    metadata.submit(
      (controller) => decide(controller, { ...request, topics }),
      (response) => answer([...refused, ...response.results]),
      (errorCode) => answer(request.topics.map(({ name }) => failed(name, errorCode))),
    );
  },
});

function failed(name: string, errorCode: number): CreatePartitionsTopicResult {
  return { name, errorCode, errorMessage: null };
}
