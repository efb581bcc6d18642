import { BROKER_COORDINATOR_CONFIGS } from './broker-coordinator-configs.ts';
import { BROKER_LOG_CONFIGS } from './broker-log-configs.ts';
import { BROKER_NETWORK_CONFIGS } from './broker-network-configs.ts';
import type { ConfigDefinition } from './definition.ts';

/**
 * The broker settings this broker knows, by Kafka's name. Only those marked `cluster-wide` or
 * `per-broker` can be changed at run time; a name that is missing is refused as unknown.
 */
export const BROKER_CONFIGS: ReadonlyMap<string, ConfigDefinition> = new Map(
  [...BROKER_LOG_CONFIGS, ...BROKER_NETWORK_CONFIGS, ...BROKER_COORDINATOR_CONFIGS].map((entry) => [
    entry.name,
    entry,
  ]),
);
