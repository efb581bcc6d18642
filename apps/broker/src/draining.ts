import type { Broker } from '@weirhouse/broker-core';
import type { Log } from '@weirhouse/shared-kernel';

/** The time between the signal to end and the end of the connections. */
export class Draining {
  readonly #broker: Pick<Broker, 'drain' | 'status'>;
  readonly #log: Log;
  readonly #timeoutMs: number;
  readonly #over = Promise.withResolvers<'answered' | 'cut'>();

  constructor(
    broker: Pick<Broker, 'drain' | 'status'>,
    { log, timeoutMs }: { readonly log: Log; readonly timeoutMs: number },
  ) {
    this.#broker = broker;
    this.#log = log;
    this.#timeoutMs = timeoutMs;
  }

  /** Resolves when every connection has ended in order, at the deadline, or after `cut`. */
  async run(): Promise<void> {
    const { connections } = this.#broker.status();
    this.#log.info({ connections, timeoutMs: this.#timeoutMs }, 'draining');
    const timer = setTimeout(() => this.cut(), this.#timeoutMs);
    this.#broker.drain(() => this.#over.resolve('answered'));
    const outcome = await this.#over.promise;
    clearTimeout(timer);
    const { connections: left } = this.#broker.status();
    if (outcome === 'cut' && left > 0)
      this.#log.warn({ connections: left }, 'connections are cut that had not ended in time');
  }

  /** Waits no longer. */
  cut(): void {
    this.#over.resolve('cut');
  }
}
