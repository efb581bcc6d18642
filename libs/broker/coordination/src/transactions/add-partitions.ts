import { KafkaError } from '@weirhouse/kafka-protocol';

import type { Respond } from '../messages.ts';
import { FENCED_SINCE, fencingError, notInTransactionError } from './fencing.ts';
import {
  encodedBytesMax,
  hasAll,
  hasPartition,
  type PartitionSet,
  type TopicPartitions,
  union,
} from './partition-set.ts';
import type { TransactionEntry } from './transaction-entry.ts';
import { PRODUCER_EPOCH_MAX, TRANSACTION_OVERHEAD_BYTES } from './transaction-limits.ts';
import type {
  AddOffsetsAnswer,
  AddOffsetsInput,
  AddPartitionsAnswer,
  AddPartitionsInput,
  TransactionContext,
} from './transaction-messages.ts';
import type { TransactionOperation } from './transaction-operation.ts';
import { EPOCH_BUMPING_VERSION } from './transaction-record.ts';
import { isPending } from './transaction-shard-state.ts';
import { outcomeInPreparation } from './transaction-state.ts';
import { moveTo } from './transition.ts';
import { ongoing, PLAIN_VERSION, type ProducerIdentity } from './transaction-values.ts';

/** From this version on AddPartitionsToTxn comes from brokers, for clients of KIP-890. */
const BROKERS_SINCE = 4;

interface Addition {
  readonly transactionalId: string;
  readonly identity: ProducerIdentity;
  readonly topics: readonly TopicPartitions[];
  readonly clientVersion: number;
  readonly apiVersion: number;
  /** Gets the error code that counts for all of it; 0 once it is durable. */
  readonly done: (errorCode: number) => void;
}

/** AddPartitionsToTxn for one transaction; a refusal holds for all its partitions. */
export function addPartitions(
  operation: TransactionOperation,
  request: AddPartitionsInput,
  context: TransactionContext,
  respond: Respond<AddPartitionsAnswer>,
): void {
  const answer = (errorOf: (topic: string, partition: number) => number): void =>
    respond(addPartitionsAnswer(request, errorOf));
  if (request.verifyOnly) return answer(verification(operation, request, context.apiVersion));
  add(operation, {
    transactionalId: request.transactionalId,
    identity: request,
    topics: request.topics,
    clientVersion: context.apiVersion >= BROKERS_SINCE ? EPOCH_BUMPING_VERSION : PLAIN_VERSION,
    apiVersion: context.apiVersion,
    done: (errorCode) => answer(() => errorCode),
  });
}

/** AddOffsetsToTxn: the group's partition of the offsets topic gets a marker like any other. */
export function addOffsets(
  operation: TransactionOperation,
  request: AddOffsetsInput,
  context: TransactionContext,
  respond: Respond<AddOffsetsAnswer>,
): void {
  add(operation, {
    transactionalId: request.transactionalId,
    identity: request,
    topics: [{ name: request.offsetsTopic, partitions: [request.offsetsPartition] }],
    // Clients of KIP-890 do not send this request: their offsets are added with TxnOffsetCommit.
    clientVersion: PLAIN_VERSION,
    apiVersion: context.apiVersion,
    done: (errorCode) => respond({ errorCode }),
  });
}

function add(operation: TransactionOperation, addition: Addition): void {
  const { done, topics, transactionalId } = addition;
  const { shard } = operation;
  const entry = shard.entries.get(transactionalId);
  const errorCode = refusal(operation, addition, entry);
  if (entry === undefined || errorCode !== KafkaError.NONE) return done(errorCode);
  const { partitions, state } = entry.value;
  const isThere = state === 'Ongoing' && hasAll(partitions, topics);
  const isNothing = topics.every((topic) => topic.partitions.length === 0);
  if (isThere || isNothing) return done(KafkaError.NONE);
  const all = union(partitions, topics);
  // Refused before the append: one that fails for its size would take the whole shard down.
  if (!fits(operation, transactionalId, all)) return done(KafkaError.UNKNOWN_SERVER_ERROR);
  const value = ongoing(entry.value, all, addition.clientVersion, operation.nowMs);
  moveTo(operation, entry, value, {
    committed: () => done(KafkaError.NONE),
    refused: done,
  });
}

/**
 * What is still being written or ended comes before the identity: across a change of the producer
 * id the producer already uses the next one.
 */
function refusal(
  { shard }: TransactionOperation,
  addition: Addition,
  entry: TransactionEntry | undefined,
): number {
  const { apiVersion, identity, transactionalId } = addition;
  if (transactionalId === '') return KafkaError.INVALID_REQUEST;
  if (isPending(shard, transactionalId)) return KafkaError.CONCURRENT_TRANSACTIONS;
  if (entry === undefined) return KafkaError.INVALID_PRODUCER_ID_MAPPING;
  const isEnding = outcomeInPreparation(entry.value.state) !== undefined;
  return isEnding ? KafkaError.CONCURRENT_TRANSACTIONS : identityError(entry, identity, apiVersion);
}

function identityError(
  { value }: TransactionEntry,
  { producerEpoch, producerId }: ProducerIdentity,
  apiVersion: number,
): number {
  if (producerId !== value.producerId) return KafkaError.INVALID_PRODUCER_ID_MAPPING;
  // Nobody works in the last epoch: it could not be fenced.
  const isOwner = producerEpoch === value.producerEpoch && producerEpoch < PRODUCER_EPOCH_MAX;
  return isOwner ? KafkaError.NONE : fencingError(apiVersion, FENCED_SINCE.others);
}

/** A partition is confirmed only when its record is durable: on that word data is appended. */
function verification(
  { shard }: TransactionOperation,
  request: AddPartitionsInput,
  apiVersion: number,
): (topic: string, partition: number) => number {
  const { transactionalId } = request;
  const entry = shard.entries.get(transactionalId);
  if (transactionalId === '') return () => KafkaError.INVALID_REQUEST;
  if (entry === undefined) return () => KafkaError.INVALID_PRODUCER_ID_MAPPING;
  const errorCode = identityError(entry, request, apiVersion);
  if (errorCode !== KafkaError.NONE) return () => errorCode;
  const { durable, value } = entry;
  if (outcomeInPreparation(value.state) !== undefined)
    return () => KafkaError.CONCURRENT_TRANSACTIONS;
  return (topic, partition) => {
    if (!hasPartition(value.partitions, topic, partition)) return notInTransactionError(apiVersion);
    const isDurable = durable !== undefined && hasPartition(durable.partitions, topic, partition);
    return isDurable ? KafkaError.NONE : KafkaError.CONCURRENT_TRANSACTIONS;
  };
}

function fits(
  { shard }: TransactionOperation,
  transactionalId: string,
  partitions: PartitionSet,
): boolean {
  const idBytes = Buffer.byteLength(transactionalId);
  const bytes = idBytes + encodedBytesMax(partitions) + TRANSACTION_OVERHEAD_BYTES;
  return bytes <= shard.options.batchBytesMax;
}

/** The request's topics and partitions, in order, each with its error code. */
export function addPartitionsAnswer(
  { topics, transactionalId }: AddPartitionsInput,
  errorOf: (topic: string, partition: number) => number,
): AddPartitionsAnswer {
  return {
    transactionalId,
    topicResults: topics.map(({ name, partitions }) => ({
      name,
      resultsByPartition: partitions.map((partitionIndex) => ({
        partitionIndex,
        partitionErrorCode: errorOf(name, partitionIndex),
      })),
    })),
  };
}
