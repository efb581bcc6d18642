import type { Disk } from './disk.ts';
import { ABORTED_ENTRY_BYTES, AbortedIndex, readEntry } from './segment/aborted-index.ts';
import { FileSuffix, offsetPath } from './segment/file-names.ts';
import type { FilePool } from './segment/file-pool.ts';

/** What replay knows of a partition when it writes its aborted transactions. */
interface ReplayedLog {
  readonly folder: string;
  /** Its files were cut and written on from this segment on. */
  readonly firstSegmentBase: number;
  /** The lowest offset at which they were cut. */
  readonly firstOffset: number;
}

interface ReplayedAbort {
  readonly segmentBase: number;
  readonly lastOffset: number;
  readonly entry: Buffer;
}

/**
 * The aborted transactions that the WAL notes of one partition. Each note comes before its marker:
 * they are kept until the files are complete.
 */
export class ReplayedAborts {
  #aborts: ReplayedAbort[] = [];

  /** Keeps a note; its payload is copied. */
  note(segmentBase: number, payload: Buffer): void {
    const entry = Buffer.from(payload.subarray(0, ABORTED_ENTRY_BYTES));
    const { lastOffset } = readEntry(entry, 0);
    this.#aborts.push({ segmentBase, lastOffset, entry });
  }

  /** The log was cut at `offset`: markers from there on are gone. */
  truncateAt(offset: number): void {
    this.#aborts = this.#aborts.filter((abort) => abort.lastOffset < offset);
  }

  /** Brings the partition's `.txnindex` files to what the WAL says. Not synced. */
  restore(disk: Disk, files: FilePool, log: ReplayedLog): void {
    const { firstOffset, firstSegmentBase, folder } = log;
    const kept = this.#aborts.filter((abort) => abort.lastOffset >= firstOffset);
    const bases = new Set([firstSegmentBase, ...kept.map(({ segmentBase }) => segmentBase)]);
    for (const base of bases) {
      // A segment below the start offset was removed.
      if (!disk.exists(offsetPath(folder, base, FileSuffix.LOG))) continue;
      const path = offsetPath(folder, base, FileSuffix.TXN_INDEX);
      const entries = kept.filter(({ segmentBase }) => segmentBase === base);
      if (entries.length === 0 && !disk.exists(path)) continue;
      const size = disk.exists(path) ? disk.sizeOf(path) : 0;
      const index = new AbortedIndex(files, path, size);
      index.truncateAt(firstOffset);
      index.cutFile();
      for (const { entry } of entries) index.add(readEntry(entry, 0));
      index.persist(Number.POSITIVE_INFINITY);
    }
  }
}
