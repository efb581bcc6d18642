import type { Uuid } from '@weirhouse/shared-kernel';

/** Where groups keep their members and offsets. */
export const OFFSETS_TOPIC = '__consumer_offsets';

/** Where transactions keep their state. */
export const TRANSACTIONS_TOPIC = '__transaction_state';

const SHARE_STATE_TOPIC = '__share_group_state';

/** The metadata log; it is not in the image, so no client can reach it. */
export const METADATA_TOPIC = '__cluster_metadata';

/** The metadata log's topic id, the same in every Kafka cluster: 15 zero bytes and a one. */
export const METADATA_TOPIC_ID: Uuid = 'AAAAAAAAAAAAAAAAAAAAAQ';

/** True for topics whose records only the broker writes. */
export function isInternalTopic(name: string): boolean {
  return name === OFFSETS_TOPIC || name === TRANSACTIONS_TOPIC || name === SHARE_STATE_TOPIC;
}
