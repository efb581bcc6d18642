export { partitionOfKey, type RecordInput } from '@weirhouse/kafka-protocol';
export type { AclOperation, AclResourceType } from './admin/acl-codes.ts';
export type { AclBinding, AclFilter, AclOriginOption, DescribedAcl } from './admin/acls.ts';
export { AdminClient } from './admin/admin-client.ts';
export type { UserQuota, UserQuotaChange } from './admin/client-quotas.ts';
export type {
  BrokerInfo,
  ClusterInfo,
  MetadataInfo,
  MetadataOptions,
  PartitionInfo,
  TopicInfo,
} from './admin/cluster.ts';
export type {
  ConfigChange,
  ConfigEntry,
  ConfigResource,
  ConfigSource,
  ConfigSynonym,
  DescribedConfigs,
} from './admin/configs.ts';
export type { AssignedPartition } from './admin/classic-assignment.ts';
export type {
  CommittedOffset,
  Coordinator,
  DescribedGroup,
  GroupMember,
  ListedGroup,
} from './admin/groups.ts';
export type { OffsetOutcome, OffsetQuery } from './admin/offsets.ts';
export type { Reassignment } from './admin/partitions.ts';
export type { ProduceBatch, ProducedBatch } from './admin/produce.ts';
export type { ReadRecord, ReadRecords, RecordsPlace } from './admin/read-records.ts';
export type {
  ScramDeletion,
  ScramMechanism,
  ScramOutcome,
  ScramUpsertion,
  ScramUser,
} from './admin/scram-credentials.ts';
export type { CreatedTopic, NewTopic, TopicOutcome } from './admin/topics.ts';
export type { BrokerAddress, ClientOptions } from './connection-pool.ts';
export type { OnRequest } from './connection.ts';
export { isKafkaError, kafkaError, type KafkaErrorName } from './errors.ts';
export type { SaslCredentials } from './sasl.ts';
export type { ActAs } from './scram-client.ts';
export {
  TransactionalProducer,
  type TransactionalOptions,
} from './transactions/transactional-producer.ts';
