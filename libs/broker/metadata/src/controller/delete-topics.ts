import { KafkaError } from '@weirhouse/kafka-protocol';
import type { DeleteTopicsRequest } from '@weirhouse/kafka-protocol/messages/delete-topics-request';
import type {
  DeleteTopicsResponse,
  DeleteTopicsResponseDeletableTopicResult,
} from '@weirhouse/kafka-protocol/messages/delete-topics-response';
import { type Uuid, ZERO_UUID } from '@weirhouse/shared-kernel';
import type { MetadataImage } from '../image/metadata-image.ts';
import type { MetadataRecord } from '../records.ts';
import { repeatedNames } from '../repeated-names.ts';
import type { ControllerContext, ControllerResult } from './controller-types.ts';

/** One topic to delete, by name or by id, the other being null or zero. */
interface Target {
  readonly name: string | null;
  readonly topicId: Uuid;
}

type Result = DeleteTopicsResponseDeletableTopicResult;

/**
 * DeleteTopics by name, and by id from version 6 (KIP-516); a topic named twice is answered once and stays. Errors: 3 and 100 unknown, 42 both or
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
  const repeated = repeatedNames(targets.map((target) => keyOf(target)));
  for (const key of repeated) {
    const target = targets.find((entry) => keyOf(entry) === key) ?? NOTHING;
    responses.push(failure(target, KafkaError.INVALID_REQUEST, 'The topic is repeated.'));
  }
  for (const target of targets) {
    if (repeated.has(keyOf(target))) continue;
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

const NOTHING: Target = { name: null, topicId: ZERO_UUID };

/** What makes two targets of a request the same. */
function keyOf({ name, topicId }: Target): string {
  return `${topicId}:${name ?? ''}`;
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
