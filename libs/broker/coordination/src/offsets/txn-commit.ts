import { KafkaError } from '@weirhouse/kafka-protocol';

import type { ClassicGroup } from '../classic/classic-group.ts';
import { checkMember } from '../classic/member-check.ts';
import type { ConsumerGroup } from '../consumer/consumer-group.ts';
import { checkConsumerCommit } from '../consumer/offset-check.ts';
import { coordinatorErrorOf } from '../errors.ts';
import type {
  OffsetPartitionInput,
  Respond,
  TxnOffsetCommitAnswer,
  TxnOffsetCommitInput,
} from '../messages.ts';
import type { Operation } from '../operation.ts';
import { isShardFull } from '../shard-state.ts';

/** Unlike OffsetCommit it is taken of members of every protocol in every version. */
const EVERY_VERSION = Number.POSITIVE_INFINITY;

/**
 * TxnOffsetCommit: offsets that count once the producer's transaction is committed. From version 3 on
 * the member's generation fences consumers that lost their partitions (KIP-447); older clients name
 * no member, and their transactional id alone fences them.
 */
export function commitInTransaction(
  operation: Operation,
  request: TxnOffsetCommitInput,
  respond: Respond<TxnOffsetCommitAnswer>,
): void {
  const refused = checkCommit(operation, request);
  if (refused !== KafkaError.NONE) return respond(answerOf(request, () => refused));
  const lengthMax = operation.shard.options.offsetMetadataLengthMax;
  const errorOf = ({ committedMetadata }: OffsetPartitionInput): number =>
    (committedMetadata?.length ?? 0) > lengthMax
      ? KafkaError.OFFSET_METADATA_TOO_LARGE
      : KafkaError.NONE;
  const { producerEpoch, producerId } = request;
  operation.writeFor({ producerId, producerEpoch });
  for (const { name, partitions, topicId } of request.topics) {
    for (const partition of partitions) {
      if (errorOf(partition) !== KafkaError.NONE) continue;
      appendPending(operation, request, { topic: name, topicId, partition });
    }
  }
  const answer = answerOf(request, errorOf);
  if (!operation.hasRecords) return respond(answer);
  operation.whenCommitted(() => respond(answer));
  operation.whenFailed((errorCode) => {
    const failed = appendErrorOf(errorCode);
    respond(answerOf(request, (partition) => errorOf(partition) || failed));
  });
  return undefined;
}

function checkCommit(operation: Operation, request: TxnOffsetCommitInput): number {
  const group = operation.shard.groups.get(request.groupId);
  const isAnonymous =
    request.generationId < 0 && request.memberId === '' && request.groupInstanceId === null;
  if (group?.kind === 'consumer') return isAnonymous ? KafkaError.NONE : checkEpoch(group, request);
  if (group !== undefined) return isAnonymous ? KafkaError.NONE : checkMembership(group, request);
  if (request.generationId >= 0) return KafkaError.ILLEGAL_GENERATION;
  return isShardFull(operation.shard) ? KafkaError.COORDINATOR_NOT_AVAILABLE : KafkaError.NONE;
}

/** Unlike OffsetCommit it is taken while the group rebalances: the transaction must be able to end. */
function checkMembership(group: ClassicGroup, request: TxnOffsetCommitInput): number {
  const { generationId } = request;
  if (generationId < 0 && group.state === 'Empty') return KafkaError.NONE;
  const member = checkMember(group, request);
  if (typeof member === 'number') return member;
  return generationId === group.generation ? KafkaError.NONE : KafkaError.ILLEGAL_GENERATION;
}

/** In groups of KIP-848 the epoch of the member; the request knows no error for an old one but this. */
function checkEpoch(group: ConsumerGroup, request: TxnOffsetCommitInput): number {
  const commit = { ...request, generationIdOrMemberEpoch: request.generationId };
  const errorCode = checkConsumerCommit(group, commit, EVERY_VERSION);
  return errorCode === KafkaError.STALE_MEMBER_EPOCH ? KafkaError.ILLEGAL_GENERATION : errorCode;
}

function appendPending(
  operation: Operation,
  { groupId, producerId }: TxnOffsetCommitInput,
  place: {
    readonly topic: string;
    readonly topicId: string;
    readonly partition: OffsetPartitionInput;
  },
): void {
  const { partition, topic, topicId } = place;
  operation.append({
    kind: 'pending-offset',
    groupId,
    producerId,
    topic,
    partition: partition.partitionIndex,
    value: {
      offset: partition.committedOffset,
      leaderEpoch: partition.committedLeaderEpoch,
      metadata: partition.committedMetadata ?? '',
      commitTimestampMs: operation.nowMs,
      expireTimestampMs: -1,
      topicId,
    },
  });
}

/** What the log says of the producer is for the client; everything else is the coordinator's matter. */
function appendErrorOf(errorCode: number): number {
  const isProducers =
    errorCode === KafkaError.INVALID_PRODUCER_EPOCH || errorCode === KafkaError.INVALID_TXN_STATE;
  return isProducers ? errorCode : coordinatorErrorOf(errorCode);
}

function answerOf(
  { topics }: TxnOffsetCommitInput,
  errorOf: (partition: OffsetPartitionInput) => number,
): TxnOffsetCommitAnswer {
  return {
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((partition) => ({
        partitionIndex: partition.partitionIndex,
        errorCode: errorOf(partition),
      })),
    })),
  };
}
