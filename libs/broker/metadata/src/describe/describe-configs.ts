import { KafkaError } from '@weirhouse/kafka-protocol';
import type {
  DescribeConfigsResourceResult,
  DescribeConfigsResult,
} from '@weirhouse/kafka-protocol/messages/describe-configs-response';
import type { DescribeConfigsResource } from '@weirhouse/kafka-protocol/messages/describe-configs-request';
import { BROKER_CONFIGS, findBrokerConfig } from '../configs/broker-configs.ts';
import { CLIENT_METRICS_CONFIGS } from '../configs/client-metrics-configs.ts';
import { CONFIG_TYPE_IDS, type ConfigDefinition, isListed } from '../configs/definition.ts';
import { GROUP_CONFIGS } from '../configs/group-configs.ts';
import {
  type ConfigResolver,
  ConfigResourceType,
  ConfigSource,
  type ResolvedConfig,
} from '../configs/resolver.ts';
import { TOPIC_CONFIGS } from '../configs/topic-configs.ts';
import { findTopicNameFault } from '../controller/topic-names.ts';
import type { MetadataImage } from '../image/metadata-image.ts';

/** What the answer is made from, and how much of it the client wants. */
export interface DescribeConfigsContext {
  readonly image: MetadataImage;
  readonly configs: ConfigResolver;
  /** The process's loggers with their levels; they are no part of the image. */
  readonly loggers: ReadonlyMap<string, string>;
  readonly includeSynonyms: boolean;
  readonly includeDocumentation: boolean;
}

type Resource = Pick<
  DescribeConfigsResource,
  'resourceType' | 'resourceName' | 'configurationKeys'
>;

/** In answers about loggers: Kafka gives them no type. */
const TYPE_UNKNOWN = 0;

/**
 * DescribeConfigs for one resource: a topic, a group, a client metrics subscription, this broker, its
 * loggers, or the defaults set for all brokers (empty name). Unknown keys are left out. Errors: 3
 * unknown topic, 17 topic name, 42 another broker, a name that must not be empty, or another kind.
 */
export function describeConfigs(
  context: DescribeConfigsContext,
  resource: Resource,
): DescribeConfigsResult {
  switch (resource.resourceType) {
    case ConfigResourceType.TOPIC:
      return describeTopic(context, resource);
    case ConfigResourceType.GROUP:
      return describeGroup(context, resource);
    case ConfigResourceType.CLIENT_METRICS:
      return describeClientMetrics(context, resource);
    case ConfigResourceType.BROKER:
      return describeBroker(context, resource);
    case ConfigResourceType.BROKER_LOGGER:
      return describeLoggers(context, resource);
    default:
      return refuse(
        resource,
        `Settings of resource type ${resource.resourceType} cannot be described.`,
      );
  }
}

/** The answer for a resource that the client may not describe, or that does not exist. */
export function describeConfigsFailure(
  { resourceType, resourceName }: Pick<Resource, 'resourceType' | 'resourceName'>,
  error: { readonly errorCode: number; readonly errorMessage: string | null },
): DescribeConfigsResult {
  return { ...error, resourceType, resourceName, configs: [] };
}

function refuse(resource: Resource, errorMessage: string): DescribeConfigsResult {
  return describeConfigsFailure(resource, {
    errorCode: KafkaError.INVALID_REQUEST,
    errorMessage,
  });
}

function success(
  { resourceType, resourceName }: Resource,
  configs: readonly DescribeConfigsResourceResult[],
): DescribeConfigsResult {
  return { errorCode: KafkaError.NONE, errorMessage: null, resourceType, resourceName, configs };
}

function describeTopic(context: DescribeConfigsContext, resource: Resource): DescribeConfigsResult {
  const { resourceName } = resource;
  const nameFault = findTopicNameFault(resourceName);
  if (nameFault?.errorCode === KafkaError.INVALID_TOPIC_EXCEPTION)
    return describeConfigsFailure(resource, nameFault);
  if (context.image.topics.find(resourceName) === undefined) {
    return describeConfigsFailure(resource, {
      errorCode: KafkaError.UNKNOWN_TOPIC_OR_PARTITION,
      errorMessage: `Topic ${resourceName} does not exist.`,
    });
  }
  const overrides = context.image.configs.of(ConfigResourceType.TOPIC, resourceName);
  const entries = wanted(TOPIC_CONFIGS.values(), resource)
    .filter((definition) => isListed(definition, overrides))
    .map((definition) =>
      describeEntry(context, definition, {
        resolved: context.configs.resolveTopic(definition, overrides),
        readOnly: false,
      }),
    );
  return success(resource, entries);
}

/** A group need not exist: its settings may be there before its first member. */
function describeGroup(context: DescribeConfigsContext, resource: Resource): DescribeConfigsResult {
  const { resourceName } = resource;
  if (resourceName === '') return refuse(resource, 'The name of a group must not be empty.');
  const overrides = context.image.configs.of(ConfigResourceType.GROUP, resourceName);
  const entries = wanted(GROUP_CONFIGS.values(), resource).map((definition) =>
    describeEntry(context, definition, {
      resolved: context.configs.resolveGroup(definition, overrides),
      readOnly: false,
    }),
  );
  return success(resource, entries);
}

function describeClientMetrics(
  context: DescribeConfigsContext,
  resource: Resource,
): DescribeConfigsResult {
  const { resourceName } = resource;
  if (resourceName === '') return refuse(resource, 'The name of a subscription must not be empty.');
  const overrides = context.image.configs.of(ConfigResourceType.CLIENT_METRICS, resourceName);
  const entries = wanted(CLIENT_METRICS_CONFIGS.values(), resource).map((definition) => {
    const override = overrides.get(definition.name);
    const resolved =
      override === undefined
        ? defaultOf(definition)
        : onlyValue(definition, override, ConfigSource.CLIENT_METRICS);
    return describeEntry(context, definition, { resolved, readOnly: false });
  });
  return success(resource, entries);
}

function defaultOf({ defaultValue, name }: ConfigDefinition): ResolvedConfig {
  return { name, value: defaultValue, source: ConfigSource.DEFAULT, synonyms: [] };
}

function onlyValue({ name }: ConfigDefinition, value: string, source: number): ResolvedConfig {
  return { name, value, source, synonyms: [{ name, value, source }] };
}

function describeBroker(
  context: DescribeConfigsContext,
  resource: Resource,
): DescribeConfigsResult {
  const { configs } = context;
  if (resource.resourceName === '') return describeBrokerDefaults(context, resource);
  const fault = findOtherBroker(configs.brokerId, resource.resourceName);
  if (fault !== undefined) return refuse(resource, fault);
  const all = [...BROKER_CONFIGS.values(), ...configs.listenerConfigs()];
  const entries = wanted(all, resource)
    .filter((definition) => isListed(definition, configs))
    .map((definition) =>
      describeEntry(context, definition, {
        resolved: configs.resolveBroker(definition),
        readOnly: definition.dynamic === 'read-only',
      }),
    );
  return success(resource, entries);
}

/** Why a broker that was named is not this one. */
function findOtherBroker(brokerId: number, name: string): string | undefined {
  if (!/^-?\d{1,10}$/.test(name)) return `A broker is named by its number, not by "${name}".`;
  if (Number(name) === brokerId) return undefined;
  return `This is broker ${brokerId}; ask broker ${name} itself.`;
}

/** Only what was set for all brokers: each broker's own settings may differ. */
function describeBrokerDefaults(
  context: DescribeConfigsContext,
  resource: Resource,
): DescribeConfigsResult {
  const overrides = context.image.configs.of(ConfigResourceType.BROKER, '');
  const set = [...overrides.keys()].flatMap((name) => findBrokerConfig(name) ?? []);
  const entries = wanted(set, resource).map((definition) => {
    const value = overrides.get(definition.name) ?? '';
    const resolved = onlyValue(definition, value, ConfigSource.DYNAMIC_DEFAULT_BROKER);
    return describeEntry(context, definition, { resolved, readOnly: false });
  });
  return success(resource, entries);
}

function describeLoggers(
  { configs, loggers }: DescribeConfigsContext,
  resource: Resource,
): DescribeConfigsResult {
  const fault = findOtherBroker(configs.brokerId, resource.resourceName);
  if (fault !== undefined) return refuse(resource, fault);
  const keys = resource.configurationKeys ?? [];
  const entries = [...loggers]
    .filter(([name]) => keys.length === 0 || keys.includes(name))
    .map(([name, value]) => ({
      name,
      value,
      readOnly: false,
      configSource: ConfigSource.BROKER_LOGGER,
      isSensitive: false,
      synonyms: [],
      configType: TYPE_UNKNOWN,
      documentation: null,
    }));
  return success(resource, entries);
}

function wanted(
  definitions: Iterable<ConfigDefinition>,
  { configurationKeys: keys }: Resource,
): readonly ConfigDefinition[] {
  // As Kafka: an empty list asks for everything, like null.
  if (keys === null || keys.length === 0) return [...definitions];
  const byName = new Map(Array.from(definitions, (entry) => [entry.name, entry]));
  return [...new Set(keys)].flatMap((key) => byName.get(key) ?? []);
}

interface EntryFacts {
  readonly resolved: ResolvedConfig;
  readonly readOnly: boolean;
}

function describeEntry(
  context: DescribeConfigsContext,
  definition: ConfigDefinition,
  { resolved, readOnly }: EntryFacts,
): DescribeConfigsResourceResult {
  const isSensitive = definition.type === 'PASSWORD';
  const shown = (value: string | null): string | null => (isSensitive ? null : value);
  return {
    name: definition.name,
    value: shown(resolved.value),
    readOnly,
    configSource: resolved.source,
    isSensitive,
    synonyms: context.includeSynonyms
      ? resolved.synonyms.map(({ name, value, source }) => ({ name, value: shown(value), source }))
      : [],
    configType: CONFIG_TYPE_IDS[definition.type],
    documentation: context.includeDocumentation ? definition.documentation : null,
  };
}
