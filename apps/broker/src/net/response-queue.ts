import type { Reply } from '@weirhouse/broker-core';

interface Slot {
  reply: Reply | undefined;
  done: boolean;
}

export interface ResponseQueueOptions {
  readonly send: (reply: Reply) => void;
  /** Called after requests have left the queue, answered or not. */
  readonly onRoom: () => void;
}

/**
 * Keeps answers in request order although they complete in any order: each request takes a slot when
 * it is read, and slots leave from the front as they are filled.
 */
export class ResponseQueue {
  readonly #slots: Slot[] = [];
  readonly #options: ResponseQueueOptions;
  #isAbandoned = false;

  constructor(options: ResponseQueueOptions) {
    this.#options = options;
  }

  /** Requests read and not yet answered. */
  get pending(): number {
    return this.#slots.length;
  }

  /** Takes the next place in the order. The returned function fills it, once; undefined = no answer. */
  open(): (reply: Reply | undefined) => void {
    const slot: Slot = { reply: undefined, done: false };
    this.#slots.push(slot);
    return (reply) => {
      if (slot.done) return;
      slot.done = true;
      slot.reply = reply;
      if (this.#isAbandoned) reply?.onSent?.();
      else if (this.#slots[0] === slot) this.#drain();
    };
  }

  /** Releases what waiting answers hold, now and when they come (the connection is gone). */
  abandon(): void {
    this.#isAbandoned = true;
    for (const slot of this.#slots.splice(0)) slot.reply?.onSent?.();
  }

  #drain(): void {
    let first = this.#slots[0];
    while (first !== undefined && first.done) {
      this.#slots.shift();
      if (first.reply !== undefined) this.#options.send(first.reply);
      first = this.#slots[0];
    }
    this.#options.onRoom();
  }
}
