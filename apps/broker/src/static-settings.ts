import type { BrokerConfig, ListenerAddress } from './config.ts';

/** What the settings of a running broker are told from. */
interface RunningParts {
  readonly config: BrokerConfig;
  /** Listeners with the ports they really have. */
  readonly addresses: readonly ListenerAddress[];
  readonly folder: { readonly path: string; readonly nodeId: number };
}

/** Kafka's settings as this process has them: what was written, and what is so by its nature. */
export function staticSettings(parts: RunningParts): ReadonlyMap<string, string> {
  const { addresses, config, folder } = parts;
  const listeners = addresses.map(({ host, name, port }) => `${name}://${host}:${port}`).join(',');
  const told = config.process['advertised.listeners'];
  const [first] = addresses;
  return new Map([
    ['inter.broker.listener.name', first?.name ?? ''],
    ...config.kafka,
    ['node.id', String(folder.nodeId)],
    ['broker.id', String(folder.nodeId)],
    ['process.roles', 'broker,controller'],
    ['controller.listener.names', first?.name ?? ''],
    ['log.dirs', folder.path],
    ['listeners', listeners],
    ['advertised.listeners', told.length === 0 ? listeners : told.join(',')],
  ]);
}
