// AddPartitionsToTxn: versions 0 to 5. v4 and later come from brokers, batched, with verify_only
// (KIP-890), and need CLUSTER_ACTION; before, WRITE on the transactional id and on each topic. One
// partition that may not be added keeps the others of its transaction out (OPERATION_NOT_ATTEMPTED).
import {
  addPartitionsAnswer,
  type AddPartitionsAnswer,
  type AddPartitionsInput,
} from '@weirhouse/broker-coordination';
import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  addPartitionsToTxnRequestSchema,
  readAddPartitionsToTxnRequest,
  type AddPartitionsToTxnRequest,
} from '@weirhouse/kafka-protocol/messages/add-partitions-to-txn-request';
import {
  defaultAddPartitionsToTxnResponse,
  writeAddPartitionsToTxnResponse,
  type AddPartitionsToTxnResponse,
} from '@weirhouse/kafka-protocol/messages/add-partitions-to-txn-response';

import { forEachWithAnswer } from '../gather.ts';
import { defineHandler, type RequestContext } from '../handler.ts';
import { isInternalTopic } from '../internal-topics.ts';

const BROKERS_SINCE = 4;

/** API key 24. */
export const addPartitionsToTxn = defineHandler<
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse
>({
  schema: addPartitionsToTxnRequestSchema,
  minVersion: 0,
  maxVersion: 5,
  authenticated: true,
  borrowsFrame: true,
  read: readAddPartitionsToTxnRequest,
  write: writeAddPartitionsToTxnResponse,
  handle(context, request, respond) {
    const { access } = context.services;
    const base = defaultAddPartitionsToTxnResponse();
    if (context.version < BROKERS_SINCE) {
      addOne(context, transactionOf(request), ({ topicResults }) =>
        respond({
          ...base,
          resultsByTopicV3AndBelow: topicResults.map(({ name, resultsByPartition }) => ({
            name,
            resultsByPartition,
          })),
        }),
      );
      return;
    }
    if (!access.cluster(context.caller, AclOperation.CLUSTER_ACTION))
      return respond({ ...base, errorCode: KafkaError.CLUSTER_AUTHORIZATION_FAILED });
    forEachWithAnswer<AddPartitionsInput, AddPartitionsAnswer>(
      request.transactions,
      (transaction, done) => addOne(context, transaction, done),
      (resultsByTransaction) => respond({ ...base, resultsByTransaction }),
    );
  },
});

function transactionOf(request: AddPartitionsToTxnRequest): AddPartitionsInput {
  return {
    transactionalId: request.v3AndBelowTransactionalId,
    producerId: request.v3AndBelowProducerId,
    producerEpoch: request.v3AndBelowProducerEpoch,
    verifyOnly: false,
    topics: request.v3AndBelowTopics,
  };
}

function addOne(
  context: RequestContext,
  transaction: AddPartitionsInput,
  done: (answer: AddPartitionsAnswer) => void,
): void {
  const { access, transactions } = context.services;
  const { transactionalId } = transaction;
  const refuse = (errorCode: number) => done(addPartitionsAnswer(transaction, () => errorCode));
  const isClients = context.version < BROKERS_SINCE;
  if (isClients && !access.transactionalId(context.caller, AclOperation.WRITE, transactionalId))
    return refuse(KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  const refusals = findRefusals(context, transaction);
  if (refusals.size > 0) {
    return done(
      addPartitionsAnswer(
        transaction,
        (name, index) => refusals.get(`${name}/${index}`) ?? KafkaError.OPERATION_NOT_ATTEMPTED,
      ),
    );
  }
  transactions.attempt({
    transactionalId,
    run: (shard, nowMs, respond) =>
      shard.addPartitions(transaction, { nowMs, apiVersion: context.version }, respond),
    errorOf: ({ topicResults }) => topicResults[0]?.resultsByPartition[0]?.partitionErrorCode ?? 0,
    done,
    unavailable: refuse,
  });
}

/** The partitions that may not be written or do not exist, as `topic/partition`, with error codes. */
function findRefusals(
  context: RequestContext,
  { topics }: AddPartitionsInput,
): ReadonlyMap<string, number> {
  const { access, image } = context.services;
  const refusals = new Map<string, number>();
  for (const { name, partitions } of topics) {
    const mayWrite =
      context.version >= BROKERS_SINCE ||
      (!isInternalTopic(name) && access.topic(context.caller, AclOperation.WRITE, name));
    const topic = image.topics.find(name);
    for (const index of partitions) {
      if (!mayWrite) refusals.set(`${name}/${index}`, KafkaError.TOPIC_AUTHORIZATION_FAILED);
      else if (topic?.partitions[index] === undefined)
        refusals.set(`${name}/${index}`, KafkaError.UNKNOWN_TOPIC_OR_PARTITION);
    }
  }
  return refusals;
}
