import { findIdPrefix } from '@weirhouse/cloud-contract';
import { AppError } from '@weirhouse/shared-kernel';
import type { QuotaCode } from '../service-quotas/catalogue.ts';
import type { ApiKeyOwner, ApiKeyResource } from './api-keys.repository.ts';

/** What a request names as the resource of a new key. */
export interface ResourceWish {
  readonly id: string;
  readonly kind?: string | undefined;
}

/** What a new key is to open; a cluster is still to be looked up. */
export type ApiKeyTarget =
  | { readonly kind: 'Cloud' }
  | { readonly kind: 'Global' }
  | { readonly kind: 'Cluster'; readonly clusterId: string };

interface KnownResource {
  /** What clients write as `kind`; they leave it out as well. */
  readonly kinds: readonly string[];
  /** Undefined = a part of the contract that this platform does not offer yet. */
  readonly target: ((id: string) => ApiKeyTarget) | undefined;
  readonly name: string;
}

/** Kafka, Schema Registry and ksqlDB share the kind `Cluster`: the id's prefix tells them apart. */
const BY_PREFIX: Readonly<Record<string, KnownResource>> = {
  lkc: {
    kinds: ['Cluster'],
    target: (clusterId) => ({ kind: 'Cluster', clusterId }),
    name: 'Kafka clusters',
  },
  lsrc: { kinds: ['Cluster', 'SchemaRegistry'], target: undefined, name: 'Schema Registry' },
  lksqlc: { kinds: ['Cluster', 'ksqlDB'], target: undefined, name: 'ksqlDB' },
};

const BY_ID: Readonly<Record<string, KnownResource>> = {
  cloud: { kinds: ['Cloud'], target: () => ({ kind: 'Cloud' }), name: 'Cloud' },
  global: { kinds: ['Global'], target: () => ({ kind: 'Global' }), name: 'Global' },
  tableflow: { kinds: ['Tableflow'], target: undefined, name: 'Tableflow' },
};

const REGION: KnownResource = { kinds: ['Region'], target: undefined, name: 'Flink regions' };

/**
 * Which kind of key a request asks for: no resource is a Cloud key. Throws `invalid_argument`, on
 * the kind when it does not fit the id, on the id when there are no keys for such a resource.
 */
export function apiKeyTarget(wish: ResourceWish | undefined): ApiKeyTarget {
  if (wish === undefined) return { kind: 'Cloud' };
  const { id, kind } = wish;
  const known = kind === 'Region' ? REGION : knownById(id);
  if (known === undefined) {
    throw new AppError(
      'invalid_argument',
      `There are no API keys for ${id}: name a Kafka cluster (lkc-...) or "global", or leave the resource out for a Cloud key.`,
      { field: '/spec/resource/id' },
    );
  }
  if (kind !== undefined && kind !== '' && !known.kinds.includes(kind)) {
    throw new AppError(
      'invalid_argument',
      `The resource ${id} is of kind ${known.kinds.join(' or ')}, not ${kind}.`,
      { field: '/spec/resource/kind' },
    );
  }
  if (known.target === undefined) {
    throw new AppError(
      'invalid_argument',
      `API keys for ${known.name} are not offered yet: name a Kafka cluster (lkc-...) or "global", or leave the resource out for a Cloud key.`,
      { field: '/spec/resource/id' },
    );
  }
  return known.target(id);
}

function knownById(id: string): KnownResource | undefined {
  const prefix = findIdPrefix(id);
  const [table, key] = prefix === undefined ? [BY_ID, id] : [BY_PREFIX, prefix];
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** The service quotas that a new key counts against. */
export function keyQuotas(
  owner: ApiKeyOwner,
  resource: ApiKeyResource,
): {
  readonly codes: readonly QuotaCode[];
  readonly ownerId: string;
  readonly clusterId: string | undefined;
} {
  const ofOwner = owner.kind === 'User' ? 'per_user' : 'per_service_account';
  if (resource.kind !== 'Cluster')
    return {
      codes: ['iam.max_cloud_api_keys.per_org', `iam.max_cloud_api_keys.${ofOwner}`],
      ownerId: owner.id,
      clusterId: undefined,
    };
  return {
    codes: ['kafka.max_api_keys.per_cluster', `iam.max_cluster_api_keys.${ofOwner}`],
    ownerId: owner.id,
    clusterId: resource.clusterId,
  };
}
