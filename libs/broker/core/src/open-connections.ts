import { IDLE_SWEEP_INTERVAL_MS } from './limits.ts';
import type { BrokerConnection } from './connection.ts';
import type { BrokerPorts } from './ports.ts';
import type { TimingWheel } from './timing-wheel.ts';

/** The connections of one broker, and what is done to all of them. */
export class OpenConnections {
  readonly #ports: Pick<BrokerPorts, 'clock' | 'probe'>;
  readonly #wheel: TimingWheel;
  readonly #open = new Set<BrokerConnection>();
  readonly #awaitingRoom = new Set<BrokerConnection>();
  #onNone: (() => void) | undefined;

  constructor(ports: Pick<BrokerPorts, 'clock' | 'probe'>, wheel: TimingWheel) {
    this.#ports = ports;
    this.#wheel = wheel;
  }

  get size(): number {
    return this.#open.size;
  }

  add(connection: BrokerConnection): void {
    this.#open.add(connection);
    this.#ports.probe.onConnection(1);
  }

  remove(connection: BrokerConnection): void {
    this.#open.delete(connection);
    this.#awaitingRoom.delete(connection);
    this.#ports.probe.onConnection(-1);
    if (this.#open.size === 0) this.#onNone?.();
  }

  /** `connection.pump()` is called when there is room for records again. */
  awaitRoom(connection: BrokerConnection): void {
    this.#awaitingRoom.add(connection);
  }

  /** There is room for records again. */
  onRoom(): void {
    if (this.#awaitingRoom.size === 0) return;
    const waiting = Array.from(this.#awaitingRoom);
    this.#awaitingRoom.clear();
    for (const connection of waiting) connection.pump();
  }

  /**
   * One sweep over all connections: a timer for each would wake an idle process all the time. They live at
   * most half as long again as configured.
   */
  closeIdle(idleMs: () => number): void {
    const onExpired = () => {
      const nowMs = this.#ports.clock.monotonicMs();
      const limitMs = idleMs();
      for (const connection of Array.from(this.#open)) connection.closeIfIdle(nowMs, limitMs);
      this.closeIdle(idleMs);
    };
    this.#wheel.schedule(Math.min(IDLE_SWEEP_INTERVAL_MS, idleMs() / 2), { onExpired });
  }

  /** Lets every connection answer what it has and end; `done` runs when the last is gone. */
  drain(done: () => void): void {
    if (this.#open.size === 0) return done();
    this.#onNone = done;
    for (const connection of Array.from(this.#open)) connection.drain();
  }

  /** Ends every connection now; who waits for `drain` waits no longer. */
  closeAll(): void {
    for (const connection of Array.from(this.#open)) connection.close();
  }
}
