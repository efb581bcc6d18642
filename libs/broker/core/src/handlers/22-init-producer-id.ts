// InitProducerId: versions 0 to 5 (KIP-98, v3 KIP-360). Idempotent producers get a fresh id; a
// transactional id is refused, because transactions do not exist here yet. Needs IDEMPOTENT_WRITE on
// the cluster or WRITE on some topic.
import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  initProducerIdRequestSchema,
  readInitProducerIdRequest,
  type InitProducerIdRequest,
} from '@weirhouse/kafka-protocol/messages/init-producer-id-request';
import {
  defaultInitProducerIdResponse,
  writeInitProducerIdResponse,
  type InitProducerIdResponse,
} from '@weirhouse/kafka-protocol/messages/init-producer-id-response';

import { defineHandler, type RequestContext } from '../handler.ts';

/** API key 22. */
export const initProducerId = defineHandler<InitProducerIdRequest, InitProducerIdResponse>({
  schema: initProducerIdRequestSchema,
  minVersion: 0,
  maxVersion: 5,
  authenticated: true,
  borrowsFrame: true,
  read: readInitProducerIdRequest,
  write: writeInitProducerIdResponse,
  handle(context, request, respond) {
    const failed = (errorCode: number) =>
      respond({
        ...defaultInitProducerIdResponse(),
        errorCode,
        producerId: -1,
        producerEpoch: -1,
      });
    const refusal = refuse(context, request);
    if (refusal !== 0) return failed(refusal);
    context.services.producerIds.next((producerId) => {
      respond({ ...defaultInitProducerIdResponse(), producerId, producerEpoch: 0 });
    }, failed);
  },
});

function refuse({ caller, services }: RequestContext, request: InitProducerIdRequest): number {
  const { access } = services;
  const { transactionalId } = request;
  if (transactionalId !== null) {
    if (transactionalId === '') return KafkaError.INVALID_REQUEST;
    return access.transactionalId(caller, AclOperation.WRITE, transactionalId)
      ? KafkaError.UNSUPPORTED_VERSION
      : KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
  }
  const isAllowed =
    access.cluster(caller, AclOperation.IDEMPOTENT_WRITE) || access.someTopicWrite(caller);
  return isAllowed ? 0 : KafkaError.CLUSTER_AUTHORIZATION_FAILED;
}
