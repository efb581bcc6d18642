export type { AclOperation, AclResourceType } from './admin/acl-codes.ts';
export type { AclBinding, AclFilter, AclOriginOption, DescribedAcl } from './admin/acls.ts';
export { AdminClient } from './admin/admin-client.ts';
export type {
  BrokerInfo,
  ClusterInfo,
  MetadataInfo,
  PartitionInfo,
  TopicInfo,
} from './admin/cluster.ts';
export type { OffsetOutcome, OffsetQuery } from './admin/offsets.ts';
export type {
  ScramDeletion,
  ScramMechanism,
  ScramOutcome,
  ScramUpsertion,
  ScramUser,
} from './admin/scram-credentials.ts';
export type { CreatedTopic, NewTopic, TopicOutcome } from './admin/topics.ts';
export type { BrokerAddress, ClientOptions } from './connection-pool.ts';
export { isKafkaError, kafkaError, type KafkaErrorName } from './errors.ts';
export type { SaslCredentials } from './sasl.ts';
