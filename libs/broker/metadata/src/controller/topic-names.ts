import { KafkaError } from '@weirhouse/kafka-protocol';
import type { ApiError } from './controller-types.ts';

/** The longest topic name: with `-` and a partition number it must fit a folder name. */
export const TOPIC_NAME_LENGTH_MAX = 249;
/** The log of the metadata itself: never an ordinary topic. */
export const METADATA_TOPIC_NAME = '__cluster_metadata';

const LEGAL_NAME = /^[a-zA-Z0-9._-]+$/;

/** The fault of a topic name, or undefined. Names become folder names, so the rule is narrow. */
export function findTopicNameFault(name: string): ApiError | undefined {
  if (name === METADATA_TOPIC_NAME) {
    return {
      errorCode: KafkaError.INVALID_REQUEST,
      errorMessage: `The topic ${METADATA_TOPIC_NAME} cannot be created.`,
    };
  }
  const fault = nameFault(name);
  if (fault === undefined) return undefined;
  return { errorCode: KafkaError.INVALID_TOPIC_EXCEPTION, errorMessage: fault };
}

function nameFault(name: string): string | undefined {
  if (name === '') return 'The topic name must not be empty.';
  if (name === '.' || name === '..') return "The topic name must not be '.' or '..'.";
  if (name.length > TOPIC_NAME_LENGTH_MAX) {
    return `The topic name must have at most ${TOPIC_NAME_LENGTH_MAX} characters.`;
  }
  if (LEGAL_NAME.test(name)) return undefined;
  return "The topic name may have ASCII letters and digits, '.', '_' and '-' only.";
}
