// InitProducerId: versions 0 to 5 (KIP-98, v3 KIP-360). Idempotent producers get a fresh id, which needs
// IDEMPOTENT_WRITE on the cluster or WRITE on some topic. With a transactional id its coordinator gives
// the next epoch and ends what was left open; that needs WRITE on the transactional id. v6 (two-phase
// commit, KIP-939) is unstable in Kafka and not served.
import type { ProducerIdAnswer } from '@weirhouse/broker-coordination';
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
    const { transactionalId } = request;
    if (transactionalId !== null) {
      context.services.transactions.attempt<ProducerIdAnswer>({
        transactionalId,
        run: (shard, nowMs, done) =>
          shard.initProducerId(
            { ...request, transactionalId },
            { nowMs, apiVersion: context.version },
            done,
          ),
        errorOf: ({ errorCode }) => errorCode,
        done: (answer) => respond({ ...defaultInitProducerIdResponse(), ...answer }),
        unavailable: failed,
      });
      return;
    }
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
      ? KafkaError.NONE
      : KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
  }
  const isAllowed =
    access.cluster(caller, AclOperation.IDEMPOTENT_WRITE) || access.someTopicWrite(caller);
  return isAllowed ? 0 : KafkaError.CLUSTER_AUTHORIZATION_FAILED;
}
