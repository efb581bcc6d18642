import { KafkaError, METADATA_REFRESHING_CODES, RETRIABLE_CODES } from './kafka-errors.ts';

/** A code that Kafka 4.3 defines; codes read from bytes are plain numbers. */
export type KafkaErrorCode = (typeof KafkaError)[keyof typeof KafkaError];

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(KafkaError).map(([name, code]) => [code, name]),
);

/** The name of a code for logs and messages; `UNKNOWN_CODE_<code>` for one of a newer Kafka. */
export function kafkaErrorName(code: number): string {
  return NAMES.get(code) ?? `UNKNOWN_CODE_${code}`;
}

/** True when a client tries the same request again after this code. False for unknown codes. */
export function isRetriable(code: number): boolean {
  return RETRIABLE_CODES.has(code);
}

/** True when a client fetches metadata before it tries again. Such codes are retriable. */
export function refreshesMetadata(code: number): boolean {
  return METADATA_REFRESHING_CODES.has(code);
}
