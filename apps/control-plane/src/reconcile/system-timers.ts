import type { Timers } from '@weirhouse/shared-kernel';

/** The process's timers. They keep the process alive, so that a shutdown can wait for brokers. */
export const systemTimers: Timers = {
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
