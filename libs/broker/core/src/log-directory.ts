import type { Uuid } from '@weirhouse/shared-kernel';

/** The folder that holds this broker's logs, as administrators ask for it. */
export interface LogDirectory {
  /** Tells this folder from every other one (KIP-858). */
  readonly id: Uuid;
  /** The path as Kafka's `log.dirs` names it. */
  readonly path: string;
  /** Bytes of the volume and how many of them are free for the broker; -1 when they cannot be told. */
  space(): { readonly totalBytes: number; readonly usableBytes: number };
}
