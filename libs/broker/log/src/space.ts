import type { AppError } from '@weirhouse/shared-kernel';
import type { Disk } from './disk.ts';

/**
 * Room on the volume.
 *
 * | state | means                                                                | next |
 * |-------|----------------------------------------------------------------------|------|
 * | open  | everything is taken                                                  | low, full |
 * | low   | less than the reserve is free: clients wait, own records are taken   | open, full |
 * | full  | a write found no space and waits to be tried again                   | low, open |
 */
export type SpaceState = 'open' | 'low' | 'full';

/** Above the reserve by this factor it is open again: one removed segment must not make it flap. */
const OPEN_AGAIN_FACTOR = 1.25;

/** What the volume's room is judged by. */
export interface SpaceOptions {
  readonly disk: Disk;
  /** Free bytes that are kept for the broker's own records and for what was acknowledged. */
  readonly reserveBytes: number;
  /** True while a write waits because it found no space. */
  readonly isStarved: () => boolean;
  /** Called when the state has changed; `cause` is what a write failed with, if it was one. */
  readonly onChange: (state: SpaceState, cause: AppError | undefined) => void;
}

/** Tells whether the volume has room, from what writes found and from what is free. */
export class Space {
  readonly #options: SpaceOptions;
  #state: SpaceState = 'open';
  #freeBytes: number;

  constructor(options: SpaceOptions) {
    this.#options = options;
    this.#freeBytes = options.disk.freeBytes();
  }

  get state(): SpaceState {
    return this.#state;
  }

  /** Free bytes as of the last look. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** Looks at the volume, after a write that failed with `cause` too. Costs a system call. */
  check(cause?: AppError): void {
    this.#freeBytes = this.#options.disk.freeBytes();
    const next = this.#judge();
    if (next === this.#state) return;
    this.#state = next;
    this.#options.onChange(next, cause);
  }

  #judge(): SpaceState {
    const { isStarved, reserveBytes } = this.#options;
    if (isStarved()) return 'full';
    const wanted = this.#state === 'open' ? reserveBytes : reserveBytes * OPEN_AGAIN_FACTOR;
    return this.#freeBytes < wanted ? 'low' : 'open';
  }
}
