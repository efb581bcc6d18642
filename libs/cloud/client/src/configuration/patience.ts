import { isAppError, type ErrorCode } from '@weirhouse/shared-kernel';

/** How time passes for whoever waits. */
export interface Pace {
  monotonicMs(): number;
  wait(delayMs: number): Promise<void>;
  /** Does `work` every so often until the answer is called; keeps no process alive. */
  every(periodMs: number, work: () => void): () => void;
}

/** Pause between two tries, in milliseconds. */
const RETRY_PAUSE_MS = 500;
/** How long a platform that is busy or starting is asked again, in milliseconds. */
const RETRY_MAX_MS = 60_000;

/** Refusals that pass by themselves. The API did nothing before it gave one of them. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['rate_limited', 'unavailable']);

/** Does `work` again while it fails with what passes by itself. */
export async function patiently<T>(
  pace: Pace,
  work: () => Promise<T>,
  passing: ReadonlySet<ErrorCode> = PASSING,
): Promise<T> {
  const endMs = pace.monotonicMs() + RETRY_MAX_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const passes = isAppError(error) && passing.has(error.code);
      if (!passes || pace.monotonicMs() >= endMs) throw error;
      await pace.wait(RETRY_PAUSE_MS);
    }
  }
}
