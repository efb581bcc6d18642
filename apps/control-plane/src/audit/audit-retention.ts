import type { Clock, Log, Timers } from '@weirhouse/shared-kernel';
import type { AuditEventsRepository } from './audit-events.repository.ts';

/** How long events are kept: a year, as auditors ask for it. */
export const AUDIT_KEPT_MS = 365 * 24 * 60 * 60 * 1_000;

/** How often old events are looked for. */
const PRUNE_EVERY_MS = 60 * 60 * 1_000;

/** How long to wait while there are more of them. */
const PRUNE_NEXT_MS = 1_000;

/** Removes events that are too old, now and every hour; the returned function ends that. */
export function startAuditRetention(parts: {
  readonly events: Pick<AuditEventsRepository, 'prune'>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}): () => Promise<void> {
  const { events, clock, timers, log } = parts;
  let cancel: (() => void) | undefined;
  let isStopped = false;
  let running: Promise<void> = Promise.resolve();
  const prune = async (): Promise<void> => {
    let nextMs = PRUNE_EVERY_MS;
    try {
      if (await events.prune(clock.wallMs() - AUDIT_KEPT_MS)) nextMs = PRUNE_NEXT_MS;
    } catch (error) {
      log.warn({ error }, 'old audit events could not be removed');
    }
    if (!isStopped) cancel = timers.after(nextMs, begin);
  };
  const begin = (): void => {
    running = prune();
  };
  begin();
  return async () => {
    isStopped = true;
    cancel?.();
    await running;
  };
}
