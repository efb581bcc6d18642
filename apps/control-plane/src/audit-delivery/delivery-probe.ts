import { Counter, Gauge, type Registry } from 'prom-client';
import type { Database } from '../database/database.ts';

/** What the delivery of audit events tells the world about itself. */
export interface DeliveryProbe {
  onDelivered(events: number): void;
  onFailed(): void;
}

/** Measures nothing. */
export const NO_DELIVERY_PROBE: DeliveryProbe = {
  onDelivered: () => undefined,
  onFailed: () => undefined,
};

/** Prometheus metrics of the delivery; no label has a tenant in it. */
export function createDeliveryProbe(registry: Registry, database: Database): DeliveryProbe {
  const delivered = new Counter({
    name: 'weirhouse_audit_delivered_events_total',
    help: 'Audit events that this process has written to topics.',
    registers: [registry],
  });
  const failures = new Counter({
    name: 'weirhouse_audit_delivery_failures_total',
    help: 'Failed tries of this process to deliver audit events.',
    registers: [registry],
  });
  const lag = new Gauge({
    name: 'weirhouse_audit_delivery_lag_seconds',
    help: 'Age of the oldest audit event that a topic has not got; 0 = none waits, -1 = the database does not answer.',
    registers: [registry],
    collect: async (): Promise<void> => {
      lag.set(await lagSeconds(database).catch(() => -1));
    },
  });
  return { onDelivered: (events) => delivered.inc(events), onFailed: () => failures.inc() };
}

async function lagSeconds(database: Database): Promise<number> {
  const oldest = await database.auditDelivery.findFirst({
    orderBy: { recordId: 'asc' },
    include: { record: { select: { createdAt: true } } },
  });
  return oldest === null
    ? 0
    : Math.max(0, (Date.now() - oldest.record.createdAt.getTime()) / 1_000);
}
