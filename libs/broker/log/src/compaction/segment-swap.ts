import type { Disk } from '../disk.ts';
import {
  FileSuffix,
  offsetOfName,
  offsetPath,
  SEGMENT_SUFFIXES,
  segmentBaseOfName,
} from '../segment/file-names.ts';
import { scanBatches } from '../segment/scan.ts';

/** A cleaned copy and the segments in whose place it comes. */
export interface SegmentSwap {
  readonly folder: string;
  /** Of the copy and of the first segment it replaces. */
  readonly baseOffset: number;
  /** Base offsets of the other segments that it replaces. */
  readonly covered: readonly number[];
}

/** What a copy's log ends in once all of it counts, as in Kafka. */
const SWAP_LOG = `${FileSuffix.LOG}${FileSuffix.SWAP}`;
/** The log comes last: while it has the name of a copy, a start does all of it again. */
const LOG_LAST = SEGMENT_SUFFIXES.toReversed();

/**
 * Puts a durable copy in the place of its segments, name by name:
 *
 * | names                          | a start finds  | and |
 * |--------------------------------|----------------|-----|
 * | some end in `.cleaned`         | the old log    | removes them |
 * | the copy's log is `.log.swap`  | the new log    | completes the exchange |
 * | none is left                   | the new log    | has nothing to do |
 *
 * A folder's names survive a power cut in order, so the log's own new name decides. Files must not be open.
 */
export function swapSegments(disk: Disk, swap: SegmentSwap): void {
  const { baseOffset, folder } = swap;
  for (const suffix of LOG_LAST) {
    const path = offsetPath(folder, baseOffset, suffix);
    if (disk.exists(`${path}${FileSuffix.CLEANED}`))
      disk.rename(`${path}${FileSuffix.CLEANED}`, `${path}${FileSuffix.SWAP}`);
  }
  complete(disk, swap);
}

/** Completes the exchanges of a folder that a crash interrupted: before anything else looks at its segments. */
export function completeSwaps(disk: Disk, folder: string): void {
  const names = disk.list(folder);
  for (const name of names) {
    const baseOffset = offsetOfName(name, SWAP_LOG);
    if (baseOffset === undefined) continue;
    const endOffset = findEnd(disk, `${folder}/${name}`);
    const bases = names.map((other) => segmentBaseOfName(other) ?? -1);
    const covered = new Set(bases.filter((base) => base > baseOffset && base < endOffset));
    complete(disk, { folder, baseOffset, covered: [...covered] });
  }
}

function complete(disk: Disk, { baseOffset, covered, folder }: SegmentSwap): void {
  for (const base of covered)
    for (const suffix of SEGMENT_SUFFIXES) {
      const path = offsetPath(folder, base, suffix);
      if (disk.exists(path)) disk.unlink(path);
    }
  for (const suffix of LOG_LAST) {
    const path = offsetPath(folder, baseOffset, suffix);
    if (disk.exists(`${path}${FileSuffix.SWAP}`)) disk.rename(`${path}${FileSuffix.SWAP}`, path);
  }
}

/** The copy was durable before it got its name: its last batch says how far it goes. */
function findEnd(disk: Disk, path: string): number {
  let endOffset = 0;
  const file = disk.open(path, 'read');
  scanBatches({
    file,
    from: 0,
    to: file.sizeSync(),
    verify: false,
    visit: (batch) => {
      endOffset = batch.nextOffset;
      return true;
    },
  });
  file.closeSync();
  return endOffset;
}
