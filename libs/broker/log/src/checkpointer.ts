import type { LogState } from './log-state.ts';
import type { Wal } from './wal/wal.ts';

/** Partitions that are synced at once: leaves threads of the pool to WAL writes and reads. */
const PARALLEL_MAX = 2;

/**
 * Frees WAL files, oldest first: makes the segment files of every partition with records in them
 * durable. One sync of a partition counts for all WAL files that are closed when it starts.
 */
export class Checkpointer {
  readonly #wal: Wal<LogState>;
  readonly #onFreed: () => void;
  #queue: LogState[] = [];
  #activeCount = 0;
  #isHalted = false;
  #isPumping = false;
  #idleCallbacks: (() => void)[] = [];

  constructor(wal: Wal<LogState>, onFreed: () => void) {
    this.#wal = wal;
    this.#onFreed = onFreed;
  }

  /** Starts on the oldest closed WAL file, if there is one and nothing is under way. */
  run(): void {
    if (this.#activeCount > 0 || this.#queue.length > 0 || this.#isHalted) return;
    if (this.#wal.freeClean()) this.#onFreed();
    // Whoever waited for a file may have started the next checkpoint already.
    if (this.#activeCount > 0) return;
    const oldest = this.#wal.oldestClosed;
    if (oldest === undefined) this.#callIdle();
    else this.#checkpoint([...oldest.dirty]);
  }

  /** Takes no new work; calls back when what is under way is over. */
  halt(done: () => void): void {
    this.#isHalted = true;
    this.#queue = [];
    this.#idleCallbacks.push(done);
    if (this.#activeCount === 0) this.#callIdle();
  }

  #checkpoint(states: LogState[]): void {
    this.#queue = states;
    this.#pump();
    // All of them may have had nothing to sync.
    if (this.#activeCount === 0) this.run();
  }

  /** Keeps some under way. Those that end at once are looped over, not nested. */
  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (this.#activeCount < PARALLEL_MAX && this.#queue.length > 0)
      this.#start(this.#queue.pop() as LogState);
    this.#isPumping = false;
  }

  #start(state: LogState): void {
    this.#activeCount += 1;
    const covered = this.#wal.closed;
    checkpointState(state, () => {
      this.#activeCount -= 1;
      for (const segment of covered) segment.dirty.delete(state);
      if (this.#isPumping) return;
      this.#pump();
      if (this.#activeCount > 0) return;
      if (this.#isHalted) this.#callIdle();
      else this.run();
    });
  }

  #callIdle(): void {
    const callbacks = this.#idleCallbacks;
    this.#idleCallbacks = [];
    for (const done of callbacks) done();
  }
}

/** Makes everything of one partition that the WAL has durable in its own files. */
export function checkpointState(state: LogState, done: () => void): void {
  if (state.isDeleted || state.log === undefined) done();
  else state.log.writeBehind.checkpoint(done);
}

/** As `checkpointState` for many, some at once. */
export function checkpointAll(states: readonly LogState[], done: () => void): void {
  const waiting = states.toReversed();
  let active = 0;
  let isPumping = false;
  const pump = (): void => {
    // Those that end at once are looped over, not nested.
    if (isPumping) return;
    isPumping = true;
    while (active < PARALLEL_MAX && waiting.length > 0) {
      active += 1;
      checkpointState(waiting.pop() as LogState, () => {
        active -= 1;
        pump();
      });
    }
    isPumping = false;
    if (active === 0) done();
  };
  pump();
}
