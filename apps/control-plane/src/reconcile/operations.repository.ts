import type { Database, Transaction } from '../database/database.ts';
import { requireFence, type Fence } from './lease.repository.ts';
import { OPERATIONS_KEPT } from './limits.ts';

/** Why a cluster is worked on. */
export type OperationKind = 'create' | 'update' | 'repair' | 'delete';

/**
 * Long work on a cluster, step by step, so that people see where it is and a new process knows what
 * was tried. The rows are a record, not the program: what to do next is always planned afresh.
 *
 * | status    | meaning                        | next                                            |
 * |-----------|--------------------------------|-------------------------------------------------|
 * | running   | steps are being done           | succeeded (stable or forgotten), failed (below) |
 * | succeeded | the cluster was as wanted      | -                                               |
 * | failed    | another kind of work took over | -                                               |
 */
export class OperationsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * The cluster's running operation of this kind, begun when there is none. One of another kind is
   * ended: a deletion does not wait for a creation.
   */
  ensure(
    fence: Fence,
    operation: {
      readonly newId: string;
      readonly clusterId: string;
      readonly kind: OperationKind;
      readonly generation: number;
    },
  ): Promise<string> {
    const { clusterId, kind, generation, newId } = operation;
    return this.#write(fence, async (tx) => {
      const running = await tx.operation.findFirst({ where: { clusterId, status: 'running' } });
      if (running?.kind === kind) return running.id;
      if (running) await finish(tx, fence, { id: running.id, supersededBy: kind });
      await prune(tx, clusterId);
      await tx.operation.create({
        data: {
          id: newId,
          clusterId,
          kind,
          generation: BigInt(generation),
          step: 'planned',
          status: 'running',
          fencingToken: fence.token,
        },
      });
      return newId;
    });
  }

  /** Notes that a step is about to be done. */
  async beginStep(fence: Fence, id: string, step: string): Promise<void> {
    await this.#update(fence, id, { step, attempts: { increment: 1 } });
  }

  /** Notes that a step was done. */
  async endStep(fence: Fence, id: string, step: string): Promise<void> {
    await this.#update(fence, id, { step: `${step} done`, error: null });
  }

  /** Notes why a step did not work; `message` is safe to show. */
  async failStep(fence: Fence, id: string, message: string): Promise<void> {
    await this.#update(fence, id, { error: message });
  }

  /** Ends the operation: the cluster is as wanted. */
  async succeed(fence: Fence, id: string): Promise<void> {
    await this.#write(fence, (tx) => finish(tx, fence, { id, supersededBy: undefined }));
  }

  async #update(
    fence: Fence,
    id: string,
    data: {
      readonly step?: string;
      readonly error?: string | null;
      readonly attempts?: { readonly increment: number };
    },
  ): Promise<void> {
    await this.#write(fence, async (tx) => {
      await tx.operation.updateMany({
        where: { id, fencingToken: { lte: fence.token } },
        data: { ...data, fencingToken: fence.token, updatedAt: new Date() },
      });
    });
  }

  #write<T>(fence: Fence, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#database.$transaction(async (tx) => {
      await requireFence(tx, fence);
      return work(tx);
    });
  }
}

async function finish(
  tx: Transaction,
  fence: Fence,
  end: { readonly id: string; readonly supersededBy: OperationKind | undefined },
): Promise<void> {
  const finishedAt = new Date();
  const { supersededBy } = end;
  await tx.operation.updateMany({
    where: { id: end.id, status: 'running' },
    data: {
      status: supersededBy ? 'failed' : 'succeeded',
      error: supersededBy ? `Superseded by ${supersededBy}.` : null,
      fencingToken: fence.token,
      finishedAt,
      updatedAt: finishedAt,
    },
  });
}

async function prune(tx: Transaction, clusterId: string): Promise<void> {
  const old = await tx.operation.findMany({
    where: { clusterId },
    orderBy: { createdAt: 'desc' },
    skip: OPERATIONS_KEPT - 1,
    select: { id: true },
  });
  if (old.length === 0) return;
  await tx.operation.deleteMany({ where: { id: { in: old.map(({ id }) => id) } } });
}
