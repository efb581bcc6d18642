import { KafkaError } from '@weirhouse/kafka-protocol';
import type { AllocateProducerIdsRequest } from '@weirhouse/kafka-protocol/messages/allocate-producer-ids-request';
import type { AllocateProducerIdsResponse } from '@weirhouse/kafka-protocol/messages/allocate-producer-ids-response';
import type { ControllerContext, ControllerResult } from './controller-types.ts';

/** Producer ids a broker is given at a time (KIP-730). */
export const PRODUCER_ID_BLOCK_SIZE = 1000;

/**
 * Gives a broker a block of producer ids that nobody else will ever have. Errors: 77 stale broker
 * epoch, 102 unknown broker, -1 when the ids are used up.
 */
export function allocateProducerIds(
  context: ControllerContext,
  request: AllocateProducerIdsRequest,
): ControllerResult<AllocateProducerIdsResponse> {
  const { brokerId, brokerEpoch } = request;
  const broker = context.image.brokers.find(brokerId);
  if (broker === undefined) return refuse(KafkaError.BROKER_ID_NOT_REGISTERED);
  if (broker.epoch !== brokerEpoch) return refuse(KafkaError.STALE_BROKER_EPOCH);
  const producerIdStart = context.image.nextProducerId;
  const nextProducerId = producerIdStart + PRODUCER_ID_BLOCK_SIZE;
  if (!Number.isSafeInteger(nextProducerId)) return refuse(KafkaError.UNKNOWN_SERVER_ERROR);
  return {
    records: [{ kind: 'producerIds', body: { brokerId, brokerEpoch, nextProducerId } }],
    response: {
      throttleTimeMs: 0,
      errorCode: KafkaError.NONE,
      producerIdStart,
      producerIdLen: PRODUCER_ID_BLOCK_SIZE,
    },
  };
}

function refuse(errorCode: number): ControllerResult<AllocateProducerIdsResponse> {
  const response = { throttleTimeMs: 0, errorCode, producerIdStart: 0, producerIdLen: 0 };
  return { records: [], response };
}
