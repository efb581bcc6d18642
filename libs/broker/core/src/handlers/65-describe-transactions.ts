// DescribeTransactions: version 0 (KIP-664). Needs DESCRIBE on the transactional id; topics that may
// not be described are left out.
import type { DescribedTransaction } from '@weirhouse/broker-coordination';
import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  describeTransactionsRequestSchema,
  readDescribeTransactionsRequest,
  type DescribeTransactionsRequest,
} from '@weirhouse/kafka-protocol/messages/describe-transactions-request';
import {
  defaultDescribeTransactionsResponseTransactionState,
  writeDescribeTransactionsResponse,
  type DescribeTransactionsResponse,
} from '@weirhouse/kafka-protocol/messages/describe-transactions-response';

import { forEachWithAnswer } from '../gather.ts';
import { defineHandler, type RequestContext } from '../handler.ts';

/** API key 65. */
export const describeTransactions = defineHandler<
  DescribeTransactionsRequest,
  DescribeTransactionsResponse
>({
  schema: describeTransactionsRequestSchema,
  minVersion: 0,
  maxVersion: 0,
  authenticated: true,
  borrowsFrame: true,
  read: readDescribeTransactionsRequest,
  write: writeDescribeTransactionsResponse,
  handle(context, request, respond) {
    forEachWithAnswer<string, DescribedTransaction>(
      request.transactionalIds,
      (transactionalId, done) => describe(context, transactionalId, done),
      (transactionStates) => respond({ throttleTimeMs: 0, transactionStates }),
    );
  },
});

function describe(
  { caller, services }: RequestContext,
  transactionalId: string,
  done: (described: DescribedTransaction) => void,
): void {
  const { access, transactions } = services;
  const failed = (errorCode: number) =>
    done({ ...defaultDescribeTransactionsResponseTransactionState(), transactionalId, errorCode });
  if (!access.transactionalId(caller, AclOperation.DESCRIBE, transactionalId))
    return failed(KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  transactions.coordinator.read(transactionalId, (shard) => shard.describe(transactionalId), {
    done: (described) =>
      done({
        ...described,
        topics: described.topics.filter(({ topic }) =>
          access.topic(caller, AclOperation.DESCRIBE, topic),
        ),
      }),
    unavailable: failed,
  });
}
