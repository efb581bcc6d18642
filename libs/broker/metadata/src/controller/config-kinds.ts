import { KafkaError } from '@weirhouse/kafka-protocol';
import { findBrokerConfig } from '../configs/broker-configs.ts';
import {
  CLIENT_METRICS_CONFIGS,
  findIntervalFault,
  findMatchFault,
} from '../configs/client-metrics-configs.ts';
import type { ConfigDefinition } from '../configs/definition.ts';
import { findGroupConfigFault, GROUP_CONFIGS } from '../configs/group-configs.ts';
import { ConfigResourceType } from '../configs/resolver.ts';
import { TOPIC_CONFIGS } from '../configs/topic-configs.ts';
import { checkBrokerSettings } from './broker-settings.ts';
import type { Overrides } from './config-changes.ts';
import type { ApiError, ControllerContext } from './controller-types.ts';
import {
  type CheckedSettings,
  checkSettings,
  checkTopicSettings,
  invalidConfig,
} from './topic-settings.ts';

/** What sets the settings of one kind of resource apart from others. */
export interface ConfigKind {
  readonly find: (name: string) => ConfigDefinition | undefined;
  /** Whether an unknown setting may be deleted: Kafka's brokers take names of plug-ins. */
  readonly forgivesUnknown: boolean;
  /** Why a resource of this name cannot have settings. */
  readonly findNameFault: (resourceName: string) => ApiError | undefined;
  /** The text that is in force when the overrides are `present`. */
  readonly effective: (definition: ConfigDefinition, present: Overrides) => string | null;
  /** Checks all overrides of a resource, one by one and together. */
  readonly check: (values: Overrides, resourceName: string) => CheckedSettings;
}

type KindOf = (context: ControllerContext) => ConfigKind;

function invalidRequest(errorMessage: string): ApiError {
  return { errorCode: KafkaError.INVALID_REQUEST, errorMessage };
}

/** Errors: 3 unknown topic, 40 settings. */
const topics: KindOf = ({ configs, image }) => ({
  find: (name) => TOPIC_CONFIGS.get(name),
  forgivesUnknown: false,
  findNameFault: (name) => {
    if (name === '') return invalidRequest('The name of a topic must not be empty.');
    if (image.topics.find(name) !== undefined) return undefined;
    const errorMessage = `Topic ${name} does not exist.`;
    return { errorCode: KafkaError.UNKNOWN_TOPIC_OR_PARTITION, errorMessage };
  },
  effective: (definition, present) => configs.resolveTopic(definition, present).value,
  check: (values) => checkTopicSettings(configs, values),
});

/** Errors: 40 an unknown setting, 42 everything else. The empty name is all brokers. */
const brokers: KindOf = ({ configs, image }) => ({
  find: findBrokerConfig,
  forgivesUnknown: true,
  findNameFault: (name) => {
    if (name === '') return undefined;
    if (!/^\d{1,10}$/.test(name)) {
      return invalidRequest(`A broker is named by a number or by nothing, not by "${name}".`);
    }
    if (image.brokers.find(Number(name)) !== undefined) return undefined;
    return invalidRequest(`Broker ${name} is not registered.`);
  },
  effective: (definition, present) => present.get(definition.name) ?? definition.defaultValue,
  check: (values, name) => checkBrokerSettings(configs, values, name),
});

/** Errors: 40 settings, 42 the empty name. */
const groups: KindOf = ({ configs }) => ({
  find: (name) => GROUP_CONFIGS.get(name),
  forgivesUnknown: false,
  findNameFault: (name) =>
    name === '' ? invalidRequest('The name of a group must not be empty.') : undefined,
  effective: (definition, present) => configs.resolveGroup(definition, present).value,
  check: (values) => {
    const checked = checkSettings((name) => GROUP_CONFIGS.get(name), values);
    if (!checked.ok) return checked;
    const fault = findGroupConfigFault(checked.values, (name) => configs.brokerNumber(name));
    return fault === undefined ? checked : invalidConfig(`${fault}.`);
  },
});

/** Errors: 40 patterns, 42 the empty name, unknown settings and intervals. */
const clientMetrics: KindOf = () => ({
  find: (name) => CLIENT_METRICS_CONFIGS.get(name),
  forgivesUnknown: false,
  findNameFault: (name) =>
    name === '' ? invalidRequest('The name of a subscription must not be empty.') : undefined,
  effective: (definition, present) => present.get(definition.name) ?? definition.defaultValue,
  check: (values) => {
    const checked = checkSettings((name) => CLIENT_METRICS_CONFIGS.get(name), values);
    if (!checked.ok) {
      const { errorMessage } = checked.error;
      return { ok: false, error: invalidRequest(errorMessage ?? '') };
    }
    const intervalFault = findIntervalFault(checked.values);
    if (intervalFault !== undefined) return { ok: false, error: invalidRequest(intervalFault) };
    const matchFault = findMatchFault(checked.values);
    return matchFault === undefined ? checked : invalidConfig(matchFault);
  },
});

/** The kinds of resources whose settings are records of the metadata log, by Kafka's ids. */
export const CONFIG_KINDS: ReadonlyMap<number, KindOf> = new Map([
  [ConfigResourceType.TOPIC, topics],
  [ConfigResourceType.BROKER, brokers],
  [ConfigResourceType.GROUP, groups],
  [ConfigResourceType.CLIENT_METRICS, clientMetrics],
]);
