import type { Log } from '@weirhouse/shared-kernel';
import type { AuditEventsRepository } from './audit/audit-events.repository.ts';
import { startAuditRetention } from './audit/audit-retention.ts';
import type { Database } from './database/database.ts';
import { startRetention } from './database/retention.ts';
import { IdempotencyKeysRepository } from './idempotency/idempotency-keys.repository.ts';
import { UsageRepository } from './metering/usage.repository.ts';
import { systemClock, systemTimers } from './ports.ts';

/** Removes, from now on, what is kept for a time only; the returned function ends that. */
export function startRetentions(parts: {
  readonly events: Pick<AuditEventsRepository, 'prune'>;
  readonly database: Database;
  readonly log: Log;
}): () => Promise<void> {
  const { database, events, log } = parts;
  const usage = new UsageRepository(database);
  const timing = { clock: systemClock, timers: systemTimers, log };
  const prune = (nowMs: number) => usage.prune(nowMs);
  const keys = new IdempotencyKeysRepository(database);
  const endings = [
    startAuditRetention({ events, ...timing }),
    startRetention({ ...timing, what: 'usage', prune }),
    startRetention({
      ...timing,
      what: 'idempotency keys',
      prune: (nowMs) => keys.prune(nowMs),
    }),
  ];
  return async () => {
    await Promise.all(endings.map((end) => end()));
  };
}
