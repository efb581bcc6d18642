import { isRetriable, KafkaError, kafkaErrorName } from '@weirhouse/kafka-protocol';
import { AppError, isAppError, type ErrorCode } from '@weirhouse/shared-kernel';

/** A name of Kafka's error table, e.g. `TOPIC_ALREADY_EXISTS`. */
export type KafkaErrorName = keyof typeof KafkaError;

const DETAIL_PREFIX = 'kafka error ';

/** Codes of ours for Kafka's; retriable ones that are not here are `unavailable`. */
const CODES: ReadonlyMap<string, ErrorCode> = new Map<KafkaErrorName, ErrorCode>([
  ['TOPIC_ALREADY_EXISTS', 'already_exists'],
  ['DUPLICATE_RESOURCE', 'already_exists'],
  ['UNKNOWN_TOPIC_OR_PARTITION', 'not_found'],
  ['UNKNOWN_TOPIC_ID', 'not_found'],
  ['RESOURCE_NOT_FOUND', 'not_found'],
  ['GROUP_ID_NOT_FOUND', 'not_found'],
  ['TOPIC_AUTHORIZATION_FAILED', 'forbidden'],
  ['GROUP_AUTHORIZATION_FAILED', 'forbidden'],
  ['CLUSTER_AUTHORIZATION_FAILED', 'forbidden'],
  ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'forbidden'],
  ['SASL_AUTHENTICATION_FAILED', 'unauthenticated'],
  ['UNSUPPORTED_SASL_MECHANISM', 'unauthenticated'],
  ['ILLEGAL_SASL_STATE', 'unauthenticated'],
  ['REQUEST_TIMED_OUT', 'timeout'],
  ['THROTTLING_QUOTA_EXCEEDED', 'rate_limited'],
  ['POLICY_VIOLATION', 'failed_precondition'],
  ['SECURITY_DISABLED', 'failed_precondition'],
  ['TOPIC_DELETION_DISABLED', 'failed_precondition'],
  ['INVALID_TOPIC_EXCEPTION', 'invalid_argument'],
  ['INVALID_PARTITIONS', 'invalid_argument'],
  ['INVALID_REPLICATION_FACTOR', 'invalid_argument'],
  ['INVALID_REPLICA_ASSIGNMENT', 'invalid_argument'],
  ['INVALID_CONFIG', 'invalid_argument'],
  ['INVALID_REQUEST', 'invalid_argument'],
  ['INVALID_GROUP_ID', 'invalid_argument'],
  ['INVALID_TIMESTAMP', 'invalid_argument'],
  ['INVALID_RECORD', 'invalid_argument'],
  ['MESSAGE_TOO_LARGE', 'invalid_argument'],
  ['RECORD_LIST_TOO_LARGE', 'invalid_argument'],
  ['UNSUPPORTED_VERSION', 'invalid_argument'],
  ['UNACCEPTABLE_CREDENTIAL', 'invalid_argument'],
  ['KAFKA_STORAGE_ERROR', 'storage'],
]);

/** The AppError for an error code on the wire; its message starts with Kafka's name of the error. */
export function kafkaError(code: number, message?: string | null): AppError {
  const name = kafkaErrorName(code);
  const fallback: ErrorCode = isRetriable(code) ? 'unavailable' : 'internal';
  return new AppError(CODES.get(name) ?? fallback, message ? `${name}: ${message}` : name, {
    detail: `${DETAIL_PREFIX}${name}`,
  });
}

/** The AppError of a result, or undefined when the code says success. */
export function findKafkaError(code: number, message?: string | null): AppError | undefined {
  return code === KafkaError.NONE ? undefined : kafkaError(code, message);
}

/** Throws unless the code says success. */
export function requireSuccess(code: number, message?: string | null): void {
  if (code !== KafkaError.NONE) throw kafkaError(code, message);
}

/** True when `error` came from a broker with one of these names. */
export function isKafkaError(error: unknown, ...names: readonly KafkaErrorName[]): boolean {
  if (!isAppError(error)) return false;
  return names.some((name) => error.detail === `${DETAIL_PREFIX}${name}`);
}
