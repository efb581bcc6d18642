import type { Broker } from '@weirhouse/broker-core';
import { AppError } from '@weirhouse/shared-kernel';

/** Longer delays no timer can hold; Kafka's default is one of them. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** Starts a broker, and gives up after `timeoutMs` with `timeout`: nothing that was done is lost. */
export function startWithin(broker: Pick<Broker, 'start'>, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void =>
      reject(
        new AppError(
          'timeout',
          `The start has taken ${timeoutMs} ms and is given up (server.max.startup.time.ms).`,
        ),
      );
    const timer = timeoutMs > TIMER_MS_MAX ? undefined : setTimeout(giveUp, timeoutMs);
    broker.start((error) => {
      clearTimeout(timer);
      if (error === undefined) resolve();
      else reject(error);
    });
  });
}
