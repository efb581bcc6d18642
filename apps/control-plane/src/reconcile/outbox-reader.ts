import type { Log, Timers } from '@weirhouse/shared-kernel';
import type { Database } from '../database/database.ts';
import { requireFence, type Fence } from './lease.repository.ts';
import { OUTBOX_BATCH_ROWS, OUTBOX_POLL_MS } from './limits.ts';

export interface OutboxReaderOptions {
  readonly database: Database;
  readonly timers: Timers;
  readonly log: Log;
  /** Clusters of other data planes are for the processes there. */
  readonly dataPlaneId: string;
  /** The proof that this process may work on a cluster; undefined = its row is for others. */
  readonly fenceOf: (clusterId: string) => Fence | undefined;
  /** Takes a cluster's id; false when it cannot be taken now, and the row stays. */
  readonly onCluster: (clusterId: string) => boolean;
}

/**
 * Turns outbox rows into keys. A row is removed after its key was taken: a crash in between loses
 * nothing, because whoever gets a shard looks at every cluster of it. Ids commit out of order, so there
 * is no high-water mark; what is there is unread, by this process or by another.
 */
export class OutboxReader {
  readonly #options: OutboxReaderOptions;
  #cancelTimer: (() => void) | undefined;
  #reading: Promise<void> | undefined;
  #wokenMeanwhile = false;
  #stopped = false;

  constructor(options: OutboxReaderOptions) {
    this.#options = options;
  }

  /** Reads now; called after commits in this process and by the reader's own timer. */
  wake(): void {
    if (this.#stopped) return;
    if (this.#reading) {
      this.#wokenMeanwhile = true;
      return;
    }
    this.#cancelTimer?.();
    this.#reading = this.#readAll().finally(() => {
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

  async #readAll(): Promise<void> {
    const { database, log } = this.#options;
    try {
      let after = 0n;
      for (;;) {
        const rows = await database.outbox.findMany({
          where: { id: { gt: after }, resourceKind: 'Cluster' },
          orderBy: { id: 'asc' },
          take: OUTBOX_BATCH_ROWS,
        });
        await this.#take(rows);
        const last = rows.at(-1);
        if (last === undefined || rows.length < OUTBOX_BATCH_ROWS) return;
        after = last.id;
      }
    } catch (error) {
      log.warn({ error }, 'outbox could not be read');
    }
  }

  async #take(
    rows: readonly { readonly id: bigint; readonly resourceId: string }[],
  ): Promise<void> {
    if (rows.length === 0) return;
    const { database, fenceOf, onCluster } = this.#options;
    const foreign = await this.#findForeign(rows.map(({ resourceId }) => resourceId));
    const byLease = new Map<string, { readonly fence: Fence; readonly ids: bigint[] }>();
    for (const { id, resourceId } of rows) {
      const fence = foreign.has(resourceId) ? undefined : fenceOf(resourceId);
      if (fence === undefined || !onCluster(resourceId)) continue;
      const taken = byLease.get(fence.name) ?? { fence, ids: [] };
      taken.ids.push(id);
      byLease.set(fence.name, taken);
    }
    for (const { fence, ids } of byLease.values())
      await database.$transaction(async (tx) => {
        await requireFence(tx, fence);
        await tx.outbox.deleteMany({ where: { id: { in: ids } } });
      });
  }

  async #findForeign(clusterIds: readonly string[]): Promise<ReadonlySet<string>> {
    const { database, dataPlaneId } = this.#options;
    const clusters = await database.kafkaCluster.findMany({
      where: { id: { in: [...new Set(clusterIds)] }, dataPlaneId: { not: dataPlaneId } },
      select: { id: true },
    });
    return new Set(clusters.map(({ id }) => id));
  }

  #schedule(delayMs: number): void {
    if (this.#stopped) return;
    this.#cancelTimer = this.#options.timers.after(delayMs, () => this.wake());
  }
}
