import type { Condition, MaintenanceWindow } from '@weirhouse/cloud-plan';
import { AppError } from '@weirhouse/shared-kernel';
import type { Database, Transaction } from '../database/database.ts';
import { Prisma } from '../database/generated/client.ts';
import { toNumber } from '../database/values.ts';

/** How a cluster is doing and how it is looked after. */
export interface ClusterCare {
  readonly id: string;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly conditions: readonly Condition[];
  readonly paused: { readonly sinceMs: number; readonly reason: string } | undefined;
  readonly maintenance: MaintenanceWindow | undefined;
  readonly driftPolicy: 'correct' | 'report';
}

/** What people may change of it; what is left out stays. */
export interface CareChange {
  /** Null = no window. */
  readonly maintenance?: MaintenanceWindow | null | undefined;
  readonly driftPolicy?: 'correct' | 'report' | undefined;
  /** Null = resumed. */
  readonly paused?: { readonly sinceMs: number; readonly reason: string } | null | undefined;
}

/** The columns of a cluster that say how the reconciler is to treat it. */
export class ClusterCareRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Throws `not_found` when the cluster went away meanwhile. */
  async get(organizationId: string, id: string): Promise<ClusterCare> {
    const row = await this.#database.kafkaCluster.findFirst({ where: { id, organizationId } });
    if (row === null) throw new AppError('not_found', `There is no Kafka cluster ${id}.`);
    return {
      id,
      generation: toNumber(row.generation),
      observedGeneration: toNumber(row.observedGeneration),
      conditions: row.conditions as unknown as readonly Condition[],
      paused:
        row.pausedAt === null
          ? undefined
          : { sinceMs: row.pausedAt.getTime(), reason: row.pauseReason ?? '' },
      maintenance: (row.maintenanceWindow ?? undefined) as MaintenanceWindow | undefined,
      driftPolicy: row.driftPolicy === 'report' ? 'report' : 'correct',
    };
  }

  /** False when the cluster went away meanwhile. */
  async update(tx: Transaction, id: string, change: CareChange): Promise<boolean> {
    const { driftPolicy, maintenance, paused } = change;
    const { count } = await tx.kafkaCluster.updateMany({
      where: { id },
      data: {
        ...(driftPolicy === undefined ? {} : { driftPolicy }),
        ...(maintenance === undefined ? {} : { maintenanceWindow: windowColumn(maintenance) }),
        ...(paused === undefined
          ? {}
          : {
              pausedAt: paused === null ? null : new Date(paused.sinceMs),
              pauseReason: paused?.reason ?? null,
            }),
      },
    });
    return count > 0;
  }
}

function windowColumn(
  window: MaintenanceWindow | null,
): Prisma.InputJsonValue | typeof Prisma.DbNull {
  if (window === null) return Prisma.DbNull;
  const { days, durationMinutes, startMinute } = window;
  return { days: [...days], durationMinutes, startMinute };
}
