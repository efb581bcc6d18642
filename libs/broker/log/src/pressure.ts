import type { Arena } from './arena.ts';
import type { LogState } from './log-state.ts';
import type { Space } from './space.ts';

/** Durable bytes of one partition that are worth a segment write. */
const WRITE_BEHIND_BYTES = 262_144;
/** Below this part of free chunks the oldest ones are written behind. */
const LOW_WATER_PART = 0.25;
/** Above this part of pinned chunks readers get copies. */
const PINNED_PART_MAX = 0.25;
/** Chunks kept for the broker's own records when clients are told to wait. */
const RESERVED_CHUNKS = 4;

/** Decides which partitions are written behind, and when appends must wait for it. */
export class Pressure {
  readonly #arena: Arena;
  readonly #space: Space;
  readonly #onWritable: () => void;
  #wasFull = false;

  constructor(arena: Arena, space: Space, onWritable: () => void) {
    this.#arena = arena;
    this.#space = space;
    this.#onWritable = onWritable;
    arena.onFree = () => this.checkWritable();
  }

  /** True when only the reserve is left, in memory or on the disk. */
  get isFull(): boolean {
    const isFull = this.#space.state !== 'open' || !this.#arena.available(this.#reserve);
    if (isFull) this.#wasFull = true;
    return isFull;
  }

  get #reserve(): number {
    return Math.min(RESERVED_CHUNKS, this.#arena.chunkCount >> 1);
  }

  /** True when readers that are slow to take their answers hold a large part of the chunks. */
  get isMuchPinned(): boolean {
    return this.#arena.pinnedCount > this.#arena.chunkCount * PINNED_PART_MAX;
  }

  /** Tells the waiting once, when there is room again. */
  checkWritable(): void {
    if (!this.#wasFull || this.isFull) return;
    this.#wasFull = false;
    this.#onWritable();
  }

  /** Records of these partitions became durable: large heaps of them are written. */
  onDurable(states: readonly LogState[]): void {
    for (const state of states)
      if (state.tail.pendingBytes >= WRITE_BEHIND_BYTES || state.hasUnfinished)
        state.log?.writeBehind.run();
    this.relieve();
  }

  /** Writes what keeps the oldest chunks from being taken back, while few are free. */
  relieve(): void {
    // More than the reserve, or clients would wait for chunks that nobody writes.
    const lowWater = Math.floor(this.#arena.chunkCount * LOW_WATER_PART);
    const wanted = Math.max(this.#reserve + 1, lowWater);
    if (this.#arena.available(wanted)) return;
    let chunks = 0;
    for (const chunk of this.#arena.chunks) {
      if (chunks === wanted) return;
      chunks += 1;
      if (chunk.unwritten === 0) continue;
      for (const extent of chunk.extents) {
        if (extent.isWritten) continue;
        const state = extent.owner as LogState;
        if (state.tail.hasPending) state.log?.writeBehind.run();
      }
    }
  }
}
