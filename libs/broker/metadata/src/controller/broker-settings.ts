import { KafkaError } from '@weirhouse/kafka-protocol';
import { BROKER_CONFIGS, findBrokerConfig } from '../configs/broker-configs.ts';
import { findGroupDefaultFault } from '../configs/group-configs.ts';
import type { ConfigResolver } from '../configs/resolver.ts';
import { THREAD_POOLS } from '../configs/thread-pools.ts';
import type { Overrides } from './config-changes.ts';
import { type CheckedSettings, checkSettings } from './topic-settings.ts';

/**
 * Checks all overrides of a broker, or of all brokers (empty name). Kafka has the broker check these, and
 * its faults are faults of the request: error 42, but 40 for a name that nobody knows.
 */
export function checkBrokerSettings(
  configs: ConfigResolver,
  values: Overrides,
  brokerName: string,
): CheckedSettings {
  for (const name of values.keys()) {
    const fault = findScopeFault(name, brokerName);
    if (fault !== undefined) return invalidRequest(fault);
  }
  const unknown = [...values.keys()].some((name) => findBrokerConfig(name) === undefined);
  const checked = checkSettings(findBrokerConfig, values);
  if (!checked.ok) return unknown ? checked : invalidRequest(checked.error.errorMessage ?? '');
  for (const [name, text] of checked.values) {
    const fault =
      findPoolFault(configs, name, Number(text)) ??
      findGroupDefaultFault(name, Number(text), (other) => configs.brokerNumber(other)) ??
      findFixedFault(configs, name, text);
    if (fault !== undefined) return invalidRequest(fault);
  }
  return checked;
}

function invalidRequest(errorMessage: string): CheckedSettings {
  return { ok: false, error: { errorCode: KafkaError.INVALID_REQUEST, errorMessage } };
}

function findScopeFault(name: string, brokerName: string): string | undefined {
  const scope = findBrokerConfig(name)?.dynamic;
  if (scope === 'read-only') return `${name} cannot be changed while the broker runs.`;
  if (scope === 'per-listener') {
    return `${name} can be changed for a listener only: listener.name.<listener>.${name}.`;
  }
  if (scope !== 'per-broker' || brokerName !== '') return undefined;
  return `${name} can be changed for one broker only, not for all.`;
}

function findPoolFault(configs: ConfigResolver, name: string, size: number): string | undefined {
  if (!THREAD_POOLS.has(name)) return undefined;
  const present = configs.brokerNumber(name);
  if (size > present * 2) return `${name} can at most double at once, from ${present}.`;
  if (size < present / 2) return `${name} can at most halve at once, from ${present}.`;
  return undefined;
}

/** Settings that Kafka changes at run time and this broker only at its start: the same value is no fault. */
const FIXED_HERE = new Set(['listeners', 'listener.security.protocol.map', 'metric.reporters']);

/** Values that would have to have an effect, which they cannot have here. */
function findFixedFault(configs: ConfigResolver, name: string, text: string): string | undefined {
  const definition = findBrokerConfig(name);
  if (definition === undefined) return undefined;
  if (name === 'cordoned.log.dirs') {
    const folder = BROKER_CONFIGS.get('log.dirs');
    const known = folder === undefined ? null : configs.resolveBroker(folder).value;
    const isKnown = text === '' || text.split(',').every((item) => item === known);
    return isKnown ? undefined : `${name} may only name ${known ?? 'log directories'}.`;
  }
  const isFixed = FIXED_HERE.has(name) || definition.type === 'CLASS';
  if (!isFixed || text === configs.resolveBroker(definition).value) return undefined;
  return `${name} cannot be changed to ${text} while this broker runs.`;
}
