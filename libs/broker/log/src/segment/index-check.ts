import type { BatchView } from '@weirhouse/kafka-protocol';
import type { Segment } from './segment.ts';

/** Compares the indexes of a closed segment with its batches, which are handed over in order. */
export class IndexCheck {
  readonly #segment: Segment;
  #entry = 0;
  #isRight = true;
  #maxTimestamp = -1;

  constructor(segment: Segment) {
    this.#segment = segment;
  }

  /** Takes the batch at `position`. Index entries must point at batches and name their last offsets. */
  take(batch: BatchView, position: number): void {
    if (batch.recordsCount > 0)
      this.#maxTimestamp = Math.max(this.#maxTimestamp, batch.maxTimestamp);
    const { index } = this.#segment;
    if (!this.#isRight || this.#entry >= index.file.count) return;
    const entry = index.at(this.#entry);
    if (entry.position > position) return;
    this.#isRight = entry.position === position && entry.lastOffset === batch.lastOffset;
    this.#entry += 1;
  }

  /** True when every entry was met, and the time index ends with the largest time: retention goes by it. */
  isRight(): boolean {
    const { index, timeIndex } = this.#segment;
    const latest = timeIndex.last()?.timestamp ?? -1;
    return this.#isRight && this.#entry === index.file.count && latest === this.#maxTimestamp;
  }
}
