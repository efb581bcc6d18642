import { cutPage, type Page } from '@weirhouse/cloud-contract';
import type { Database } from '../database/database.ts';
import { Prisma } from '../database/generated/client.ts';
import { afterPageKey, PAGE_ORDER, toNumber, type PageRequest } from '../database/values.ts';
import { writeFenced, type Fence } from './lease.repository.ts';
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

/** A cluster's operation that has not ended. */
export interface RunningOperation {
  readonly id: string;
  readonly kind: string;
  readonly generation: number;
  /** Why its last step did not work. */
  readonly error: string | undefined;
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
   * update to an older generation, is cancelled: a deletion does not wait for a creation. `running` is
   * what the cluster's rows said in this pass.
   */
  async ensure(
    fence: Fence,
    operation: NewOperation,
    running: RunningOperation | undefined,
  ): Promise<string> {
    if (running && isSameWork(running, operation)) return running.id;
    const { clusterId, generation, kind, newId, organizationId, environmentId } = operation;
    await this.#write(
      fence,
      Prisma.sql`cancelled AS (
        UPDATE operation SET status = 'cancelled', error = ${`Another ${kind} took its place.`},
          fencing_token = ${fence.token}, finished_at = now(), updated_at = now()
        FROM held WHERE cluster_id = ${clusterId} AND status = 'running'
      ), pruned AS (
        DELETE FROM operation USING held WHERE id IN (
          SELECT id FROM operation WHERE cluster_id = ${clusterId}
          ORDER BY created_at DESC, id DESC OFFSET ${OPERATIONS_KEPT - 1})
      ), begun AS (
        INSERT INTO operation (id, cluster_id, organization_id, environment_id, kind, generation, step, status,
          fencing_token)
        SELECT ${newId}, ${clusterId}, ${organizationId}, ${environmentId}, ${kind}, ${generation}::bigint,
          'planned', 'running', ${fence.token}::bigint FROM held)`,
    );
    return newId;
  }

  /** Notes that a step is about to be done. */
  async beginStep(fence: Fence, operationId: string, step: string): Promise<void> {
    await this.#write(
      fence,
      Prisma.sql`noted AS (
        UPDATE operation SET step = ${step}, attempts = attempts + 1, fencing_token = ${fence.token},
          updated_at = now()
        FROM held WHERE id = ${operationId}
      ), begun AS (
        INSERT INTO operation_step AS known (operation_id, step, outcome)
        SELECT ${operationId}, ${step}, 'begun' FROM held
        ON CONFLICT (operation_id, step) DO UPDATE
          SET outcome = 'begun', attempts = known.attempts + 1, updated_at = now())`,
    );
  }

  /** Notes that a step was done. */
  async endStep(fence: Fence, operationId: string, step: string): Promise<void> {
    await this.#write(
      fence,
      Prisma.sql`noted AS (
        UPDATE operation SET step = ${`${step} done`}, error = NULL, fencing_token = ${fence.token},
          updated_at = now()
        FROM held WHERE id = ${operationId}
      ), done AS (
        UPDATE operation_step SET outcome = 'done', message = NULL, updated_at = now()
        FROM held WHERE operation_id = ${operationId} AND step = ${step})`,
    );
  }

  /** Notes why a step did not work; `message` is safe to show. */
  async failStep(
    fence: Fence,
    operationId: string,
    failed: { readonly step: string; readonly message: string },
  ): Promise<void> {
    const { message, step } = failed;
    await this.#write(
      fence,
      Prisma.sql`noted AS (
        UPDATE operation SET error = ${`${step}: ${message}`}, fencing_token = ${fence.token}, updated_at = now()
        FROM held WHERE id = ${operationId}
      ), failed AS (
        UPDATE operation_step SET outcome = 'failed', message = ${message}, updated_at = now()
        FROM held WHERE operation_id = ${operationId} AND step = ${step})`,
    );
  }

  /** Ends the operation: the cluster is as wanted. */
  async succeed(fence: Fence, id: string): Promise<void> {
    await this.#write(
      fence,
      Prisma.sql`ended AS (
        UPDATE operation SET status = 'succeeded', error = NULL, fencing_token = ${fence.token},
          finished_at = now(), updated_at = now()
        FROM held WHERE id = ${id} AND status = 'running')`,
    );
  }

  async #write(fence: Fence, changes: Prisma.Sql): Promise<void> {
    await writeFenced(this.#database, fence, changes);
  }
}

function isSameWork(running: RunningOperation, { generation, kind }: NewOperation): boolean {
  if (running.kind !== kind) return false;
  return kind !== 'update' || running.generation === generation;
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
