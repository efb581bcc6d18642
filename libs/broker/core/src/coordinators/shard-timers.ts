import type { ShardTimers, TimerOperation } from '@weirhouse/broker-coordination';

import { DISK_CHECK_INTERVAL_MS } from '../limits.ts';
import type { Deadline, TimingWheel } from '../timing-wheel.ts';

/** The timers of one shard on the broker's wheel. */
export class WheelTimers<LogRecord> implements ShardTimers<LogRecord> {
  readonly #deadlines = new Map<string, Deadline>();
  readonly #wheel: TimingWheel;
  readonly #fire: (operation: TimerOperation<LogRecord>) => void;
  readonly #mayFire: () => boolean;

  /** Nothing fires while `mayFire` says no, such as without space on the disk: it is asked again later. */
  constructor(
    wheel: TimingWheel,
    fire: (operation: TimerOperation<LogRecord>) => void,
    mayFire: () => boolean,
  ) {
    this.#wheel = wheel;
    this.#fire = fire;
    this.#mayFire = mayFire;
  }

  schedule(key: string, delayMs: number, operation: TimerOperation<LogRecord>): void {
    this.cancel(key);
    const onExpired = () => {
      this.#deadlines.delete(key);
      if (this.#mayFire()) this.#fire(operation);
      else this.schedule(key, DISK_CHECK_INTERVAL_MS, operation);
    };
    this.#deadlines.set(key, this.#wheel.schedule(delayMs, { onExpired }));
  }

  cancel(key: string): void {
    this.#wheel.cancel(this.#deadlines.get(key));
    this.#deadlines.delete(key);
  }

  clear(): void {
    for (const deadline of this.#deadlines.values()) this.#wheel.cancel(deadline);
    this.#deadlines.clear();
  }
}
