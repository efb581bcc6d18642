import { BROKER_COORDINATOR_CONFIGS } from './broker-coordinator-configs.ts';
import { BROKER_GROUP_CONFIGS } from './broker-group-configs.ts';
import { BROKER_LOG_CONFIGS } from './broker-log-configs.ts';
import { BROKER_MAINTENANCE_CONFIGS } from './broker-maintenance-configs.ts';
import { BROKER_NETWORK_CONFIGS } from './broker-network-configs.ts';
import { BROKER_PROCESS_CONFIGS } from './broker-process-configs.ts';
import { BROKER_QUORUM_CONFIGS } from './broker-quorum-configs.ts';
import { BROKER_REPLICATION_CONFIGS } from './broker-replication-configs.ts';
import { BROKER_SASL_CONFIGS } from './broker-sasl-configs.ts';
import { BROKER_SHARE_CONFIGS } from './broker-share-configs.ts';
import { BROKER_SOCKET_CONFIGS } from './broker-socket-configs.ts';
import { BROKER_TIER_CONFIGS } from './broker-tier-configs.ts';
import { BROKER_TLS_CONFIGS } from './broker-tls-configs.ts';
import { BROKER_TOKEN_CONFIGS } from './broker-token-configs.ts';
import type { ConfigDefinition } from './definition.ts';

/** Broker settings by area; `area` is a sentence of what an installation needs for them to matter. */
export const BROKER_CONFIG_AREAS: readonly (readonly [
  area: string,
  definitions: readonly ConfigDefinition[],
])[] = [
  ['Logs and topics', BROKER_LOG_CONFIGS],
  ['Upkeep of logs and transactions', BROKER_MAINTENANCE_CONFIGS],
  ['Listeners, connections and rights', BROKER_NETWORK_CONFIGS],
  ['Sockets and threads', BROKER_SOCKET_CONFIGS],
  ['TLS', BROKER_TLS_CONFIGS],
  ['SASL', BROKER_SASL_CONFIGS],
  ['Tokens', BROKER_TOKEN_CONFIGS],
  ['Groups, offsets and transactions', BROKER_COORDINATOR_CONFIGS],
  ['Groups that the broker assigns', BROKER_GROUP_CONFIGS],
  ['Share groups', BROKER_SHARE_CONFIGS],
  ['Replication', BROKER_REPLICATION_CONFIGS],
  ['Controllers and metadata', BROKER_QUORUM_CONFIGS],
  ['Remote storage', BROKER_TIER_CONFIGS],
  ['Process', BROKER_PROCESS_CONFIGS],
];

/**
 * Every broker setting of Kafka 4.3, by name, and those of its authorizer. A name that is missing is
 * refused as unknown.
 */
export const BROKER_CONFIGS: ReadonlyMap<string, ConfigDefinition> = new Map(
  BROKER_CONFIG_AREAS.flatMap(([, definitions]) => definitions).map((entry) => [entry.name, entry]),
);

const LISTENER_PREFIX = /^listener\.name\.([^.]+)\.(.+)$/;

/** Listener settings that may be given for all brokers at once (KIP-402, KIP-612). */
const FOR_LISTENERS_OF_ALL = new Set(['max.connections', 'max.connection.creation.rate']);

/**
 * The definition of a broker setting as it was written: plain, or for one listener as
 * `listener.name.<listener>.<setting>`, there also `listener.name.<listener>.<mechanism>.<setting>`.
 */
export function findBrokerConfig(name: string): ConfigDefinition | undefined {
  const plain = BROKER_CONFIGS.get(name);
  if (plain !== undefined) return plain;
  const rest = LISTENER_PREFIX.exec(name)?.[2];
  if (rest === undefined) return undefined;
  const base = BROKER_CONFIGS.get(rest) ?? BROKER_CONFIGS.get(rest.slice(rest.indexOf('.') + 1));
  if (base === undefined) return undefined;
  if (base.dynamic === 'read-only') return { ...base, name };
  return { ...base, name, dynamic: FOR_LISTENERS_OF_ALL.has(rest) ? 'cluster-wide' : 'per-broker' };
}

/** The name under which a broker setting is given for one listener. */
export function listenerConfigName(listener: string, name: string): string {
  return `listener.name.${listener.toLowerCase()}.${name}`;
}
