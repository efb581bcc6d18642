export {
  type Acl,
  type AclFilter,
  AclOperation,
  AclPatternType,
  AclPermission,
  AclResourceType,
  type AclRule,
  CLUSTER_RESOURCE_NAME,
  matchesAclFilter,
  WILDCARD,
  WILDCARD_PRINCIPAL,
} from './acl-model.ts';
export {
  Authorizer,
  type AuthorizerOptions,
  REMEMBERED_DECISIONS_MAX,
  type Subject,
} from './authorizer.ts';
export {
  BROKER_CONFIG_AREAS,
  BROKER_CONFIGS,
  findBrokerConfig,
  listenerConfigName,
} from './configs/broker-configs.ts';
export { CLIENT_METRICS_CONFIGS } from './configs/client-metrics-configs.ts';
export type { ConfigCheck } from './configs/checks.ts';
export {
  type BrokerSynonym,
  CONFIG_TYPE_IDS,
  type ConfigDefinition,
  type ConfigType,
  type ConfigValue,
  type DynamicScope,
  parseConfigValue,
  type ParsedConfig,
} from './configs/definition.ts';
export { GROUP_CONFIGS } from './configs/group-configs.ts';
export {
  type BrokerSettings,
  type ConfigOverrides,
  ConfigResolver,
  ConfigResourceType,
  ConfigSource,
  type ConfigSynonym,
  type ResolvedConfig,
} from './configs/resolver.ts';
export type { CompressionType, TopicConfig } from './configs/topic-config.ts';
export { TOPIC_CONFIGS } from './configs/topic-configs.ts';
export { type AclAlterationOptions, createAcls, deleteAcls } from './controller/acls.ts';
export { alterConfigs, incrementalAlterConfigs } from './controller/alter-configs.ts';
export {
  alterPartitionReassignments,
  listPartitionReassignments,
} from './controller/alter-reassignments.ts';
export {
  bootstrapRecords,
  type BootstrapOptions,
  METADATA_VERSION,
  SUPPORTED_FEATURES,
} from './controller/bootstrap.ts';
export {
  type BrokerRegistrationOptions,
  fenceBroker,
  registerBroker,
  unfenceBroker,
  unregisterBroker,
} from './controller/brokers.ts';
export { alterClientQuotas } from './controller/client-quotas.ts';
export { ConfigOperation } from './controller/config-changes.ts';
export {
  ACLS_MAX,
  type ApiError,
  type ControllerContext,
  type ControllerResult,
  CREDENTIALS_MAX,
  PARTITIONS_MAX,
  PARTITIONS_PER_REQUEST_MAX,
  randomUuid,
} from './controller/controller-types.ts';
export { createPartitions } from './controller/create-partitions.ts';
export { createTopics, hideTopicConfigs } from './controller/create-topics.ts';
export { deleteTopics } from './controller/delete-topics.ts';
export { electLeaders, ElectionType } from './controller/elect-leaders.ts';
export {
  type PlacementBroker,
  type PlacementRequest,
  placeReplicas,
} from './controller/placement.ts';
export { allocateProducerIds, PRODUCER_ID_BLOCK_SIZE } from './controller/producer-ids.ts';
export {
  alterUserScramCredentials,
  type ScramAlterationOptions,
  type ScramUpsertion,
} from './controller/scram-credentials.ts';
export {
  findTopicNameFault,
  METADATA_TOPIC_NAME,
  TOPIC_NAME_LENGTH_MAX,
} from './controller/topic-names.ts';
export { updateFeatures, UpgradeType } from './controller/update-features.ts';
export { describeAcls } from './describe/describe-acls.ts';
export {
  describeClientQuotas,
  describeClientQuotasFailure,
} from './describe/describe-client-quotas.ts';
export {
  describeConfigs,
  type DescribeConfigsContext,
  describeConfigsFailure,
} from './describe/describe-configs.ts';
export { describeUserScramCredentials } from './describe/describe-scram.ts';
export { EVERY_ORIGIN } from './describe/select-acls.ts';
export { EXTENSION_TAG, extensionText, readExtensionText } from './extension-tags.ts';
export type { AclsImage } from './image/acls-image.ts';
export {
  type BrokerEndpoint,
  type BrokerImage,
  type BrokersImage,
  type FeatureRange,
  isActive,
} from './image/brokers-image.ts';
export {
  GROUP_VERSION_FEATURE,
  METADATA_VERSION_FEATURE,
  MetadataImage,
  TRANSACTION_VERSION_FEATURE,
} from './image/metadata-image.ts';
export {
  type ClientQuota,
  ClientQuotasImage,
  type QuotaEntity,
  type QuotaMatch,
} from './image/client-quotas-image.ts';
export type {
  ConfigResource,
  ConfigsImage,
  CredentialsImage,
  UserCredential,
} from './image/settings-images.ts';
export { QUOTA_KEYS, QuotaEntityType, type QuotaKey } from './quota-model.ts';
export { snapshotRecords } from './image/snapshot.ts';
export {
  NO_LEADER,
  type PartitionImage,
  type TopicImage,
  type TopicsImage,
} from './image/topics-image.ts';
export {
  decodeMetadataRecord,
  encodeMetadataRecord,
  type MetadataRecord,
  type MetadataRecordBodies,
  type MetadataRecordKind,
  type MetadataRecordOf,
} from './records.ts';
export {
  decideLeadership,
  FIRST_LEADER_EPOCH,
  type LeadershipCandidate,
  type LeadershipDecision,
  MemoryRegister,
  type Register,
  type RegisterReadOutcome,
  type RegisterValue,
  type RegisterWriteOutcome,
  type VersionedRegisterValue,
} from './register.ts';
export { parsePlainMessage, type PlainLogin } from './sasl/plain.ts';
export {
  deriveScramKeys,
  findScramMechanism,
  findScramMechanismByName,
  isSaltedPassword,
  SCRAM_ITERATIONS_MAX,
  SCRAM_ITERATIONS_MIN,
  SCRAM_MECHANISMS,
  type ScramCrypto,
  type ScramHash,
  type ScramKeys,
  type ScramMechanism,
} from './sasl/scram-crypto.ts';
export {
  type ScramCredential,
  type ScramDecoy,
  ScramServer,
  type ScramServerOptions,
  type ScramStep,
} from './sasl/scram-server.ts';
