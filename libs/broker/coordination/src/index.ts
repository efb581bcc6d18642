export { coordinatorErrorOf } from './errors.ts';
export { GroupShard } from './group-shard.ts';
export type * from './messages.ts';
export type { DeletedTopic } from './offsets/removal.ts';
export { defaultGroupShardOptions, type GroupShardOptions } from './options.ts';
export type { OperationResult, ShardPorts, ShardTimers, TimerOperation } from './ports.ts';
export type {
  ClassicGroupRecord,
  CommittedOffset,
  CoordinatorRecord,
  OffsetRecord,
  PersistedGroup,
  PersistedMember,
} from './records/coordinator-record.ts';
export {
  decodeCoordinatorRecord,
  encodeCoordinatorRecord,
  type EncodedRecord,
} from './records/record-codec.ts';
