import type { AclRule, ConfigResolver, Register, ScramUpsertion } from '@weirhouse/broker-metadata';
import type { Acknowledge, LogStoreOptions } from '@weirhouse/broker-log';
import type { AppError, Uuid } from '@weirhouse/shared-kernel';

import type { LogDirectory } from './log-directory.ts';
import type { BrokerPorts } from './ports.ts';
import type { LimitsSource } from './quota/broker-limits.ts';
import type { TokenVerifier } from './sasl/token-verifier.ts';

/** Kafka's security protocols, by the ids of broker registrations. */
export const SECURITY_PROTOCOL_IDS = {
  PLAINTEXT: 0,
  SSL: 1,
  SASL_PLAINTEXT: 2,
  SASL_SSL: 3,
} as const;

/** The name of a security protocol. */
export type SecurityProtocol = keyof typeof SECURITY_PROTOCOL_IDS;

/** A listener and the address clients are told for it. */
export interface ListenerOptions {
  readonly name: string;
  readonly securityProtocol: SecurityProtocol;
  readonly advertisedHost: string;
  readonly advertisedPort: number;
  /** Decides on the tokens of OAUTHBEARER, which is not offered without it. */
  readonly tokenVerifier?: TokenVerifier | undefined;
}

/** What a new cluster has before its first client. */
export interface ClusterBootstrap {
  readonly credentials: readonly ScramUpsertion[];
  readonly acls: readonly AclRule[];
}

/** Everything a broker is made of. */
export interface BrokerOptions {
  readonly nodeId: number;
  /** The cluster to join or found; undefined: the register's, or a random one for a new cluster. */
  readonly clusterId: Uuid | undefined;
  readonly rack: string | null;
  readonly listeners: readonly ListenerOptions[];
  /** Kafka's broker settings (`log.retention.ms`) as texts; only those that were set. */
  readonly settings: ReadonlyMap<string, string>;
  /** Principals as `User:name` that may do everything and count as the platform. */
  readonly superUsers: ReadonlySet<string>;
  /** Settings that nobody else changes at run time, on listeners neither; none when absent. */
  readonly reservedSettings?: ReadonlySet<string>;
  /** Written once, when the metadata log is empty. */
  readonly bootstrap: ClusterBootstrap;
  /** Random bytes that all brokers of the cluster share and that outlive them; what they hide looks alike. */
  readonly secret: Buffer;
  /** Time a client has to authenticate, in ms; 30 s when absent. */
  readonly authenticationMsMax?: number | undefined;
  /** Bytes of frames that may wait over all connections; 256 MiB when absent. */
  readonly queuedBytesMax?: number;
  /** What the platform lets this broker be used for; nothing is limited when absent. */
  readonly limits?: LimitsSource;
  readonly storage: LogStoreOptions;
  /** When records may be acknowledged, where their topic does not say; `durable` when absent. */
  readonly acknowledge?: Acknowledge;
  readonly logDirectory: LogDirectory;
  readonly register: Register;
  readonly ports: BrokerPorts;
  /** Why TLS could not be served with these settings, in one sentence; asked before they are taken. */
  readonly findTlsFault?: (proposed: ConfigResolver) => string | undefined;
  /** Called once when the volume failed: nothing can be served any more, the process should end. */
  readonly onFailure: (error: AppError) => void;
}
