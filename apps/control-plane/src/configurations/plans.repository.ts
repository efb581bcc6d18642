import type { ConfigurationPlan } from '@weirhouse/cloud-plan';
import type { Database, Transaction } from '../database/database.ts';
import type { ConfigurationPlan as Row, Prisma } from '../database/generated/client.ts';

/** How one change of a plan went. */
export interface PlanStep {
  readonly address: string;
  readonly verb: string;
  readonly state: 'done' | 'failed';
  readonly message?: string;
}

/** Where the apply of a plan stands, as it is stored. */
export type PlanStatus = 'PLANNED' | 'APPLYING' | 'APPLIED' | 'FAILED';

/** A plan that was asked for over REST. */
export interface StoredPlan {
  readonly id: string;
  readonly organizationId: string;
  readonly actor: string;
  /** The file as data. */
  readonly document: unknown;
  readonly destroy: boolean;
  readonly plan: ConfigurationPlan;
  readonly status: PlanStatus;
  readonly progress: readonly PlanStep[];
  readonly error: string | undefined;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** Plans in the database. Every look-up names the organization. */
export class PlansRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(organizationId: string, id: string): Promise<StoredPlan | undefined> {
    const row = await this.#database.configurationPlan.findFirst({ where: { id, organizationId } });
    return row === null ? undefined : fromRow(row);
  }

  async insert(tx: Transaction, plan: StoredPlan): Promise<void> {
    const { actor, createdAtMs, destroy, id, organizationId, updatedAtMs } = plan;
    await tx.configurationPlan.create({
      data: {
        id,
        organizationId,
        actor,
        document: json(plan.document),
        isDestroy: destroy,
        plan: json(plan.plan),
        createdAt: new Date(createdAtMs),
        updatedAt: new Date(updatedAtMs),
      },
    });
  }

  /** Forgets plans of an organization from before a moment. */
  async deleteOlder(tx: Transaction, organizationId: string, beforeMs: number): Promise<void> {
    const createdAt = { lt: new Date(beforeMs) };
    await tx.configurationPlan.deleteMany({ where: { organizationId, createdAt } });
  }

  /** Answers whether this caller is the one that may apply it now. */
  async begin(
    tx: Transaction,
    { id, organizationId }: StoredPlan,
    nowMs: number,
  ): Promise<boolean> {
    const { count } = await tx.configurationPlan.updateMany({
      where: { id, organizationId, status: 'PLANNED' },
      data: { status: 'APPLYING', updatedAt: new Date(nowMs) },
    });
    return count === 1;
  }

  async update(
    { id, organizationId }: Pick<StoredPlan, 'id' | 'organizationId'>,
    change: Pick<StoredPlan, 'status' | 'progress' | 'error' | 'updatedAtMs'>,
  ): Promise<void> {
    const { error = null, progress, status, updatedAtMs } = change;
    await this.#database.configurationPlan.updateMany({
      where: { id, organizationId },
      data: { status, progress: json(progress), error, updatedAt: new Date(updatedAtMs) },
    });
  }
}

function fromRow(row: Row): StoredPlan {
  return {
    id: row.id,
    organizationId: row.organizationId,
    actor: row.actor,
    document: row.document,
    destroy: row.isDestroy,
    plan: row.plan as unknown as ConfigurationPlan,
    status: row.status as PlanStatus,
    progress: row.progress as unknown as readonly PlanStep[],
    error: row.error ?? undefined,
    createdAtMs: row.createdAt.getTime(),
    updatedAtMs: row.updatedAt.getTime(),
  };
}

/** Through text: what is undefined has no place in a JSON column. */
function json(value: unknown): Prisma.InputJsonValue {
  return JSON.parse(JSON.stringify(value)) as Prisma.InputJsonValue;
}
