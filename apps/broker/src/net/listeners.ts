import { type Broker, ConnectionGate, type ConnectionLimits } from '@weirhouse/broker-core';
import type { BrokerConfig, ListenerAddress } from '../config.ts';
import { clock } from '../ports.ts';
import { Listener } from './listener.ts';

/** The listeners of a process behind one gate. */
export interface Listeners {
  readonly listeners: readonly Listener[];
  /** Opens every port; resolves with the addresses as they really are. Throws `invalid_argument`. */
  open(): Promise<readonly ListenerAddress[]>;
  /** Closes every connection and stops accepting. */
  close(): void;
  /** From now on the limits are those of this broker, as they are set at the moment. */
  limitBy(broker: Broker): void;
}

/** Listeners at these addresses, not open yet. Throws `invalid_argument` for unusable certificates. */
export function listenersOf(
  config: BrokerConfig,
  addresses: readonly ListenerAddress[],
): Listeners {
  const settings = config.process;
  let running: Broker | undefined;
  const gate = new ConnectionGate({
    clock,
    limitsOf: (name) => running?.connectionLimits(name) ?? limitsBeforeStart(config),
  });
  const certificateFile = settings['ssl.certificate.file'];
  const keyFile = settings['ssl.key.file'];
  const listeners = addresses.map(
    (address) =>
      new Listener({
        address,
        ...(certificateFile !== undefined &&
          keyFile !== undefined && { tls: { certificateFile, keyFile } }),
        gate,
        idleMs: settings['connections.max.idle.ms'],
      }),
  );
  return {
    listeners,
    open: async () => {
      const opened = [];
      for (const [index, address] of addresses.entries())
        opened.push({ ...address, port: (await listeners[index]?.open()) ?? 0 });
      return opened;
    },
    close: () => {
      for (const listener of listeners) listener.close();
    },
    limitBy: (broker) => {
      running = broker;
    },
  };
}

/** Until the broker knows its settings, clients that come early are bounded by those of the process. */
function limitsBeforeStart({ process: settings }: BrokerConfig): ConnectionLimits {
  const open = settings['max.connections'];
  return {
    windows: { count: 1, windowMs: 1000 },
    open,
    openOfListener: open,
    openOf: () => settings['max.connections.per.ip'],
    rate: Infinity,
    rateOfListener: Infinity,
    rateOf: () => undefined,
  };
}
