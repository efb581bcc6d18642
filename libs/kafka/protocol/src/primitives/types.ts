/**
 * Record batches as they travel: one buffer or a list of slices that follow each other. Readers give
 * one borrowed slice or null; writers splice what they get without copying it.
 */
export type Records = Buffer | readonly Buffer[] | null;

/** A tagged field (KIP-482) this side does not know: kept, and written back in tag order. */
export interface TaggedField {
  readonly tag: number;
  /** A borrowed slice of the input. */
  readonly data: Buffer;
}

/** What a message's schema says about its versions. */
export interface MessageSchema {
  readonly name: string;
  /** The API key of requests and responses, the type id of records, otherwise -1. */
  readonly apiKey: number;
  readonly minVersion: number;
  readonly maxVersion: number;
  /** The first flexible version (KIP-482), or NEVER_FLEXIBLE. */
  readonly flexibleFrom: number;
}

/** Above every version: the message has no flexible version. */
export const NEVER_FLEXIBLE = 32_767;

/**
 * Java's Long.MAX_VALUE. 2 ** 63 - 1 is not a double, so it is kept as exactly 2 ** 63 and written back
 * as 2 ** 63 - 1: the only int64 outside the safe integers that is accepted.
 */
export const INT64_MAX = 2 ** 63;

/** The value of an absent `bytes` or `records` field. */
export const EMPTY_BYTES: Buffer = Buffer.alloc(0);

/** Longest string, in UTF-8 bytes: Kafka keeps the int16 limit in flexible versions too. */
export const STRING_BYTES_MAX = 32_767;
