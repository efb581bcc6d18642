import type { Clock, Log, Timers } from '@weirhouse/shared-kernel';
import { startRetention } from '../database/retention.ts';
import type { AuditEventsRepository } from './audit-events.repository.ts';

/** How long events are kept: a year, as auditors ask for it. */
export const AUDIT_KEPT_MS = 365 * 24 * 60 * 60 * 1_000;

/** Removes events that are too old, now and every hour; the returned function ends that. */
export function startAuditRetention(parts: {
  readonly events: Pick<AuditEventsRepository, 'prune'>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}): () => Promise<void> {
  const { events, ...ports } = parts;
  const prune = (nowMs: number) => events.prune(nowMs - AUDIT_KEPT_MS);
  return startRetention({ ...ports, what: 'audit events', prune });
}
