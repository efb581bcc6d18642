export { coordinatorErrorOf } from './errors.ts';
export { GroupShard } from './group-shard.ts';
export type * from './messages.ts';
export type { DeletedTopic } from './offsets/removal.ts';
export {
  defaultGroupShardOptions,
  type GroupShardOptions,
  type MigrationPolicy,
} from './options.ts';
export type {
  CatalogTopic,
  ConsumerGroupSettings,
  OperationResult,
  ShardPorts,
  ShardTimers,
  TimerOperation,
  TopicCatalog,
  TransactionalProducer,
} from './ports.ts';
export type {
  ClassicGroupRecord,
  CommittedOffset,
  CoordinatorRecord,
  OffsetRecord,
  PendingOffsetRecord,
  PersistedGroup,
  PersistedMember,
  TransactionEnd,
} from './records/coordinator-record.ts';
export type { EncodedRecord } from './records/framing.ts';
export {
  asPending,
  decodeCoordinatorRecord,
  encodeCoordinatorRecord,
} from './records/record-codec.ts';
export { compileSafePattern, type SafePattern, type SafePatternOutcome } from './safe-pattern.ts';
export { addPartitionsAnswer } from './transactions/add-partitions.ts';
export type { PartitionSet, TopicPartitions } from './transactions/partition-set.ts';
export {
  decodeTransactionRecord,
  encodeTransactionRecord,
} from './transactions/transaction-codec.ts';
export type * from './transactions/transaction-messages.ts';
export {
  defaultTransactionShardOptions,
  type TransactionShardOptions,
} from './transactions/transaction-options.ts';
export type {
  MarkerRequest,
  MarkerResult,
  MarkersWritten,
  ProducerIdAllocated,
  ProducerIdOutcome,
  TransactionOperationResult,
  TransactionPorts,
} from './transactions/transaction-ports.ts';
export type { PersistedTransaction, TransactionRecord } from './transactions/transaction-record.ts';
export { TransactionShard, type TransactionShardSetup } from './transactions/transaction-shard.ts';
export { isTransactionState, type TransactionState } from './transactions/transaction-state.ts';
