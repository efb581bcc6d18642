import { KafkaError } from '@weirhouse/kafka-protocol';
import type { DeleteTopicsRequest } from '@weirhouse/kafka-protocol/messages/delete-topics-request';
import type {
  DeleteTopicsResponse,
  DeleteTopicsResponseDeletableTopicResult,
} from '@weirhouse/kafka-protocol/messages/delete-topics-response';
import { type Uuid, ZERO_UUID } from '@weirhouse/shared-kernel';
import type { MetadataImage } from '../image/metadata-image.ts';
import type { MetadataRecord } from '../records.ts';
import type { ControllerContext, ControllerResult } from './controller-types.ts';

/** One topic to delete, by name or by id, the other being null or zero. */
interface Target {
  readonly name: string | null;
  readonly topicId: Uuid;
}

type Result = DeleteTopicsResponseDeletableTopicResult;

/**
 * DeleteTopics by name, and by id from version 6 (KIP-516). Errors: 3 and 100 unknown, 42 both or
 * neither of name and id and repeated topics, 73 when deletion is off.
 */
export function deleteTopics(
  context: ControllerContext,
  request: DeleteTopicsRequest,
): ControllerResult<DeleteTopicsResponse> {
  // Versions below 6 fill `topicNames`, later ones `topics`.
  const targets: readonly Target[] = [
    ...request.topicNames.map((name) => ({ name, topicId: ZERO_UUID })),
    ...request.topics,
  ];
  const enabled = context.configs.brokerFlag('delete.topic.enable');
  const records: MetadataRecord[] = [];
  const deleted = new Set<Uuid>();
  const responses: Result[] = [];
  for (const target of targets) {
    const result = enabled
      ? deleteTopic(context.image, target, deleted)
      : failure(target, KafkaError.TOPIC_DELETION_DISABLED, 'Deleting topics is switched off.');
    responses.push(result);
    if (result.errorCode !== KafkaError.NONE) continue;
    deleted.add(result.topicId);
    records.push({ kind: 'removeTopic', body: { topicId: result.topicId } });
  }
  return { records, response: { throttleTimeMs: 0, responses } };
}

function failure(target: Target, errorCode: number, errorMessage: string): Result {
  return { name: target.name, topicId: target.topicId, errorCode, errorMessage };
}

function deleteTopic(image: MetadataImage, target: Target, deleted: ReadonlySet<Uuid>): Result {
  const { name, topicId } = target;
  const byId = topicId !== ZERO_UUID;
  if ((name !== null) === byId) {
    return failure(target, KafkaError.INVALID_REQUEST, 'Give either a topic name or a topic id.');
  }
  const topic = name === null ? image.topics.findById(topicId) : image.topics.find(name);
  if (topic === undefined) {
    return byId
      ? failure(target, KafkaError.UNKNOWN_TOPIC_ID, 'No topic has this id.')
      : failure(target, KafkaError.UNKNOWN_TOPIC_OR_PARTITION, `Topic ${name} does not exist.`);
  }
  if (deleted.has(topic.topicId)) {
    return failure(target, KafkaError.INVALID_REQUEST, 'The topic is repeated in the request.');
  }
  return { name: topic.name, topicId: topic.topicId, errorCode: 0, errorMessage: null };
}
