// TxnOffsetCommit: versions 0 to 5. v3 generation and member (KIP-447), v4 TRANSACTION_ABORTABLE, v5
// adds the group's partition to the transaction by itself (KIP-890). Answered when durable; the
// offsets count once the transaction is committed. Needs WRITE on the transactional id, READ on the
// group and on each topic.
import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  readTxnOffsetCommitRequest,
  txnOffsetCommitRequestSchema,
  type TxnOffsetCommitRequest,
  type TxnOffsetCommitRequestTopic,
} from '@weirhouse/kafka-protocol/messages/txn-offset-commit-request';
import {
  writeTxnOffsetCommitResponse,
  type TxnOffsetCommitResponse,
  type TxnOffsetCommitResponseTopic,
} from '@weirhouse/kafka-protocol/messages/txn-offset-commit-response';
import type { Uuid } from '@weirhouse/shared-kernel';

import { defineHandler, type RequestContext } from '../handler.ts';
import { commitInTransaction } from '../transactions/offset-commit.ts';
import { refusalOfTxnOffsets } from '../transactions/offsets-access.ts';

/** A topic whose offsets may be committed. */
interface ValidTopic extends TxnOffsetCommitRequestTopic {
  readonly topicId: Uuid;
}

/** The partitions of a request that go to the group, and why the others do not. */
interface Checked {
  readonly topics: readonly ValidTopic[];
  readonly errorOf: (topic: string, partition: number) => number;
}

/** API key 28. */
export const txnOffsetCommit = defineHandler<TxnOffsetCommitRequest, TxnOffsetCommitResponse>({
  schema: txnOffsetCommitRequestSchema,
  minVersion: 0,
  maxVersion: 5,
  authenticated: true,
  borrowsFrame: true,
  read: readTxnOffsetCommitRequest,
  write: writeTxnOffsetCommitResponse,
  handle(context, request, respond) {
    const answer = (errorOf: Checked['errorOf']) =>
      respond({
        throttleTimeMs: 0,
        topics: request.topics.map((topic) => answerOf(topic, errorOf)),
      });
    const refusal = refusalOfTxnOffsets(context, request);
    if (refusal !== 0) return answer(() => refusal);
    const { errorOf: refusalOf, topics } = checkTopics(context, request);
    if (topics.length === 0) return answer(refusalOf);
    commitInTransaction(context, { ...request, topics }, (results) =>
      answer((topic, partition) => refusalOf(topic, partition) || results(topic, partition)),
    );
  },
});

function checkTopics(context: RequestContext, request: TxnOffsetCommitRequest): Checked {
  const { access, image } = context.services;
  const topics: ValidTopic[] = [];
  const refusals = new Map<string, number>();
  for (const wanted of request.topics) {
    const { name } = wanted;
    const mayRead = access.topic(context.caller, AclOperation.READ, name);
    const found = mayRead ? image.topics.find(name) : undefined;
    const missing = mayRead
      ? KafkaError.UNKNOWN_TOPIC_OR_PARTITION
      : KafkaError.TOPIC_AUTHORIZATION_FAILED;
    const partitions = wanted.partitions.filter(({ partitionIndex }) => {
      const isThere = found?.partitions[partitionIndex] !== undefined;
      if (!isThere) refusals.set(`${name}/${partitionIndex}`, missing);
      return isThere;
    });
    if (found !== undefined && partitions.length > 0)
      topics.push({ name, topicId: found.topicId, partitions });
  }
  const errorOf = (topic: string, partition: number) => refusals.get(`${topic}/${partition}`) ?? 0;
  return { topics, errorOf };
}

function answerOf(
  { name, partitions }: TxnOffsetCommitRequestTopic,
  errorOf: Checked['errorOf'],
): TxnOffsetCommitResponseTopic {
  return {
    name,
    partitions: partitions.map(({ partitionIndex }) => {
      return { partitionIndex, errorCode: errorOf(name, partitionIndex) };
    }),
  };
}
