import { type Broker, ConnectionGate, type ConnectionLimits } from '@weirhouse/broker-core';
import type { BrokerConfig } from '../config.ts';
import { clock } from '../ports.ts';

/** The gate before all listeners of a process. */
export interface ProcessGate {
  readonly gate: ConnectionGate;
  /** From now on the limits are those of this broker, as they are set at the moment. */
  limitBy(broker: Broker): void;
}

/** A gate with the limits of the process until it is told of its broker. */
export function processGate(config: BrokerConfig, openMax: number): ProcessGate {
  let running: Broker | undefined;
  const gate = new ConnectionGate({
    clock,
    openMax,
    limitsOf: (name) => running?.connectionLimits(name) ?? limitsBeforeStart(config),
  });
  return {
    gate,
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
