/** A transaction of one producer on one partition that its marker ended. */
export interface EndedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  /** The marker's offset. */
  readonly lastOffset: number;
  readonly isAborted: boolean;
}

/** An ended transaction whose marker may not be committed yet. */
interface DecidedTransaction {
  readonly firstOffset: number;
  readonly markerOffset: number;
}

/** Most partitions never have a transaction: no memory for those. */
const NONE: readonly DecidedTransaction[] = [];
const NO_OPEN: ReadonlyMap<number, number> = new Map();

/**
 * The transactions of one partition that keep its last stable offset back.
 *
 * | state   | means                                           | next |
 * |---------|-------------------------------------------------|------|
 * | open    | has batches and no marker                       | decided, when its marker is appended |
 * | decided | its marker is at or above the high watermark    | gone, when the high watermark passes the marker |
 */
export class Transactions {
  /** First offsets of open transactions by producer, rising. */
  #open: Map<number, number> | undefined;
  /** In order of their markers. */
  #decided: readonly DecidedTransaction[] = NONE;
  #firstDecided = Number.POSITIVE_INFINITY;

  /** A producer's first transactional batch was appended at `firstOffset`. */
  begin(producerId: number, firstOffset: number): void {
    this.#open ??= new Map();
    this.#open.set(producerId, firstOffset);
  }

  /** A producer's marker was appended at `markerOffset`. */
  end(producerId: number, markerOffset: number): void {
    const firstOffset = this.#open?.get(producerId);
    if (firstOffset === undefined) return;
    this.#open?.delete(producerId);
    this.#decided = [...this.#decided, { firstOffset, markerOffset }];
    this.#firstDecided = Math.min(this.#firstDecided, firstOffset);
  }

  /** The high watermark moved: what was decided below counts no more. */
  commit(highWatermark: number): void {
    const first = this.#decided[0];
    if (first === undefined || first.markerOffset >= highWatermark) return;
    this.#decided = this.#decided.filter((entry) => entry.markerOffset >= highWatermark);
    this.#firstDecided = Number.POSITIVE_INFINITY;
    for (const { firstOffset } of this.#decided)
      this.#firstDecided = Math.min(this.#firstDecided, firstOffset);
  }

  /** The first offset of a transaction that is not decided below the high watermark; else infinity. */
  get firstUnstableOffset(): number {
    return Math.min(this.#firstDecided, this.firstOpenOffset());
  }

  /** The oldest open transaction. */
  get firstOpen(): { readonly producerId: number; readonly firstOffset: number } | undefined {
    for (const [producerId, firstOffset] of this.#open ?? NO_OPEN)
      return { producerId, firstOffset };
    return undefined;
  }

  /** The first offset of the oldest open transaction, of others than `producerId`; else infinity. */
  firstOpenOffset(producerId = -1): number {
    for (const [owner, offset] of this.#open ?? NO_OPEN) if (owner !== producerId) return offset;
    return Number.POSITIVE_INFINITY;
  }
}
