const FILE_VERSION = 0;

/** An epoch and where its records end; both -1 when nothing is known of it. */
export interface EpochEnd {
  readonly epoch: number;
  readonly endOffset: number;
}

interface EpochStart {
  readonly epoch: number;
  readonly startOffset: number;
}

const NONE: readonly EpochStart[] = [];

/**
 * The leader epochs of one partition and where each starts: epochs and offsets both rise. It answers
 * where two logs part (KIP-101), and survives in Kafka's `leader-epoch-checkpoint`.
 */
export class EpochCache {
  #entries: readonly EpochStart[] = NONE;
  /** True when the file does not say what is here. */
  isDirty = false;

  get latestEpoch(): number | undefined {
    return this.#entries.at(-1)?.epoch;
  }

  /** A cache with the same entries. */
  clone(): EpochCache {
    const copy = new EpochCache();
    copy.#entries = [...this.#entries];
    copy.isDirty = this.isDirty;
    return copy;
  }

  /** Notes that a batch of `epoch` starts at `offset`; only the first of an epoch counts. */
  assign(epoch: number, offset: number): void {
    const last = this.#entries.at(-1);
    if (epoch < 0 || (last !== undefined && epoch <= last.epoch)) return;
    // Of its own length: V8 makes room for 17 at a push into an empty array.
    this.#entries = [...this.#entries, { epoch, startOffset: offset }];
    this.isDirty = true;
  }

  /** The epoch of the record at `offset`; undefined when no epoch is known there. */
  epochAt(offset: number): number | undefined {
    return this.#entries.findLast((entry) => entry.startOffset <= offset)?.epoch;
  }

  /**
   * Where `epoch` ends: for the latest one the log's end; for one below the first known, the start
   * of the first; else the largest known epoch up to it and the start of the next.
   */
  endOffsetOf(epoch: number, logEndOffset: number): EpochEnd {
    const latest = this.latestEpoch;
    if (latest === undefined || epoch < 0 || epoch > latest) return { epoch: -1, endOffset: -1 };
    if (epoch === latest) return { epoch, endOffset: logEndOffset };
    const next = this.#entries.findIndex((entry) => entry.epoch > epoch);
    const endOffset = (this.#entries[next] as EpochStart).startOffset;
    const floor = this.#entries[next - 1];
    return { epoch: floor?.epoch ?? epoch, endOffset };
  }

  /** Forgets epochs that start at `offset` or after. */
  truncateFrom(offset: number): void {
    const kept = this.#entries.filter((entry) => entry.startOffset < offset);
    if (kept.length === this.#entries.length) return;
    this.#entries = kept;
    this.isDirty = true;
  }

  /** Forgets epochs that end before `offset`; the one that reaches over it starts there. */
  truncateBefore(offset: number): void {
    const over = this.#entries.findLastIndex((entry) => entry.startOffset <= offset);
    const first = this.#entries[over];
    if (first === undefined || (over === 0 && first.startOffset === offset)) return;
    this.#entries = [{ epoch: first.epoch, startOffset: offset }, ...this.#entries.slice(over + 1)];
    this.isDirty = true;
  }

  /** The text of Kafka's checkpoint file: version, count, then `epoch offset` lines. */
  toText(): string {
    const lines = this.#entries.map((entry) => `${entry.epoch} ${entry.startOffset}\n`);
    return `${FILE_VERSION}\n${lines.length}\n${lines.join('')}`;
  }

  /** Reads what `toText` writes; undefined for anything else. */
  static fromText(text: string): EpochCache | undefined {
    const [version, count, ...lines] = text.split('\n');
    if (version !== String(FILE_VERSION) || count === undefined || !/^\d+$/.test(count))
      return undefined;
    const cache = new EpochCache();
    for (const line of lines.slice(0, Number(count))) {
      const match = /^(\d+) (\d+)$/.exec(line);
      if (match === null) return undefined;
      cache.assign(Number(match[1]), Number(match[2]));
    }
    cache.isDirty = false;
    return cache.#entries.length === Number(count) ? cache : undefined;
  }
}
