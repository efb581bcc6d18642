import type { Random } from '@weirhouse/shared-kernel';
import type { AclRule } from '../acl-model.ts';
import type { FeatureRange } from '../image/brokers-image.ts';
import {
  GROUP_VERSION_FEATURE,
  METADATA_VERSION_FEATURE,
  TRANSACTION_VERSION_FEATURE,
} from '../image/metadata-image.ts';
import type { MetadataRecord } from '../records.ts';
import type { ScramCrypto } from '../sasl/scram-crypto.ts';
import { aclRecord } from './acls.ts';
import { randomUuid } from './controller-types.ts';
import { scramCredentialRecord, type ScramUpsertion } from './scram-credentials.ts';

/** metadata.version of Kafka 4.3-IV0: what our record versions are written for. */
export const METADATA_VERSION = 30;

/** Feature levels this release serves: brokers register them, clients are told, UpdateFeatures finalizes. */
export const SUPPORTED_FEATURES: ReadonlyMap<string, FeatureRange> = new Map([
  [METADATA_VERSION_FEATURE, { min: METADATA_VERSION, max: METADATA_VERSION }],
  [GROUP_VERSION_FEATURE, { min: 0, max: 1 }],
  [TRANSACTION_VERSION_FEATURE, { min: 0, max: 2 }],
]);

/** What a cluster has before its first client, the way `kafka-storage format` gives it. */
export interface BootstrapOptions {
  readonly random: Random;
  readonly crypto: ScramCrypto;
  /** Finalized levels beside metadata.version; a level of 0 is the same as leaving it out. */
  readonly featureLevels: ReadonlyMap<string, number>;
  /** Credentials that must exist before anybody can log in (KIP-900). */
  readonly credentials: readonly ScramUpsertion[];
  readonly acls: readonly AclRule[];
}

/** The first records of a new cluster's metadata log; its id is in the register. */
export function bootstrapRecords(options: BootstrapOptions): readonly MetadataRecord[] {
  const levels = new Map([
    [METADATA_VERSION_FEATURE, METADATA_VERSION],
    ...[...options.featureLevels].filter(([, level]) => level > 0),
  ]);
  return [
    ...[...levels].map(([name, featureLevel]): MetadataRecord => {
      return { kind: 'featureLevel', body: { name, featureLevel } };
    }),
    ...options.credentials.map((credential) => scramCredentialRecord(options.crypto, credential)),
    ...options.acls.map((rule) =>
      aclRecord({ ...rule, id: randomUuid(options.random), origin: null }),
    ),
  ];
}
