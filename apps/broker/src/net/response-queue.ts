import type { Reply } from '@weirhouse/broker-core';

interface Slot {
  reply: Reply | undefined;
  done: boolean;
}

/**
 * Keeps answers in request order although they complete in any order: each request takes a slot when
 * it is read, and slots leave from the front as they are filled.
 */
export class ResponseQueue {
  readonly #slots: Slot[] = [];
  readonly #send: (reply: Reply) => void;

  constructor(send: (reply: Reply) => void) {
    this.#send = send;
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
      this.#drain();
    };
  }

  #drain(): void {
    let first = this.#slots[0];
    while (first !== undefined && first.done) {
      this.#slots.shift();
      if (first.reply !== undefined) this.#send(first.reply);
      first = this.#slots[0];
    }
  }

  /** Releases what waiting answers hold (the connection is gone). */
  abandon(): void {
    for (const slot of this.#slots) slot.reply?.onSent?.();
    this.#slots.length = 0;
  }
}
