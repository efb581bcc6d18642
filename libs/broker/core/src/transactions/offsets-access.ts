import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';

import type { RequestContext } from '../handler.ts';

/** Why a client may not commit offsets of a group inside a transaction; NONE when it may. */
export function refusalOfTxnOffsets(
  { caller, services: { access } }: RequestContext,
  request: { readonly transactionalId: string; readonly groupId: string },
): number {
  if (!access.transactionalId(caller, AclOperation.WRITE, request.transactionalId))
    return KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
  return access.group(caller, AclOperation.READ, request.groupId)
    ? KafkaError.NONE
    : KafkaError.GROUP_AUTHORIZATION_FAILED;
}
