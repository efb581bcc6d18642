import type { TransactionCounts } from '@weirhouse/broker-coordination';
import {
  type CompactionFigures,
  type LogStore,
  NO_COMPACTION_FIGURES,
  type SpaceState,
} from '@weirhouse/broker-log';
import type { AppError, Uuid } from '@weirhouse/shared-kernel';

import type { Leadership } from './broker-start.ts';
import { countGroups } from './group-service.ts';
import type { ProducerUpkeep } from './producer-upkeep.ts';
import type { BrokerServices } from './services.ts';
import type { MetadataSnapshots } from './snapshots/metadata-snapshots.ts';
import { NO_TRANSACTIONS } from './transactions/transaction-service.ts';

/*
 * | state    | event                                       | next     |
 * |----------|---------------------------------------------|----------|
 * | new      | start                                       | starting |
 * | starting | logs open, image built, broker registered   | running  |
 * | starting | any step failed                             | failed   |
 * | running  | drain                                       | draining |
 * | running  | shutdown                                    | stopping |
 * | draining | shutdown, the connections gone or not       | stopping |
 * | any      | the volume failed                           | failed   |
 * | stopping | everything written                          | stopped  |
 */
export type BrokerState =
  | 'new'
  | 'starting'
  | 'running'
  | 'draining'
  | 'stopping'
  | 'stopped'
  | 'failed';

/** What readiness checks and metrics show of a broker. */
export interface BrokerStatus {
  readonly state: BrokerState;
  /** What led to `failed`, for the log and the readiness answer. */
  readonly failure: AppError | undefined;
  readonly clusterId: Uuid | undefined;
  readonly leaderEpoch: number;
  readonly isLoadingGroups: boolean;
  readonly isProducePaused: boolean;
  /** Room on the volume: `low` and `full` make producers wait. */
  readonly diskSpace: SpaceState;
  /** Partitions with a transaction that its coordinator should have ended, at the last look. */
  readonly lateTransactions: number;
  readonly diskFreeBytes: number;
  readonly connections: number;
  readonly topics: number;
  readonly partitions: number;
  readonly openPartitions: number;
  readonly damagedPartitions: number;
  readonly damagedSegments: number;
  /** How log compaction gets on. */
  readonly compaction: CompactionFigures;
  readonly scrubbedBytes: number;
  readonly readBytesHeld: number;
  readonly groups: number;
  readonly transactions: TransactionCounts;
  readonly fetchSessions: number;
  readonly waiting: number;
  readonly metadataQueue: number;
  /** Records of the metadata log that a start would have to replay. */
  readonly metadataTail: number;
}

/** The parts of a broker that its status tells of; undefined before the start has made them. */
export interface BrokerParts extends Pick<
  BrokerStatus,
  'state' | 'failure' | 'connections' | 'waiting'
> {
  readonly leadership: Leadership | undefined;
  readonly services: BrokerServices | undefined;
  readonly store: LogStore | undefined;
  readonly producers: ProducerUpkeep | undefined;
  readonly snapshots: MetadataSnapshots | undefined;
}

/** What the parts say now; whatever is not there yet counts as nothing. */
export function statusOf(parts: BrokerParts): BrokerStatus {
  const { leadership, producers, services, snapshots, store } = parts;
  const topics = services?.image.topics;
  return {
    state: parts.state,
    failure: parts.failure,
    clusterId: leadership?.clusterId,
    leaderEpoch: leadership?.leaderEpoch ?? -1,
    isLoadingGroups: services?.groups.isLoading ?? true,
    isProducePaused: store?.isFull ?? false,
    diskSpace: store?.space ?? 'open',
    lateTransactions: producers?.lateTransactionCount ?? 0,
    diskFreeBytes: store?.freeBytes ?? 0,
    connections: parts.connections,
    topics: topics?.size ?? 0,
    partitions: topics?.partitionCount ?? 0,
    openPartitions: services?.partitions.openCount ?? 0,
    damagedPartitions: services?.partitions.damagedCount ?? 0,
    damagedSegments: store?.damagedSegmentCount ?? 0,
    compaction: store?.compactionFigures ?? NO_COMPACTION_FIGURES,
    scrubbedBytes: store?.scrubbedBytes ?? 0,
    readBytesHeld: store?.readBytesHeld ?? 0,
    groups: services === undefined ? 0 : countGroups(services.groups),
    transactions: services?.transactions.count() ?? NO_TRANSACTIONS,
    fetchSessions: services?.fetchSessions.size ?? 0,
    waiting: parts.waiting,
    metadataQueue: services?.metadata.queueLength ?? 0,
    metadataTail: snapshots?.tailLength ?? 0,
  };
}
