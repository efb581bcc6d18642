import { BatchView } from '@weirhouse/kafka-protocol';
import type { Disk } from './disk.ts';
import { ABORTED_ENTRY_BYTES, AbortedIndex, readEntry } from './segment/aborted-index.ts';
import { FileSuffix } from './segment/file-names.ts';
import { readMarker } from './producers/marker.ts';
import type { FilePool } from './segment/file-pool.ts';
import { SegmentName } from './segment/segment-name.ts';

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

const view = new BatchView();

/**
 * The aborted transactions that the WAL notes of one partition. Each note comes before its marker:
 * they are kept until the files are complete.
 */
export class ReplayedAborts {
  #aborts: ReplayedAbort[] = [];
  /** A note whose marker is still to come. */
  #noted: ReplayedAbort | undefined;

  /** Keeps a note until its marker is met; its payload is copied. */
  note(segmentBase: number, payload: Buffer): void {
    const entry = Buffer.from(payload.subarray(0, ABORTED_ENTRY_BYTES));
    const { lastOffset } = readEntry(entry, 0);
    this.#noted = { segmentBase, lastOffset, entry };
  }

  /**
   * The batches come next. A note counts when they begin with its marker: a crash may have left it
   * without, and something else at that offset.
   */
  meet(batches: Buffer): void {
    const noted = this.#noted;
    this.#noted = undefined;
    if (noted === undefined) return;
    const { baseOffset, isControl, producerId } = view.reset(batches);
    const isMarker = isControl && readMarker(view)?.isCommit === false;
    const aborted = readEntry(noted.entry, 0);
    if (isMarker && aborted.lastOffset === baseOffset && aborted.producerId === producerId)
      this.#aborts.push(noted);
  }

  /** The log was cut at `offset`: markers from there on are gone. */
  truncateAt(offset: number): void {
    this.#noted = undefined;
    this.#aborts = this.#aborts.filter((abort) => abort.lastOffset < offset);
  }

  /** Brings the partition's `.txnindex` files to what the WAL says. Not synced. */
  restore(disk: Disk, files: FilePool, log: ReplayedLog): void {
    const { firstOffset, firstSegmentBase, folder } = log;
    const kept = this.#aborts.filter((abort) => abort.lastOffset >= firstOffset);
    const bases = new Set([firstSegmentBase, ...kept.map(({ segmentBase }) => segmentBase)]);
    for (const base of bases) {
      // A segment below the start offset was removed.
      const name = new SegmentName(folder, base);
      if (!disk.exists(name.pathOf(FileSuffix.LOG))) continue;
      const path = name.pathOf(FileSuffix.TXN_INDEX);
      const entries = kept.filter(({ segmentBase }) => segmentBase === base);
      if (entries.length === 0 && !disk.exists(path)) continue;
      const size = disk.exists(path) ? disk.sizeOf(path) : 0;
      const index = new AbortedIndex(files, name, size);
      index.truncateAt(firstOffset);
      index.cutFile();
      for (const { entry } of entries) index.add(readEntry(entry, 0));
      index.persist(Number.POSITIVE_INFINITY);
    }
  }
}
