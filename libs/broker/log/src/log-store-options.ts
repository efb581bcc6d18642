import type { Codecs } from '@weirhouse/kafka-protocol';
import type { Disk } from './disk.ts';
import type { PartitionRef } from './log-state.ts';

/** What a store is opened with. */
export interface LogStoreOptions {
  readonly disk: Disk;
  /**
   * The arena's memory, page aligned when the WAL adapter wants that: whole chunks and a block for the
   * headers of WAL files. `ARENA_BYTES` is the default size.
   */
  readonly memory: Buffer;
  readonly codecs?: Codecs;
  /** Checks the CRC of every batch that is read from a file. True when absent. */
  readonly verifyReads?: boolean;
  /** A partition's newest bytes that the page cache most likely holds; 64 MiB when absent. */
  readonly cachedBytes?: number;
  /** Bytes that reads from files may hold before each is cut short; 64 MiB when absent. */
  readonly readHeldBytesMax?: number;
  readonly chunkBytes?: number;
  readonly walSegmentBytes?: number;
  readonly walSegmentCount?: number;
  /** Bytes of a WAL file that are used before the next is made ahead; 1 MiB when absent. */
  readonly walFillAfterBytes?: number;
  readonly openFilesMax?: number;
  /** Free bytes of the volume below which clients' appends wait; 0 when absent: only a full disk counts. */
  readonly reserveBytes?: number;
  /** How fast closed segments are read to find damage before a reader does; 0 when absent: not at all. */
  readonly scrubBytesPerSecond?: number;
  /** From the start of one pass over all closed segments to the start of the next. */
  readonly scrubIntervalMs?: number;
}

/** What opening found. */
export interface RecoverySummary {
  /** True when the last process closed the store: nothing had to be replayed. */
  readonly isClean: boolean;
  readonly recordCount: number;
  readonly payloadBytes: number;
  readonly partitionCount: number;
  /** Partitions that records were replayed into but whose older data is damaged: they do not open. */
  readonly damaged: readonly PartitionRef[];
  /** Records of partitions whose folder is gone: an operator should know. */
  readonly orphanCount: number;
}
