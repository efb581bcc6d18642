import { KafkaError } from '@weirhouse/kafka-protocol';

import { CONSUMER_PROTOCOL_TYPE } from '../classic/classic-group.ts';
import { coordinatorErrorOf } from '../errors.ts';
import type { OffsetDeleteAnswer, OffsetDeleteInput, Respond } from '../messages.ts';
import type { Operation } from '../operation.ts';
import type { Group } from '../shard-state.ts';
import { isOtherTopic } from './fetch.ts';
import { offsetTombstone } from './offset-store.ts';

/** A topic that is gone; ZERO_UUID as id stands for every topic of that name. */
export interface DeletedTopic {
  readonly name: string;
  readonly topicId: string;
}

/** DeleteGroups for one group: only an Empty one goes, with all its offsets. */
export function deleteGroup(operation: Operation, groupId: string, respond: Respond<number>): void {
  const group = operation.shard.groups.get(groupId);
  if (group === undefined) return respond(KafkaError.GROUP_ID_NOT_FOUND);
  if (group.state !== 'Empty') return respond(KafkaError.NON_EMPTY_GROUP);
  for (const { topic, partition } of operation.shard.offsets.entriesOf(groupId))
    operation.append(offsetTombstone(groupId, topic, partition));
  // What an open transaction holds must not come back with its commit.
  for (const { topic, partition } of operation.shard.pendingOffsets.placesOf(groupId))
    operation.append(offsetTombstone(groupId, topic, partition));
  if (group.kind === 'classic') operation.append({ kind: 'classic-group', groupId, value: null });
  else for (const record of group.tombstones()) operation.append(record);
  operation.whenCommitted(() => respond(KafkaError.NONE));
  operation.whenFailed((errorCode) => respond(coordinatorErrorOf(errorCode)));
  return undefined;
}

/** OffsetDelete (KIP-496): refuses topics that the group's members consume. */
export function deleteOffsets(
  operation: Operation,
  request: OffsetDeleteInput,
  respond: Respond<OffsetDeleteAnswer>,
): void {
  const { groupId } = request;
  const group = operation.shard.groups.get(groupId);
  if (group === undefined) return respond({ errorCode: KafkaError.GROUP_ID_NOT_FOUND, topics: [] });
  const isOfConsumers = group.kind === 'consumer' || group.protocolType === CONSUMER_PROTOCOL_TYPE;
  if (group.state !== 'Empty' && !isOfConsumers)
    return respond({ errorCode: KafkaError.NON_EMPTY_GROUP, topics: [] });
  for (const { name, partitions } of request.topics) {
    if (group.isSubscribedTo(name)) continue;
    for (const { partitionIndex } of partitions) {
      if (operation.shard.offsets.find(groupId, name, partitionIndex) !== undefined)
        operation.append(offsetTombstone(groupId, name, partitionIndex));
    }
  }
  const answer = { errorCode: KafkaError.NONE, topics: deletionResults(group, request) };
  if (!operation.hasRecords) return respond(answer);
  operation.whenCommitted(() => respond(answer));
  operation.whenFailed((errorCode) =>
    respond({ errorCode: coordinatorErrorOf(errorCode), topics: [] }),
  );
  return undefined;
}

function deletionResults(group: Group, request: OffsetDeleteInput): OffsetDeleteAnswer['topics'] {
  return request.topics.map(({ name, partitions }) => {
    const errorCode = group.isSubscribedTo(name)
      ? KafkaError.GROUP_SUBSCRIBED_TO_TOPIC
      : KafkaError.NONE;
    return {
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    };
  });
}

/** Removes the offsets of topics that no longer exist, in every group. */
export function removeTopics(operation: Operation, topics: readonly DeletedTopic[]): void {
  const { offsets, pendingOffsets } = operation.shard;
  const names = new Set(topics.map(({ name }) => name));
  for (const groupId of pendingOffsets.groupIds()) {
    for (const { topic, partition } of pendingOffsets.placesOf(groupId))
      if (names.has(topic)) operation.append(offsetTombstone(groupId, topic, partition));
  }
  for (const groupId of offsets.groupIds()) {
    for (const { name, topicId } of topics) {
      for (const [partition, committed] of offsets.partitionsOf(groupId, name)) {
        // An offset under another id belongs to a new topic of the same name.
        if (!isOtherTopic(committed.topicId, topicId))
          operation.append(offsetTombstone(groupId, name, partition));
      }
    }
  }
}
