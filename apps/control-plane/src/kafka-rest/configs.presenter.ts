import type { RouteOutput, routes } from '@weirhouse/cloud-contract';
import type { ConfigEntry, ConfigSource } from '@weirhouse/kafka-client';
import type { KafkaLinks } from './kafka-links.ts';

type TopicConfig = RouteOutput<typeof routes.getTopicConfig>;
type DefaultTopicConfig = RouteOutput<typeof routes.listDefaultTopicConfigs>['data'][number];
type ClusterConfig = RouteOutput<typeof routes.getClusterConfig>;
type BrokerConfig = RouteOutput<typeof routes.getBrokerConfig>;
type Setting = Pick<
  TopicConfig,
  'name' | 'value' | 'is_default' | 'is_read_only' | 'is_sensitive' | 'source' | 'synonyms'
>;

const SOURCES: Readonly<Record<ConfigSource, Setting['source']>> = {
  topic: 'DYNAMIC_TOPIC_CONFIG',
  broker: 'DYNAMIC_BROKER_CONFIG',
  'default-broker': 'DYNAMIC_DEFAULT_BROKER_CONFIG',
  'static-broker': 'STATIC_BROKER_CONFIG',
  default: 'DEFAULT_CONFIG',
  'broker-logger': 'DYNAMIC_BROKER_LOGGER_CONFIG',
  unknown: 'UNKNOWN',
};

/** A setting of a topic. */
export function presentTopicConfig(
  links: KafkaLinks,
  topicName: string,
  config: ConfigEntry,
): TopicConfig {
  return {
    kind: 'KafkaTopicConfig',
    metadata: links.object(['topics', topicName], ['configs', config.name]),
    cluster_id: links.clusterId,
    topic_name: topicName,
    ...presentSetting(config),
  };
}

/** A setting of a topic as it is without the topic's own. */
export function presentDefaultTopicConfig(
  links: KafkaLinks,
  topicName: string,
  config: ConfigEntry,
): DefaultTopicConfig {
  return {
    kind: 'KafkaTopicDefaultConfig',
    metadata: links.object(['topics', topicName], ['default-configs', config.name]),
    cluster_id: links.clusterId,
    topic_name: topicName,
    ...presentSetting(config),
  };
}

/** A setting of all brokers. */
export function presentClusterConfig(links: KafkaLinks, config: ConfigEntry): ClusterConfig {
  return {
    kind: 'KafkaClusterConfig',
    metadata: links.object(['broker-configs', config.name]),
    cluster_id: links.clusterId,
    config_type: 'BROKER',
    ...presentSetting(config),
  };
}

/** A setting of one broker. */
export function presentBrokerConfig(
  links: KafkaLinks,
  brokerId: number,
  config: ConfigEntry,
): BrokerConfig {
  return {
    kind: 'KafkaBrokerConfig',
    metadata: links.object(['brokers', brokerId], ['configs', config.name]),
    cluster_id: links.clusterId,
    broker_id: brokerId,
    ...presentSetting(config),
  };
}

/** What settings of all kinds have in common. */
function presentSetting(config: ConfigEntry): Setting {
  return {
    name: config.name,
    value: config.value,
    is_default: config.source === 'default',
    is_read_only: config.isReadOnly,
    is_sensitive: config.isSensitive,
    source: SOURCES[config.source],
    synonyms: config.synonyms.map(({ name, source, value }) => ({
      name,
      value,
      source: SOURCES[source],
    })),
  };
}
