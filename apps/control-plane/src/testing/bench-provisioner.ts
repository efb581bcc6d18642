import type { ObservedBroker } from '@weirhouse/cloud-plan';
import { AppError } from '@weirhouse/shared-kernel';
import type {
  BrokerPorts,
  BrokerRef,
  BrokerSpec,
  ExpectedBroker,
  Provisioner,
} from '../provisioner/provisioner.ts';

/** The ports that are given away: as many brokers as one machine has pairs of. */
const PORT_FROM = 1_024;
const PORT_TO = 65_535;

/** Brokers that are up as soon as they are asked for: what is left is the reconciler's own work. */
export class BenchProvisioner implements Provisioner {
  readonly #running = new Set<string>();
  #nextPort = PORT_FROM;

  choosePorts(): Promise<BrokerPorts> {
    const clientPort = this.#nextPort;
    if (clientPort >= PORT_TO)
      return Promise.reject(new AppError('quota_exceeded', 'no two free ports are left'));
    this.#nextPort += 2;
    return Promise.resolve({ host: '127.0.0.1', clientPort, adminPort: clientPort + 1 });
  }

  ensureBroker(spec: BrokerSpec): Promise<void> {
    this.#running.add(keyOf(spec));
    return Promise.resolve();
  }

  applyLimits(): Promise<void> {
    return Promise.resolve();
  }

  observe(
    clusterId: string,
    expected: readonly ExpectedBroker[],
  ): Promise<readonly ObservedBroker[]> {
    return Promise.resolve(
      expected.map(({ nodeId, ports }): ObservedBroker => {
        const key = keyOf({ clusterId, nodeId });
        const runs = this.#running.has(key);
        return {
          nodeId,
          ports: ports ? 'allocated' : 'unallocated',
          dataPresent: runs,
          state: runs ? { kind: 'ready', incarnationId: key } : { kind: 'absent' },
          settings: 'current',
          limits: { kind: runs ? 'current' : 'unknown' },
        };
      }),
    );
  }

  stop(ref: BrokerRef): Promise<void> {
    this.#running.delete(keyOf(ref));
    return Promise.resolve();
  }

  removeCluster(): Promise<void> {
    return Promise.resolve();
  }

  remove(): Promise<void> {
    return Promise.resolve();
  }

  stopAll(): Promise<void> {
    return Promise.resolve();
  }

  onChange(): () => void {
    return () => undefined;
  }

  close(): void {
    // Nothing is watched.
  }
}

function keyOf({ clusterId, nodeId }: BrokerRef): string {
  return `${clusterId}/${nodeId}`;
}
