import { Inject, Injectable } from '@nestjs/common';
import type { OpContext } from '../auth/op-context.ts';
import { DATABASE, type Database, type Transaction } from '../database/database.ts';
import { HeldTransaction } from '../database/held-transaction.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { QuotaGate } from '../service-quotas/quota-gate.ts';
import { insertAuditEvent } from './audit-events.repository.ts';
import { ChangeSignal } from './change-signal.ts';

/** What a mutation says about itself, written in its own transaction. */
export interface Change {
  /** The audit action: `auditType` of the route. */
  readonly action: string;
  readonly resourceCrn: string;
  /** Set when the reconciler has to look at a cluster again. */
  readonly clusterIds?: readonly string[];
}

/** Notes a change; to be called once per changed object, inside the transaction. */
export type Record = (change: Change) => Promise<void>;

/** One transaction per mutation: row, audit record and outbox together, or none of them. */
@Injectable()
export class UnitOfWork {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(PORTS) private readonly ports: ServicePorts,
    private readonly signal: ChangeSignal,
    /** Whether there is room for one more, to be asked inside the transaction. */
    readonly quotas: QuotaGate,
  ) {}

  /** Runs `work` in a transaction and wakes the reconciler after the commit. */
  async run<T>(ctx: OpContext, work: (tx: Transaction, record: Record) => Promise<T>): Promise<T> {
    const whole = async (tx: Transaction): Promise<T> => {
      await ctx.precondition?.(tx);
      return work(tx, (change) => this.#record(ctx, tx, change));
    };
    // Who holds the transaction ends it, and says so.
    if (ctx.held !== undefined) return ctx.held.run(whole);
    const result = await this.database.$transaction(whole);
    this.signal.notify();
    return result;
  }

  /** A transaction that stays open after the work; `prepare` is what it begins with. */
  hold(prepare: (tx: Transaction) => Promise<void>): HeldTransaction {
    return new HeldTransaction(this.database, { prepare, onCommit: () => this.signal.notify() });
  }

  async #record(ctx: OpContext, tx: Transaction, change: Change): Promise<void> {
    const createdAtMs = this.ports.clock.wallMs();
    const { actor, clientAddress, organizationId, requestId } = ctx;
    await insertAuditEvent(tx, {
      organizationId,
      actor: actor.name,
      action: change.action,
      resourceCrn: change.resourceCrn,
      requestId,
      result: 'SUCCESS',
      clientAddress,
      credentialId: undefined,
      createdAtMs,
    });
    const outbox = (change.clusterIds ?? []).map((resourceId) => ({
      resourceKind: 'Cluster',
      resourceId,
      createdAt: new Date(createdAtMs),
    }));
    if (outbox.length > 0) await tx.outbox.createMany({ data: outbox });
  }
}
