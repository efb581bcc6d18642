import { METADATA_VERSION, METADATA_VERSION_FEATURE } from '@weirhouse/broker-metadata';

/** A feature level range of this broker. */
export interface SupportedFeature {
  readonly name: string;
  readonly minVersion: number;
  readonly maxVersion: number;
}

/**
 * The feature levels clients are told. transaction.version and group.version are left out until
 * transactions and KIP-848 groups exist: clients then stay with what is served.
 */
export const SUPPORTED_FEATURES: readonly SupportedFeature[] = [
  {
    name: METADATA_VERSION_FEATURE,
    minVersion: METADATA_VERSION,
    maxVersion: METADATA_VERSION,
  },
];
