import { KafkaError } from '@weirhouse/kafka-protocol';
import type {
  DescribeConfigsResourceResult,
  DescribeConfigsResult,
} from '@weirhouse/kafka-protocol/messages/describe-configs-response';
import type { DescribeConfigsResource } from '@weirhouse/kafka-protocol/messages/describe-configs-request';
import { BROKER_CONFIGS } from '../configs/broker-configs.ts';
import { CONFIG_TYPE_IDS, type ConfigDefinition } from '../configs/definition.ts';
import {
  type ConfigResolver,
  ConfigResourceType,
  ConfigSource,
  type ResolvedConfig,
} from '../configs/resolver.ts';
import { isListedConfig, TOPIC_CONFIGS } from '../configs/topic-configs.ts';
import type { MetadataImage } from '../image/metadata-image.ts';

/** What the answer is made from, and how much of it the client wants. */
export interface DescribeConfigsContext {
  readonly image: MetadataImage;
  readonly configs: ConfigResolver;
  readonly includeSynonyms: boolean;
  readonly includeDocumentation: boolean;
}

type Resource = Pick<
  DescribeConfigsResource,
  'resourceType' | 'resourceName' | 'configurationKeys'
>;

/**
 * DescribeConfigs for one resource: a topic, this broker, or the defaults set for all brokers (empty
 * name). Unknown keys are left out. Errors: 3 unknown topic, 42 another broker or kind.
 */
export function describeConfigs(
  context: DescribeConfigsContext,
  resource: Resource,
): DescribeConfigsResult {
  switch (resource.resourceType) {
    case ConfigResourceType.TOPIC:
      return describeTopic(context, resource);
    case ConfigResourceType.BROKER:
      return describeBroker(context, resource);
    default:
      return describeConfigsFailure(resource, {
        errorCode: KafkaError.INVALID_REQUEST,
        errorMessage: `Settings of resource type ${resource.resourceType} cannot be described.`,
      });
  }
}

/** The answer for a resource that the client may not describe, or that does not exist. */
export function describeConfigsFailure(
  { resourceType, resourceName }: Pick<Resource, 'resourceType' | 'resourceName'>,
  error: { readonly errorCode: number; readonly errorMessage: string | null },
): DescribeConfigsResult {
  return { ...error, resourceType, resourceName, configs: [] };
}

function success(
  { resourceType, resourceName }: Resource,
  configs: readonly DescribeConfigsResourceResult[],
): DescribeConfigsResult {
  return { errorCode: KafkaError.NONE, errorMessage: null, resourceType, resourceName, configs };
}

function describeTopic(context: DescribeConfigsContext, resource: Resource): DescribeConfigsResult {
  const { resourceName } = resource;
  if (context.image.topics.find(resourceName) === undefined) {
    return describeConfigsFailure(resource, {
      errorCode: KafkaError.UNKNOWN_TOPIC_OR_PARTITION,
      errorMessage: `Topic ${resourceName} does not exist.`,
    });
  }
  const overrides = context.image.configs.of(ConfigResourceType.TOPIC, resourceName);
  const entries = wanted(TOPIC_CONFIGS, resource)
    .filter(({ name }) => isListedConfig(name, overrides))
    .map((definition) =>
      describeEntry(context, definition, {
        resolved: context.configs.resolveTopic(definition, overrides),
        readOnly: false,
      }),
    );
  return success(resource, entries);
}

function describeBroker(
  context: DescribeConfigsContext,
  resource: Resource,
): DescribeConfigsResult {
  const { resourceName } = resource;
  if (resourceName === '') return describeBrokerDefaults(context, resource);
  const { brokerId } = context.configs;
  if (resourceName !== String(brokerId)) {
    return describeConfigsFailure(resource, {
      errorCode: KafkaError.INVALID_REQUEST,
      errorMessage: `This is broker ${brokerId}; ask broker ${resourceName} itself.`,
    });
  }
  const entries = wanted(BROKER_CONFIGS, resource).map((definition) =>
    describeEntry(context, definition, {
      resolved: context.configs.resolveBroker(definition),
      readOnly: definition.dynamic === 'read-only',
    }),
  );
  return success(resource, entries);
}

/** Only what was set for all brokers: each broker's own settings may differ. */
function describeBrokerDefaults(
  context: DescribeConfigsContext,
  resource: Resource,
): DescribeConfigsResult {
  const overrides = context.image.configs.of(ConfigResourceType.BROKER, '');
  const entries = wanted(BROKER_CONFIGS, resource).flatMap((definition) => {
    const { name } = definition;
    const value = overrides.get(name);
    if (value === undefined) return [];
    const source = ConfigSource.DYNAMIC_DEFAULT_BROKER;
    const resolved = { name, value, source, synonyms: [{ name, value, source }] };
    return [describeEntry(context, definition, { resolved, readOnly: false })];
  });
  return success(resource, entries);
}

function wanted(
  definitions: ReadonlyMap<string, ConfigDefinition>,
  { configurationKeys: keys }: Resource,
): readonly ConfigDefinition[] {
  // As Kafka: an empty list asks for everything, like null.
  if (keys === null || keys.length === 0) return [...definitions.values()];
  return [...new Set(keys)].flatMap((key) => definitions.get(key) ?? []);
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
