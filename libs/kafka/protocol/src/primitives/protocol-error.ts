import { AppError } from '@weirhouse/shared-kernel';

/**
 * The one error of this library: input that does not follow the protocol, or a message that cannot be
 * written in the version asked for. Code `invalid_argument`; the message names the Kafka message.
 */
export class KafkaProtocolError extends AppError<'invalid_argument'> {
  constructor(message: string) {
    super('invalid_argument', message);
  }
}

/** Refuses a version that the schema of `messageName` does not have. */
export function unsupportedVersion(messageName: string, version: number): KafkaProtocolError {
  return new KafkaProtocolError(`${messageName} has no version ${version}`);
}

/** Refuses a value that the version being written has no place for and that is not ignorable. */
export function fieldUnsupported(fieldName: string): KafkaProtocolError {
  return new KafkaProtocolError(`${fieldName} is set, but this version does not carry it`);
}

/** The value of a field that is null although the version being written does not allow it. */
export function nonNull<T>(value: T | null, fieldName: string): T {
  if (value === null) throw new KafkaProtocolError(`${fieldName} must not be null in this version`);
  return value;
}
