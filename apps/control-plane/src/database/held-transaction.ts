import type { Database, Transaction } from './database.ts';

/** What a transaction ends with: something more to write, or nothing of it all. */
type End = ((tx: Transaction) => Promise<void>) | 'nothing';

/** Thrown into a transaction that is to be undone. */
class Undone extends Error {}

/**
 * A transaction that begins with the first work and stays open until its owner ends it, so that what
 * comes of the work can be written with it. On the embedded database everybody else waits meanwhile,
 * its owner's own reads outside of it too.
 */
export class HeldTransaction {
  readonly #database: Database;
  readonly #prepare: (tx: Transaction) => Promise<void>;
  readonly #onCommit: () => void;
  #open: Promise<Transaction> | undefined;
  #end: ((end: End) => void) | undefined;
  #done: Promise<void> = Promise.resolve();

  constructor(
    database: Database,
    options: {
      /** What it begins with. */
      readonly prepare: (tx: Transaction) => Promise<void>;
      readonly onCommit: () => void;
    },
  ) {
    this.#database = database;
    this.#prepare = options.prepare;
    this.#onCommit = options.onCommit;
  }

  /** Works inside it; when that throws, everything done so far is undone, and it may begin anew. */
  async run<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    this.#open ??= this.#begin();
    try {
      return await work(await this.#open);
    } catch (error) {
      await this.undo();
      throw error;
    }
  }

  /** Writes the last of it and commits; does nothing when there was no work. */
  async commit(last: (tx: Transaction) => Promise<void>): Promise<void> {
    if (this.#open === undefined) return;
    this.#end?.(last);
    await this.#done;
    this.#open = undefined;
    this.#onCommit();
  }

  /** Undoes what was done. */
  async undo(): Promise<void> {
    this.#end?.('nothing');
    this.#open = undefined;
    await this.#done.catch(() => undefined);
  }

  #begin(): Promise<Transaction> {
    return new Promise((resolve, reject) => {
      const ended = new Promise<End>((end) => (this.#end = end));
      this.#done = this.#database.$transaction(async (tx) => {
        await this.#prepare(tx);
        resolve(tx);
        const end = await ended;
        if (end === 'nothing') throw new Undone();
        await end(tx);
      });
      // Before it is open this is why it cannot be; later whoever ends it is told.
      this.#done.catch(reject);
    });
  }
}
