import {
  GROUP_VERSION_FEATURE,
  METADATA_VERSION,
  METADATA_VERSION_FEATURE,
  TRANSACTION_VERSION_FEATURE,
} from '@weirhouse/broker-metadata';

/** A feature level range of this broker. */
export interface SupportedFeature {
  readonly name: string;
  readonly minVersion: number;
  readonly maxVersion: number;
}

/** The level of group.version from which consumer groups (KIP-848) are served. */
export const CONSUMER_GROUPS_LEVEL = 1;

/** transaction.version 2: the producer's epoch rises with every transaction (KIP-890). */
const TRANSACTION_VERSION_MAX = 2;

/** The feature levels clients are told. */
export const SUPPORTED_FEATURES: readonly SupportedFeature[] = [
  {
    name: METADATA_VERSION_FEATURE,
    minVersion: METADATA_VERSION,
    maxVersion: METADATA_VERSION,
  },
  { name: GROUP_VERSION_FEATURE, minVersion: 0, maxVersion: CONSUMER_GROUPS_LEVEL },
  { name: TRANSACTION_VERSION_FEATURE, minVersion: 0, maxVersion: TRANSACTION_VERSION_MAX },
];

/** The levels a new cluster begins with beside metadata.version, as Kafka's. */
export const INITIAL_FEATURE_LEVELS: ReadonlyMap<string, number> = new Map([
  [GROUP_VERSION_FEATURE, CONSUMER_GROUPS_LEVEL],
  [TRANSACTION_VERSION_FEATURE, TRANSACTION_VERSION_MAX],
]);
