// AddOffsetsToTxn: versions 0 to 4. Adds the group's partition of the offsets topic, so that offsets
// committed with TxnOffsetCommit end with the transaction. Clients of KIP-890 do without it. Needs
// WRITE on the transactional id and READ on the group.
import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  addOffsetsToTxnRequestSchema,
  readAddOffsetsToTxnRequest,
  type AddOffsetsToTxnRequest,
} from '@weirhouse/kafka-protocol/messages/add-offsets-to-txn-request';
import {
  writeAddOffsetsToTxnResponse,
  type AddOffsetsToTxnResponse,
} from '@weirhouse/kafka-protocol/messages/add-offsets-to-txn-response';

import { defineHandler, type RequestContext } from '../handler.ts';
import { OFFSETS_TOPIC } from '../internal-topics.ts';

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
    const refusal = refuse(context, request);
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

function refuse({ caller, services }: RequestContext, request: AddOffsetsToTxnRequest): number {
  const { access } = services;
  if (!access.transactionalId(caller, AclOperation.WRITE, request.transactionalId))
    return KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
  return access.group(caller, AclOperation.READ, request.groupId)
    ? KafkaError.NONE
    : KafkaError.GROUP_AUTHORIZATION_FAILED;
}
