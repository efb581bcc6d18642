// AddOffsetsToTxn: versions 0 to 4. Adds the group's partition of the offsets topic, so that offsets
// committed with TxnOffsetCommit end with the transaction. Clients of KIP-890 do without it. Needs
// WRITE on the transactional id and READ on the group.
import {
  addOffsetsToTxnRequestSchema,
  readAddOffsetsToTxnRequest,
  type AddOffsetsToTxnRequest,
} from '@weirhouse/kafka-protocol/messages/add-offsets-to-txn-request';
import {
  writeAddOffsetsToTxnResponse,
  type AddOffsetsToTxnResponse,
} from '@weirhouse/kafka-protocol/messages/add-offsets-to-txn-response';

import { defineHandler } from '../handler.ts';
import { OFFSETS_TOPIC } from '../internal-topics.ts';
import { refusalOfTxnOffsets } from '../transactions/offsets-access.ts';

/** API key 25. */
export const addOffsetsToTxn = defineHandler<AddOffsetsToTxnRequest, AddOffsetsToTxnResponse>({
  schema: addOffsetsToTxnRequestSchema,
  minVersion: 0,
  maxVersion: 4,
  authenticated: true,
  borrowsFrame: true,
  read: readAddOffsetsToTxnRequest,
  write: writeAddOffsetsToTxnResponse,
  handle(context, request, respond) {
    const answer = (errorCode: number) => respond({ throttleTimeMs: 0, errorCode });
    const { groups, transactions } = context.services;
    const refusal = refusalOfTxnOffsets(context, request);
    if (refusal !== 0) return answer(refusal);
    const { groupId, transactionalId } = request;
    groups.findCoordinator(groupId, (lookup) => {
      if (!lookup.ok) return answer(lookup.errorCode);
      const input = { ...request, offsetsTopic: OFFSETS_TOPIC, offsetsPartition: lookup.index };
      transactions.attempt<{ readonly errorCode: number }>({
        transactionalId,
        run: (shard, nowMs, done) =>
          shard.addOffsets(input, { nowMs, apiVersion: context.version }, done),
        errorOf: ({ errorCode }) => errorCode,
        done: ({ errorCode }) => answer(errorCode),
        unavailable: answer,
      });
    });
  },
});
