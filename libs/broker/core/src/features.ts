import { METADATA_VERSION_FEATURE, SUPPORTED_FEATURES } from '@weirhouse/broker-metadata';

/** A feature level range of this broker, as ApiVersions tells it. */
interface AdvertisedFeature {
  readonly name: string;
  readonly minVersion: number;
  readonly maxVersion: number;
}

/** The level of group.version from which consumer groups (KIP-848) are served. */
export const CONSUMER_GROUPS_LEVEL = 1;

/** The feature levels clients are told: those that the broker registers with and finalizes. */
export const ADVERTISED_FEATURES: readonly AdvertisedFeature[] = Array.from(
  SUPPORTED_FEATURES,
  ([name, { max, min }]) => ({ name, minVersion: min, maxVersion: max }),
);

/** The levels a new cluster begins with beside metadata.version: the newest, as Kafka's. */
export const INITIAL_FEATURE_LEVELS: ReadonlyMap<string, number> = new Map(
  Array.from(SUPPORTED_FEATURES, ([name, { max }]) => [name, max] as const).filter(
    ([name]) => name !== METADATA_VERSION_FEATURE,
  ),
);
