import { KafkaError } from '@weirhouse/kafka-protocol';

/**
 * The code a client of the coordinator may see for a failed append. Clients know what to do with
 * coordinator errors only: find it again (16) or wait (14, 15); anything else is the server's fault.
 */
export function coordinatorErrorOf(appendErrorCode: number): number {
  switch (appendErrorCode) {
    case KafkaError.UNKNOWN_TOPIC_OR_PARTITION:
    case KafkaError.NOT_ENOUGH_REPLICAS:
    case KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case KafkaError.REQUEST_TIMED_OUT:
      return KafkaError.COORDINATOR_NOT_AVAILABLE;
    case KafkaError.NOT_LEADER_OR_FOLLOWER:
    case KafkaError.KAFKA_STORAGE_ERROR:
      return KafkaError.NOT_COORDINATOR;
    case KafkaError.COORDINATOR_LOAD_IN_PROGRESS:
    case KafkaError.COORDINATOR_NOT_AVAILABLE:
    case KafkaError.NOT_COORDINATOR:
      return appendErrorCode;
    default:
      return KafkaError.UNKNOWN_SERVER_ERROR;
  }
}
