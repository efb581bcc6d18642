// ListTransactions: versions 0 to 2. v1 duration filter (KIP-994), v2 pattern of transactional ids
// (KIP-1152). Shows what may be described; 14 while a shard is being loaded.
import {
  compileSafePattern,
  isTransactionState,
  type ListedTransaction,
} from '@weirhouse/broker-coordination';
import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  listTransactionsRequestSchema,
  readListTransactionsRequest,
  type ListTransactionsRequest,
} from '@weirhouse/kafka-protocol/messages/list-transactions-request';
import {
  defaultListTransactionsResponse,
  writeListTransactionsResponse,
  type ListTransactionsResponse,
} from '@weirhouse/kafka-protocol/messages/list-transactions-response';

import { defineHandler } from '../handler.ts';

/** API key 66. */
export const listTransactions = defineHandler<ListTransactionsRequest, ListTransactionsResponse>({
  schema: listTransactionsRequestSchema,
  minVersion: 0,
  maxVersion: 2,
  authenticated: true,
  borrowsFrame: true,
  read: readListTransactionsRequest,
  write: writeListTransactionsResponse,
  handle({ caller, services }, request, respond) {
    const { access, transactions } = services;
    const base = defaultListTransactionsResponse();
    const { transactionalIdPattern } = request;
    const hasPattern = transactionalIdPattern !== null && transactionalIdPattern !== '';
    const compiled = hasPattern ? compileSafePattern(transactionalIdPattern) : undefined;
    if (compiled?.ok === false)
      return respond({ ...base, errorCode: KafkaError.INVALID_REGULAR_EXPRESSION });
    const matches = compiled?.pattern.matches;
    const isWantedId = (transactionalId: string): boolean =>
      (matches?.(transactionalId) ?? true) &&
      access.transactionalId(caller, AclOperation.DESCRIBE, transactionalId);
    const filters = { ...request, isWantedId };
    transactions.coordinator.readAll<readonly ListedTransaction[]>(
      (shard, nowMs) => shard.list(filters, nowMs),
      {
        done: (lists) =>
          respond({
            ...base,
            unknownStateFilters: request.stateFilters.filter((name) => !isTransactionState(name)),
            transactionStates: lists.flat(),
          }),
        unavailable: (errorCode) => respond({ ...base, errorCode }),
      },
    );
  },
});
