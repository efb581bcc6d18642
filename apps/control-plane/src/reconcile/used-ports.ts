import type { BrokerPorts, Provisioner } from '../provisioner/provisioner.ts';
import type { ClusterStateRepository } from './cluster-state.repository.ts';

/**
 * The ports that brokers have, read once: reading every broker for each new one would cost the square of their
 * number. Ports that were given back, here or by another process, are seen when none is left or one is refused.
 */
export class UsedPorts {
  readonly #states: ClusterStateRepository;
  #known: Set<number> | undefined;

  constructor(states: ClusterStateRepository) {
    this.#states = states;
  }

  /** Two ports for a broker. Throws `quota_exceeded` when there are none. */
  async choose(provisioner: Provisioner): Promise<BrokerPorts> {
    const known = this.#known;
    if (known === undefined) return provisioner.choosePorts(await this.#read());
    try {
      return await provisioner.choosePorts(known);
    } catch {
      return provisioner.choosePorts(await this.#read());
    }
  }

  /** Notes that a broker has them now. */
  took({ adminPort, clientPort }: BrokerPorts): void {
    this.#known?.add(clientPort).add(adminPort);
  }

  /** What is known is wrong: somebody else took ports. */
  forget(): void {
    this.#known = undefined;
  }

  async #read(): Promise<ReadonlySet<number>> {
    this.#known = new Set(await this.#states.listUsedPorts());
    return this.#known;
  }
}
