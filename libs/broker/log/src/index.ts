export { type AppendOptions, type AppendOutcome } from './append-log.ts';
export { ARENA_BYTES, CHUNK_BYTES, CHUNK_COUNT } from './arena.ts';
export type { RecordError } from './batch-validation.ts';
export {
  type Disk,
  type DiskFile,
  type IoCallback,
  type OpenMode,
  type ReadCallback,
  storageError,
  type StorageFault,
  isPassing,
  storageFaultOf,
  type WalFile,
} from './disk.ts';
export type { CleaningPass, CompactionSettings } from './compaction/cleaner.ts';
export { type CompactionFigures, NO_COMPACTION_FIGURES } from './compaction/cleaner-figures.ts';
export type { EpochEnd } from './epoch-cache.ts';
export type { FoundOffset } from './find-offset.ts';
export {
  type Acknowledge,
  type CleanupPolicy,
  LOG_CONFIG_DEFAULTS,
  type LogConfig,
} from './log-config.ts';
export type { PartitionRef } from './log-state.ts';
export { LogStore } from './log-store.ts';
export type { LogStoreOptions, RecoverySummary } from './log-store-options.ts';
export type { ActiveProducer, LateTransaction, PartitionLog } from './partition-log.ts';
export type { MarkerOptions } from './producers/marker.ts';
export type { VerificationGuard, VerificationRequest } from './producers/verifications.ts';
export type { ReadOutcome, ReadRequest, ReadSlices } from './read-log.ts';
export type { AbortedTransaction } from './segment/aborted-index.ts';
export type { Damage, ScrubPass } from './scrubber.ts';
export type { SpaceState } from './space.ts';
