import type { Timers } from '@weirhouse/shared-kernel';

/** What the work comes to, or undefined when it takes longer; it goes on then, and nobody hears of its failure. */
export async function within<T>(
  timers: Timers,
  maxMs: number,
  work: Promise<T>,
): Promise<T | undefined> {
  let cancel: (() => void) | undefined;
  const late = new Promise<undefined>((resolve) => {
    cancel = timers.after(maxMs, () => resolve(undefined));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel?.();
    work.catch(() => undefined);
  }
}
