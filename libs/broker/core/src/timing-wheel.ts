import type { Clock, Timers } from '@weirhouse/shared-kernel';

/** Width of a slot: deadlines are met late by at most this, never early. */
const SLOT_MS = 10;

/** Slots of the wheel; a deadline beyond SLOT_MS * SLOTS stays in its slot for further rounds. */
const SLOTS = 512;

/** Something that waits: `onExpired` is called once unless it was cancelled before. */
export interface Expirable {
  onExpired(): void;
}

/** One entry of the wheel; opaque to its holder. */
export interface Deadline {
  readonly target: Expirable;
  readonly tick: number;
  previous: Deadline | undefined;
  next: Deadline | undefined;
  pending: boolean;
}

/**
 * A hashed timing wheel on one one-shot timer: adding and cancelling cost O(1), so that a parked fetch
 * that is woken long before its deadline leaves nothing behind. Nothing is armed while it is empty.
 */
export class TimingWheel {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #slots: (Deadline | undefined)[] = Array.from({ length: SLOTS });
  #count = 0;
  #lastTick: number;
  #armedTick = Infinity;
  #disarm: (() => void) | undefined;

  constructor(clock: Clock, timers: Timers) {
    this.#clock = clock;
    this.#timers = timers;
    this.#lastTick = Math.floor(clock.monotonicMs() / SLOT_MS);
  }

  /** How many deadlines are pending. */
  get size(): number {
    return this.#count;
  }

  /** Calls `target.onExpired()` after `delayMs`, at most one slot later. */
  schedule(delayMs: number, target: Expirable): Deadline {
    const nowMs = this.#clock.monotonicMs();
    if (this.#count === 0) this.#lastTick = Math.floor(nowMs / SLOT_MS);
    const wanted = Math.ceil((nowMs + Math.max(0, delayMs)) / SLOT_MS);
    const tick = Math.max(wanted, this.#lastTick + 1);
    const deadline: Deadline = {
      target,
      tick,
      previous: undefined,
      next: undefined,
      pending: true,
    };
    this.#link(deadline);
    if (tick < this.#armedTick) this.#arm(tick);
    return deadline;
  }

  /** Takes a deadline out; harmless when it has expired or was cancelled. */
  cancel(deadline: Deadline | undefined): void {
    if (deadline === undefined || !deadline.pending) return;
    this.#unlink(deadline);
    if (this.#count === 0) this.#stop();
  }

  /** Forgets every deadline without calling it. */
  clear(): void {
    this.#slots.fill(undefined);
    this.#count = 0;
    this.#stop();
  }

  #stop(): void {
    this.#disarm?.();
    this.#disarm = undefined;
    this.#armedTick = Infinity;
  }

  #arm(tick: number): void {
    this.#disarm?.();
    this.#armedTick = tick;
    const delayMs = Math.max(0, tick * SLOT_MS - this.#clock.monotonicMs());
    this.#disarm = this.#timers.after(delayMs, () => this.#onTimer());
  }

  #onTimer(): void {
    this.#disarm = undefined;
    this.#armedTick = Infinity;
    const nowTick = Math.floor(this.#clock.monotonicMs() / SLOT_MS);
    const first = Math.max(this.#lastTick + 1, nowTick - SLOTS + 1);
    const expired: Deadline[] = [];
    for (let tick = first; tick <= nowTick; tick++) this.#collect(tick % SLOTS, nowTick, expired);
    this.#lastTick = Math.max(this.#lastTick, nowTick);
    for (const deadline of expired) {
      if (deadline.pending) {
        deadline.pending = false;
        deadline.target.onExpired();
      }
    }
    this.#armNext();
  }

  /** Moves what is due in one slot to `expired`; `pending` stays true so that a cancel in between works. */
  #collect(slot: number, nowTick: number, expired: Deadline[]): void {
    let deadline = this.#slots[slot];
    while (deadline !== undefined) {
      const next = deadline.next;
      if (deadline.tick <= nowTick) {
        this.#unlink(deadline);
        deadline.pending = true;
        expired.push(deadline);
      }
      deadline = next;
    }
  }

  #armNext(): void {
    if (this.#count === 0) return;
    let tick = this.#lastTick + 1;
    while (this.#slots[tick % SLOTS] === undefined) tick++;
    if (tick < this.#armedTick) this.#arm(tick);
  }

  #link(deadline: Deadline): void {
    const slot = deadline.tick % SLOTS;
    const head = this.#slots[slot];
    deadline.next = head;
    if (head !== undefined) head.previous = deadline;
    this.#slots[slot] = deadline;
    this.#count++;
  }

  #unlink(deadline: Deadline): void {
    const { previous, next } = deadline;
    if (previous === undefined) {
      const slot = deadline.tick % SLOTS;
      if (this.#slots[slot] === deadline) this.#slots[slot] = next;
      else return this.#forget(deadline);
    } else previous.next = next;
    if (next !== undefined) next.previous = previous;
    this.#count--;
    this.#forget(deadline);
  }

  #forget(deadline: Deadline): void {
    deadline.previous = undefined;
    deadline.next = undefined;
    deadline.pending = false;
  }
}
