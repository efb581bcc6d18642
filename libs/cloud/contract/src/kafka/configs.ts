import { z } from 'zod';
import { kafkaList, kafkaObject } from './common.ts';

/** Longest name and value of a setting, in characters: TLS stores in PEM are the longest values. */
const NAME_CHARS_MAX = 255;
const VALUE_CHARS_MAX = 65_536;
/** Most settings that one request may change. */
const CHANGES_MAX = 256;

/** Where a setting's value comes from. */
export const CONFIG_SOURCES = [
  'DYNAMIC_CLUSTER_LINK_CONFIG',
  'DYNAMIC_TOPIC_CONFIG',
  'DYNAMIC_BROKER_LOGGER_CONFIG',
  'DYNAMIC_BROKER_CONFIG',
  'DYNAMIC_DEFAULT_BROKER_CONFIG',
  'STATIC_BROKER_CONFIG',
  'DEFAULT_CONFIG',
  'UNKNOWN',
] as const;

const NameSchema = z.string().min(1, 'must not be empty').max(NAME_CHARS_MAX);
const ValueSchema = z.string().max(VALUE_CHARS_MAX).nullable().optional();

/** A setting of a new topic. */
export const ConfigEntrySchema = z.object({ name: NameSchema, value: ValueSchema });

/** Body of PUT .../{name}. */
export const UpdateConfigSchema = z.object({ value: ValueSchema });

/** Body of POST ...:alter: all changes or none. */
export const AlterConfigsSchema = z.object({
  data: z
    .array(ConfigEntrySchema.extend({ operation: z.enum(['SET', 'DELETE']).nullable().optional() }))
    .max(CHANGES_MAX),
  validate_only: z.boolean().optional(),
});

const value = {
  name: z.string(),
  value: z.string().nullable().optional(),
};

const setting = {
  ...value,
  is_default: z.boolean(),
  is_read_only: z.boolean(),
  is_sensitive: z.boolean(),
  source: z.enum(CONFIG_SOURCES),
  synonyms: z.array(z.object({ ...value, source: z.enum(CONFIG_SOURCES) })),
};

/** A setting of a topic. */
export const TopicConfigSchema = kafkaObject('KafkaTopicConfig', {
  topic_name: z.string(),
  ...setting,
});

/** Every setting of a topic, or of all topics. */
export const TopicConfigListSchema = kafkaList('KafkaTopicConfigList', TopicConfigSchema);

/** What a setting of a topic is when the topic does not set it. */
export const DefaultTopicConfigListSchema = kafkaList(
  'KafkaTopicConfigList',
  kafkaObject('KafkaTopicDefaultConfig', { topic_name: z.string(), ...setting }),
);

/** A setting of all brokers. */
export const ClusterConfigSchema = kafkaObject('KafkaClusterConfig', {
  config_type: z.literal('BROKER'),
  ...setting,
});

/** The settings that somebody made for all brokers, and no others: clients keep each as theirs. */
export const ClusterConfigListSchema = kafkaList('KafkaClusterConfigList', ClusterConfigSchema);

/** A setting of one broker. */
export const BrokerConfigSchema = kafkaObject('KafkaBrokerConfig', {
  broker_id: z.int(),
  ...setting,
});

/** Every setting of a broker, or of all brokers. */
export const BrokerConfigListSchema = kafkaList('KafkaBrokerConfigList', BrokerConfigSchema);
