// EndTxn: versions 0 to 5. Answered when the decision is durable; the markers follow. v5 raises the
// producer's epoch and tells it (KIP-890), which needs transaction.version 2. Needs WRITE on the
// transactional id.
import type { ProducerIdAnswer } from '@weirhouse/broker-coordination';
import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  endTxnRequestSchema,
  readEndTxnRequest,
  type EndTxnRequest,
} from '@weirhouse/kafka-protocol/messages/end-txn-request';
import {
  defaultEndTxnResponse,
  writeEndTxnResponse,
  type EndTxnResponse,
} from '@weirhouse/kafka-protocol/messages/end-txn-response';

import { defineHandler } from '../handler.ts';

/** API key 26. */
export const endTxn = defineHandler<EndTxnRequest, EndTxnResponse>({
  schema: endTxnRequestSchema,
  minVersion: 0,
  maxVersion: 5,
  authenticated: true,
  borrowsFrame: true,
  read: readEndTxnRequest,
  write: writeEndTxnResponse,
  handle(context, request, respond) {
    const failed = (errorCode: number) => respond({ ...defaultEndTxnResponse(), errorCode });
    const { access, transactions } = context.services;
    const { transactionalId } = request;
    if (!access.transactionalId(context.caller, AclOperation.WRITE, transactionalId))
      return failed(KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    transactions.attempt<ProducerIdAnswer>({
      transactionalId,
      run: (shard, nowMs, done) =>
        shard.endTxn(request, { nowMs, apiVersion: context.version }, done),
      errorOf: ({ errorCode }) => errorCode,
      done: (answer) => respond({ ...defaultEndTxnResponse(), ...answer }),
      unavailable: failed,
    });
  },
});
