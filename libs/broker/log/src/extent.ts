import type { Chunk } from './arena.ts';
import type { Segment } from './segment/segment.ts';

/** What a WAL record says. Numbers are on disk: never reuse one. */
export const RecordKind = {
  /** Whole batches, contiguous in one segment of one partition. */
  DATA: 1,
  /** The partition exists; the payload is its topic's name. Written before its first DATA. */
  CREATE: 2,
  /** The partition's log ends at the base offset from here on. */
  TRUNCATE: 3,
  /** The partition is gone; everything before is void. */
  DELETE: 4,
  /** The marker in the next DATA aborts a transaction; the payload is the entry of `.txnindex`. */
  ABORTED: 5,
} as const;
/** One of the record kinds. */
export type RecordKind = (typeof RecordKind)[keyof typeof RecordKind];

/** Whose records an extent holds: told when they are durable and when their memory goes. */
export interface ExtentOwner {
  readonly topicIdBytes: Buffer;
  readonly index: number;
  /** True while the owner waits in a list of owners whose durable end moved. */
  isInDurableList: boolean;
  /** The newest WAL generation that holds a record of this owner. */
  walGeneration: number;
  /** True when what was appended counts as soon as it is in the page cache. */
  readonly isRelaxed: boolean;
  /** Called in WAL order, before `onDurable`, when the record is in the page cache. True when it counts. */
  onCached(extent: Extent): boolean;
  /** Called in WAL order. True when the durable end moved. */
  onDurable(extent: Extent): boolean;
  onEvicted(extent: Extent): void;
}

/**
 * One WAL record while its chunk is in memory: header at `recordStart`, payload from `start`. Data
 * extents grow while they are the chunk's last and not flushed. Objects are pooled with their chunk:
 * hold one only as long as the owner's queue does.
 */
export class Extent {
  kind: RecordKind = RecordKind.DATA;
  owner: ExtentOwner;
  chunk: Chunk;
  recordStart = 0;
  start = 0;
  /** End of the payload as the WAL has it. */
  recordEnd = 0;
  /** End of what still counts: before `recordEnd` after a truncation. */
  end = 0;
  baseOffset = 0;
  /** The offset after the last record that still counts. */
  endOffset = 0;
  /** The segment that the payload belongs to; undefined for kinds without data. */
  segment: Segment | undefined;
  /** Byte in the segment's file where the payload goes. */
  position = 0;
  leaderEpoch = 0;
  /** CRC-32C over the part of each batch that the batch's own CRC leaves out. */
  prefixCrc = 0;
  isWritten = false;
  isDropped = false;

  constructor(owner: ExtentOwner, chunk: Chunk) {
    this.owner = owner;
    this.chunk = chunk;
  }

  get bytes(): number {
    return this.end - this.start;
  }

  /** The record needs its memory no more: it is in the segment's file, or it says nothing there. */
  markWritten(): void {
    if (this.isWritten) return;
    this.isWritten = true;
    this.chunk.unwritten -= 1;
  }

  /** The record was truncated away before it was written. */
  drop(): void {
    this.isDropped = true;
    this.markWritten();
  }
}
