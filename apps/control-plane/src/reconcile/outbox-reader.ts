import type { Log, Timers } from '@weirhouse/shared-kernel';
import type { Database } from '../database/database.ts';
import { requireFence, type Fence } from './lease.repository.ts';
import { OUTBOX_BATCH_ROWS, OUTBOX_POLL_MS } from './limits.ts';

export interface OutboxReaderOptions {
  readonly database: Database;
  readonly timers: Timers;
  readonly log: Log;
  /** Takes a cluster's id; false when it cannot be taken now, and the row stays. */
  readonly onCluster: (clusterId: string) => boolean;
}

/**
 * Turns outbox rows into keys. A row is removed after its key was taken: a crash in between loses
 * nothing, because a new leader looks at every cluster. Ids commit out of order, so there is no
 * high-water mark; what is there is unread.
 */
export class OutboxReader {
  readonly #options: OutboxReaderOptions;
  readonly #fence: Fence;
  #cancelTimer: (() => void) | undefined;
  #reading: Promise<void> | undefined;
  #wokenMeanwhile = false;
  #stopped = false;

  constructor(options: OutboxReaderOptions, fence: Fence) {
    this.#options = options;
    this.#fence = fence;
  }

  /** Reads now; called after commits in this process and by the reader's own timer. */
  wake(): void {
    if (this.#stopped) return;
    if (this.#reading) {
      this.#wokenMeanwhile = true;
      return;
    }
    this.#cancelTimer?.();
    this.#reading = this.#read().finally(() => {
      this.#reading = undefined;
      const again = this.#wokenMeanwhile;
      this.#wokenMeanwhile = false;
      this.#schedule(again ? 0 : OUTBOX_POLL_MS);
    });
  }

  /** Reads no more; resolves when a running read has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer?.();
    await this.#reading;
  }

  async #read(): Promise<void> {
    const { database, log, onCluster } = this.#options;
    try {
      const rows = await database.outbox.findMany({
        orderBy: { id: 'asc' },
        take: OUTBOX_BATCH_ROWS,
      });
      if (rows.length === 0) return;
      const taken = rows.filter(
        (row) => row.resourceKind !== 'Cluster' || onCluster(row.resourceId),
      );
      const ids = taken.map((row) => row.id);
      await database.$transaction(async (tx) => {
        await requireFence(tx, this.#fence);
        await tx.outbox.deleteMany({ where: { id: { in: ids } } });
      });
      if (rows.length === OUTBOX_BATCH_ROWS && ids.length > 0) this.#wokenMeanwhile = true;
    } catch (error) {
      log.warn({ error }, 'outbox could not be read');
    }
  }

  #schedule(delayMs: number): void {
    if (this.#stopped) return;
    this.#cancelTimer = this.#options.timers.after(delayMs, () => this.wake());
  }
}
