import type { Random, Uuid } from '@weirhouse/shared-kernel';
import type { ConfigResolver } from '../configs/resolver.ts';
import type { MetadataImage } from '../image/metadata-image.ts';
import type { MetadataRecord } from '../records.ts';

/** What the controller's operations work on. They read it and change nothing. */
export interface ControllerContext {
  /** The committed image: operations are computed one at a time. */
  readonly image: MetadataImage;
  /** Effective settings; also gives the broker's defaults for new topics. */
  readonly configs: ConfigResolver;
  readonly random: Random;
  /** Why this broker could not serve TLS with these settings; the files that they name are looked at. */
  readonly findTlsFault?: ((proposed: ConfigResolver) => string | undefined) | undefined;
  /** Partitions that the cluster may have at this moment; `PARTITIONS_MAX` where it is more or absent. */
  readonly partitionsMax?: (() => number | undefined) | undefined;
}

/**
 * What an operation decided. The records go through the metadata log in one atomic batch; the
 * response is given once they are committed. No records: the response can be given at once.
 */
export interface ControllerResult<Response> {
  readonly records: readonly MetadataRecord[];
  readonly response: Response;
}

/** A Kafka error as responses carry it; the message is null for success. */
export interface ApiError {
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

/** Partitions one request may create: they become one batch of the metadata log. */
export const PARTITIONS_PER_REQUEST_MAX = 10_000;
/** Partitions of a whole cluster: bounds the memory of every broker's image. */
export const PARTITIONS_MAX = 200_000;
/** ACLs of a whole cluster: bounds the memory of every broker's image. */
export const ACLS_MAX = 100_000;
/** SCRAM credentials of a whole cluster: bounds the memory of every broker's image. */
export const CREDENTIALS_MAX = 100_000;

/** Entities with client quotas in a whole cluster: bounds the memory of every broker's image. */
export const QUOTAS_MAX = 100_000;

/** A random uuid in Kafka's manner: none that is reserved, none that looks like an option. */
export function randomUuid(random: Random): Uuid {
  for (;;) {
    const bytes = random.bytes(16);
    // The first hundred uuids have meanings of their own, such as "no directory".
    const reserved = bytes.subarray(0, 15).every((byte) => byte === 0);
    const uuid = bytes.toString('base64url');
    if (!reserved && !uuid.startsWith('-')) return uuid;
  }
}
