import { KafkaError } from '@weirhouse/kafka-protocol';
import { ZERO_UUID } from '@weirhouse/shared-kernel';

import type { ClassicGroup } from '../classic/classic-group.ts';
import { checkMember } from '../classic/member-check.ts';
import { restartSession } from '../classic/rebalance.ts';
import { checkConsumerCommit } from '../consumer/offset-check.ts';
import { coordinatorErrorOf } from '../errors.ts';
import type {
  OffsetCommitAnswer,
  OffsetCommitInput,
  PartitionErrors,
  RequestContext,
  Respond,
} from '../messages.ts';
import type { Operation } from '../operation.ts';
import type { CommittedOffset } from '../records/coordinator-record.ts';
import { isShardFull } from '../shard-state.ts';

/** First version that tells an unknown group from an old generation. */
const GROUP_NOT_FOUND_FROM = 9;

type RequestPartition = OffsetCommitInput['topics'][number]['partitions'][number];

/** OffsetCommit: one record per accepted partition, answered when they are durable. */
export function commitOffsets(
  operation: Operation,
  request: OffsetCommitInput,
  context: RequestContext,
  respond: Respond<OffsetCommitAnswer>,
): void {
  const refused = checkCommit(operation, request, context);
  if (refused !== KafkaError.NONE) return respond({ topics: errorsOf(request, () => refused) });
  const lengthMax = operation.shard.options.offsetMetadataLengthMax;
  const errorOf = (partition: RequestPartition): number =>
    (partition.committedMetadata?.length ?? 0) > lengthMax
      ? KafkaError.OFFSET_METADATA_TOO_LARGE
      : KafkaError.NONE;
  for (const topic of request.topics) {
    for (const partition of topic.partitions) {
      if (errorOf(partition) === KafkaError.NONE)
        appendOffset(operation, request, { topic, partition });
    }
  }
  const answer = { topics: errorsOf(request, errorOf) };
  if (!operation.hasRecords) return respond(answer);
  operation.whenCommitted(() => respond(answer));
  operation.whenFailed((errorCode) => {
    const failed = coordinatorErrorOf(errorCode);
    respond({ topics: errorsOf(request, (partition) => errorOf(partition) || failed) });
  });
  return undefined;
}

function checkCommit(
  operation: Operation,
  request: OffsetCommitInput,
  context: RequestContext,
): number {
  const group = operation.shard.groups.get(request.groupId);
  const generation = request.generationIdOrMemberEpoch;
  if (group?.kind === 'consumer') return checkConsumerCommit(group, request, context.apiVersion);
  if (group !== undefined) return checkMembership(operation, group, request);
  if (generation < 0)
    return isShardFull(operation.shard) ? KafkaError.COORDINATOR_NOT_AVAILABLE : KafkaError.NONE;
  return context.apiVersion >= GROUP_NOT_FOUND_FROM
    ? KafkaError.GROUP_ID_NOT_FOUND
    : KafkaError.ILLEGAL_GENERATION;
}

/**
 * Members commit under their generation. Without one (tools, consumers that assign themselves)
 * only an Empty group takes offsets.
 */
function checkMembership(
  operation: Operation,
  group: ClassicGroup,
  request: OffsetCommitInput,
): number {
  const generation = request.generationIdOrMemberEpoch;
  if (generation < 0 && group.state === 'Empty') return KafkaError.NONE;
  const isAnonymous = generation < 0 && request.memberId === '' && request.groupInstanceId === null;
  if (isAnonymous) return KafkaError.UNKNOWN_MEMBER_ID;
  const member = checkMember(group, request);
  if (typeof member === 'number') return member;
  if (generation !== group.generation) return KafkaError.ILLEGAL_GENERATION;
  if (group.state === 'CompletingRebalance') return KafkaError.REBALANCE_IN_PROGRESS;
  restartSession(operation, group, member);
  return KafkaError.NONE;
}

function appendOffset(
  operation: Operation,
  request: OffsetCommitInput,
  place: {
    readonly topic: OffsetCommitInput['topics'][number];
    readonly partition: RequestPartition;
  },
): void {
  const { topic, partition } = place;
  const { nowMs } = operation;
  // The record's version that carries an expiry has neither topic id nor epoch.
  const hasExpiry = request.retentionTimeMs >= 0;
  const expireTimestampMs = Math.min(nowMs + request.retentionTimeMs, Number.MAX_SAFE_INTEGER);
  const value: CommittedOffset = {
    offset: partition.committedOffset,
    leaderEpoch: hasExpiry ? -1 : partition.committedLeaderEpoch,
    metadata: partition.committedMetadata ?? '',
    commitTimestampMs: nowMs,
    expireTimestampMs: hasExpiry ? expireTimestampMs : -1,
    topicId: hasExpiry ? ZERO_UUID : topic.topicId,
  };
  const { groupId } = request;
  operation.append({
    kind: 'offset',
    groupId,
    topic: topic.name,
    partition: partition.partitionIndex,
    value,
  });
}

function errorsOf(
  request: OffsetCommitInput,
  errorOf: (partition: RequestPartition) => number,
): readonly PartitionErrors[] {
  return request.topics.map(({ name, topicId, partitions }) => ({
    name,
    topicId,
    partitions: partitions.map((partition) => ({
      partitionIndex: partition.partitionIndex,
      errorCode: errorOf(partition),
    })),
  }));
}
