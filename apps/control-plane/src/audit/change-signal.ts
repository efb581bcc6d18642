import { Injectable } from '@nestjs/common';

/**
 * Wakes the reconciler of this process when something was committed. It carries nothing and may be
 * lost: the outbox is the truth and is also read by a timer.
 */
@Injectable()
export class ChangeSignal {
  readonly #listeners = new Set<() => void>();

  /** Calls `listener` after each commit; the returned function ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Tells every listener that something was committed. */
  notify(): void {
    for (const listener of this.#listeners) listener();
  }
}
