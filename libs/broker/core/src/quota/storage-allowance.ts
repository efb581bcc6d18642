import type { Clock } from '@weirhouse/shared-kernel';

import { STORAGE_CHECK_INTERVAL_MS } from '../limits.ts';
import type { LimitsSource } from './broker-limits.ts';

/** What the allowance looks at. */
export interface StorageAllowanceOptions {
  readonly limits: LimitsSource;
  readonly clock: Clock;
  /** Bytes of all logs now; its cost grows with the number of partitions. */
  readonly sizeBytes: () => number;
}

/** Whether the bytes that the platform lets this broker keep are used up. What is over is kept. */
export class StorageAllowance {
  readonly #options: StorageAllowanceOptions;
  #lookAgainMs = Number.NEGATIVE_INFINITY;
  #limit: number | undefined;
  #isUsedUp = false;

  constructor(options: StorageAllowanceOptions) {
    this.#options = options;
  }

  /** Why records of clients are refused at this moment, for the client; undefined while there is room. */
  get refusal(): string | undefined {
    const { clock, limits, sizeBytes } = this.#options;
    const { storageBytes } = limits();
    if (storageBytes === undefined) return undefined;
    const nowMs = clock.monotonicMs();
    if (nowMs >= this.#lookAgainMs || storageBytes !== this.#limit) {
      this.#lookAgainMs = nowMs + STORAGE_CHECK_INTERVAL_MS;
      this.#limit = storageBytes;
      this.#isUsedUp = sizeBytes() >= storageBytes;
    }
    if (!this.#isUsedUp) return undefined;
    return `The broker keeps at most ${storageBytes} bytes, and they are used up: shorten retention, delete records or topics, or have the limit raised.`;
  }
}
