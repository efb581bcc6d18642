import type { Clock, Log, Timers } from '@weirhouse/shared-kernel';

/** How often old rows are looked for. */
const PRUNE_EVERY_MS = 60 * 60 * 1_000;

/** How long to wait while there are more of them. */
const PRUNE_NEXT_MS = 1_000;

/** Removes what is too old, now and every hour; the returned function ends that. */
export function startRetention(parts: {
  /** What is removed, for the log. */
  readonly what: string;
  /** Removes some at once; true when there may be more. */
  readonly prune: (nowMs: number) => Promise<boolean>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}): () => Promise<void> {
  const { what, clock, timers, log } = parts;
  let cancel: (() => void) | undefined;
  let isStopped = false;
  let running: Promise<void> = Promise.resolve();
  const prune = async (): Promise<void> => {
    let nextMs = PRUNE_EVERY_MS;
    try {
      if (await parts.prune(clock.wallMs())) nextMs = PRUNE_NEXT_MS;
    } catch (error) {
      log.warn({ error, what }, 'what is too old could not be removed');
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
