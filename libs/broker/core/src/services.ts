import type { ConfigResolver, MetadataImage } from '@weirhouse/broker-metadata';
import type { Uuid } from '@weirhouse/shared-kernel';

import type { Access } from './access.ts';
import type { FetchSessionCache } from './fetch/session-cache.ts';
import type { GroupService } from './group-service.ts';
import type { LogDirectory } from './log-directory.ts';
import type { MetadataWriter } from './metadata-writer.ts';
import type { Partitions } from './partitions.ts';
import type { BrokerPorts } from './ports.ts';
import type { ProducerIds } from './produce/producer-ids.ts';
import type { LimitsSource } from './quota/broker-limits.ts';
import type { ClientQuotas } from './quota/client-quotas.ts';
import type { StorageAllowance } from './quota/storage-allowance.ts';
import type { TimingWheel } from './timing-wheel.ts';
import type { TransactionService } from './transactions/transaction-service.ts';

/** One API key as ApiVersions tells it. */
export interface AdvertisedApi {
  readonly apiKey: number;
  readonly minVersion: number;
  readonly maxVersion: number;
}

/** The parts of a running broker that handlers use. */
export interface BrokerServices {
  readonly nodeId: number;
  readonly clusterId: Uuid;
  readonly ports: BrokerPorts;
  readonly wheel: TimingWheel;
  readonly image: MetadataImage;
  readonly configs: ConfigResolver;
  readonly access: Access;
  readonly metadata: MetadataWriter;
  readonly partitions: Partitions;
  readonly logDirectory: LogDirectory;
  readonly groups: GroupService;
  readonly transactions: TransactionService;
  readonly producerIds: ProducerIds;
  readonly fetchSessions: FetchSessionCache;
  readonly quotas: ClientQuotas;
  readonly limits: LimitsSource;
  readonly storage: StorageAllowance;
  readonly apis: readonly AdvertisedApi[];
  /** Settings of brokers that only the platform changes at run time. */
  readonly reservedSettings: ReadonlySet<string>;
  /** Users whose credentials only the platform may change. */
  readonly protectedUsers: ReadonlySet<string>;
  /** Something was appended: the log is flushed at the end of this turn. */
  readonly appended: () => void;
}
