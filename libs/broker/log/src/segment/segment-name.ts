import { offsetPath } from './file-names.ts';

/**
 * Names a segment's files. Paths are made when a file is used: kept for every segment, they would be a
 * third of what an idle partition costs.
 */
export class SegmentName {
  readonly folder: string;
  readonly baseOffset: number;
  /** What the names end in besides, while the files are not in their place. */
  readonly ending: string;

  constructor(folder: string, baseOffset: number, ending = '') {
    this.folder = folder;
    this.baseOffset = baseOffset;
    this.ending = ending;
  }

  /** The path of the file with this suffix. */
  pathOf(suffix: string): string {
    return offsetPath(this.folder, this.baseOffset, suffix) + this.ending;
  }
}
