import { isKafkaError } from '@weirhouse/kafka-client';
import { AppError, isAppError, type ErrorCode } from '@weirhouse/shared-kernel';
import type { RestCode } from '../http/failure.filter.ts';

/** Codes of Kafka REST that are finer than the status. */
const REST_CODES = {
  unknownTopicOrPartition: 40403,
  unknownCluster: 40402,
  notFound: 40401,
  badRequest: 40002,
  unfitRecord: 42206,
} as const;

/** What a broker refuses because of what the request says, whatever status it has elsewhere. */
const BAD_REQUESTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'already_exists',
  'failed_precondition',
  'invalid_argument',
]);

/** An error with a code of Kafka REST's. */
function failure(
  code: ErrorCode,
  message: string,
  options: {
    readonly restCode: number;
    readonly detail?: string | undefined;
    readonly field?: string;
  },
): AppError {
  const { detail, field, restCode } = options;
  const cause: RestCode = { restCode };
  return new AppError(code, message, {
    cause,
    ...(detail === undefined ? {} : { detail }),
    ...(field === undefined ? {} : { field }),
  });
}

/** The same for unknown and for invisible clusters. */
export function noSuchCluster(clusterId: string): AppError {
  const message = `There is no Kafka cluster ${clusterId}.`;
  return failure('not_found', message, { restCode: REST_CODES.unknownCluster });
}

/** Something of a cluster that is not there; topics and partitions have a code of their own. */
export function notFound(what: string, kind: 'topic' | 'other' = 'other'): AppError {
  const { notFound: other, unknownTopicOrPartition } = REST_CODES;
  const restCode = kind === 'topic' ? unknownTopicOrPartition : other;
  return failure('not_found', `${what} does not exist.`, { restCode });
}

/** A request that makes no sense. */
export function badRequest(message: string): AppError {
  return failure('invalid_argument', message, { restCode: REST_CODES.badRequest });
}

/** JSON that is no record; `pointer` is where (422). */
export function unfitRecord(message: string, pointer: `/${string}`): AppError {
  return failure('invalid_argument', message, {
    restCode: REST_CODES.unfitRecord,
    field: pointer,
  });
}

/**
 * What a caller is told of an error between us and a broker: what the broker refuses keeps its words;
 * a broker that cannot be reached or does not answer in time is 503.
 */
export function toRestFailure(error: unknown): unknown {
  if (!isAppError(error)) return error;
  const { code, detail, message } = error;
  if (isKafkaError(error, 'UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID'))
    return failure('not_found', message, { restCode: REST_CODES.unknownTopicOrPartition, detail });
  if (isKafkaError(error, 'GROUP_ID_NOT_FOUND'))
    return failure('not_found', message, { restCode: REST_CODES.notFound, detail });
  if (detail?.startsWith('kafka error ') !== true)
    return code === 'unavailable' || code === 'timeout' ? unreachable(error) : error;
  if (BAD_REQUESTS.has(code))
    return failure('invalid_argument', message, { restCode: REST_CODES.badRequest, detail });
  if (code === 'unauthenticated' || code === 'timeout') return unreachable(error);
  return error;
}

function unreachable(cause: AppError): AppError {
  return new AppError(
    'unavailable',
    'The cluster does not answer right now: try again. A change that was asked for may have been made.',
    { cause },
  );
}
