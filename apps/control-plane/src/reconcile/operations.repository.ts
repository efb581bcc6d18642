import { cutPage, type Page } from '@weirhouse/cloud-contract';
import type { Database, Transaction } from '../database/database.ts';
import type { Prisma } from '../database/generated/client.ts';
import { afterPageKey, PAGE_ORDER, toNumber, type PageRequest } from '../database/values.ts';
import { requireFence, type Fence } from './lease.repository.ts';
import { OPERATIONS_KEPT } from './limits.ts';

/** Why a cluster is worked on. */
export type OperationKind = 'create' | 'update' | 'repair' | 'delete';

/** What became of it. */
export type OperationStatus = 'running' | 'succeeded' | 'cancelled';

/** One thing that an operation did or tried. */
export interface OperationStep {
  readonly step: string;
  readonly outcome: 'begun' | 'done' | 'failed';
  readonly attempts: number;
  readonly message: string | undefined;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** Long work on a cluster, as it is told. */
export interface Operation {
  readonly id: string;
  readonly clusterId: string;
  readonly organizationId: string;
  readonly environmentId: string;
  readonly kind: OperationKind;
  readonly status: OperationStatus;
  readonly generation: number;
  readonly step: string;
  readonly error: string | undefined;
  readonly steps: readonly OperationStep[];
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly finishedAtMs: number | undefined;
}

/** What a new operation is about. */
export interface NewOperation {
  readonly newId: string;
  readonly clusterId: string;
  readonly organizationId: string;
  readonly environmentId: string;
  readonly kind: OperationKind;
  readonly generation: number;
}

const WITH_STEPS = {
  steps: { orderBy: [{ createdAt: 'asc' }, { step: 'asc' }] },
} satisfies Prisma.OperationInclude;

/**
 * Long work on a cluster, step by step, so that people see where it is and a new process knows what
 * was tried. The rows are a record, not the program: what to do next is always planned afresh, so the
 * way back from any step is a change of what is wanted.
 *
 * | status    | meaning                        | next                                               |
 * |-----------|--------------------------------|----------------------------------------------------|
 * | running   | steps are being done           | succeeded (stable or forgotten), cancelled (below) |
 * | succeeded | the cluster was as wanted      | -                                                  |
 * | cancelled | other work took its place: a deletion that of a creation, a change that of an older one | - |
 */
export class OperationsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** One operation of an organization, also when its cluster is gone. */
  async find(organizationId: string, id: string): Promise<Operation | undefined> {
    const row = await this.#database.operation.findFirst({
      where: { id, organizationId },
      include: WITH_STEPS,
    });
    return row === null ? undefined : fromRow(row);
  }

  /** A cluster's operations, oldest first. */
  async list(clusterId: string, page: PageRequest): Promise<Page<Operation>> {
    const rows = await this.#database.operation.findMany({
      where: { clusterId, ...afterPageKey(page.after) },
      orderBy: [...PAGE_ORDER],
      take: page.pageSize + 1,
      include: WITH_STEPS,
    });
    return cutPage(rows.map(fromRow), page.pageSize, (row) => row);
  }

  /**
   * The cluster's running operation of this kind, begun when there is none. Another kind's, and an
   * update to an older generation, is cancelled: a deletion does not wait for a creation.
   */
  ensure(fence: Fence, operation: NewOperation): Promise<string> {
    const { clusterId, generation, kind, newId, organizationId, environmentId } = operation;
    return this.#write(fence, async (tx) => {
      const running = await tx.operation.findFirst({ where: { clusterId, status: 'running' } });
      if (running && isSameWork(running, operation)) return running.id;
      if (running) await finish(tx, fence, { id: running.id, supersededBy: kind });
      await prune(tx, clusterId);
      await tx.operation.create({
        data: {
          id: newId,
          clusterId,
          organizationId,
          environmentId,
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
  async beginStep(fence: Fence, operationId: string, step: string): Promise<void> {
    await this.#write(fence, async (tx) => {
      await update(tx, fence, { id: operationId, step, attempts: { increment: 1 } });
      const updatedAt = new Date();
      await tx.operationStep.upsert({
        where: { operationId_step: { operationId, step } },
        create: { operationId, step, outcome: 'begun', createdAt: updatedAt, updatedAt },
        update: { outcome: 'begun', attempts: { increment: 1 }, updatedAt },
      });
    });
  }

  /** Notes that a step was done. */
  async endStep(fence: Fence, operationId: string, step: string): Promise<void> {
    await this.#write(fence, async (tx) => {
      await update(tx, fence, { id: operationId, step: `${step} done`, error: null });
      await tx.operationStep.updateMany({
        where: { operationId, step },
        data: { outcome: 'done', message: null, updatedAt: new Date() },
      });
    });
  }

  /** Notes why a step did not work; `message` is safe to show. */
  async failStep(
    fence: Fence,
    operationId: string,
    failed: { readonly step: string; readonly message: string },
  ): Promise<void> {
    const { message, step } = failed;
    await this.#write(fence, async (tx) => {
      await update(tx, fence, { id: operationId, error: `${step}: ${message}` });
      await tx.operationStep.updateMany({
        where: { operationId, step },
        data: { outcome: 'failed', message, updatedAt: new Date() },
      });
    });
  }

  /** Ends the operation: the cluster is as wanted. */
  async succeed(fence: Fence, id: string): Promise<void> {
    await this.#write(fence, (tx) => finish(tx, fence, { id, supersededBy: undefined }));
  }

  #write<T>(fence: Fence, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#database.$transaction(async (tx) => {
      await requireFence(tx, fence);
      return work(tx);
    });
  }
}

function isSameWork(
  running: { readonly kind: string; readonly generation: bigint },
  { generation, kind }: NewOperation,
): boolean {
  if (running.kind !== kind) return false;
  return kind !== 'update' || running.generation === BigInt(generation);
}

async function update(
  tx: Transaction,
  fence: Fence,
  change: Prisma.OperationUpdateManyMutationInput & { readonly id: string },
): Promise<void> {
  const { id, ...data } = change;
  await tx.operation.updateMany({
    where: { id },
    data: { ...data, fencingToken: fence.token, updatedAt: new Date() },
  });
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
      status: supersededBy ? 'cancelled' : 'succeeded',
      error: supersededBy ? `Another ${supersededBy} took its place.` : null,
      fencingToken: fence.token,
      finishedAt,
      updatedAt: finishedAt,
    },
  });
}

async function prune(tx: Transaction, clusterId: string): Promise<void> {
  const old = await tx.operation.findMany({
    where: { clusterId },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    skip: OPERATIONS_KEPT - 1,
    select: { id: true },
  });
  if (old.length === 0) return;
  await tx.operation.deleteMany({ where: { id: { in: old.map(({ id }) => id) } } });
}

type Row = Prisma.OperationGetPayload<{ include: { steps: true } }>;

function fromRow(row: Row): Operation {
  return {
    id: row.id,
    clusterId: row.clusterId,
    organizationId: row.organizationId,
    environmentId: row.environmentId,
    kind: row.kind as OperationKind,
    // Rows of earlier versions say `failed` for what is called cancelled now.
    status: row.status === 'failed' ? 'cancelled' : (row.status as OperationStatus),
    generation: toNumber(row.generation),
    step: row.step,
    error: row.error ?? undefined,
    steps: row.steps.map((step) => ({
      step: step.step,
      outcome: step.outcome as OperationStep['outcome'],
      attempts: step.attempts,
      message: step.message ?? undefined,
      createdAtMs: step.createdAt.getTime(),
      updatedAtMs: step.updatedAt.getTime(),
    })),
    createdAtMs: row.createdAt.getTime(),
    updatedAtMs: row.updatedAt.getTime(),
    finishedAtMs: row.finishedAt?.getTime(),
  };
}
