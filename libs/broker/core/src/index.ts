export { Broker } from './broker.ts';
export type { BrokerState, BrokerStatus } from './broker-status.ts';
export { BrokerConnection, type ConnectionOptions } from './connection.ts';
export { ADVERTISED_APIS, SERVED_APIS } from './dispatch.ts';
export { type Loggers, ROOT_LOGGER } from './loggers.ts';
export type { LogDirectory } from './log-directory.ts';
export type { BrokerLimits } from './quota/broker-limits.ts';
export { PRE_AUTH_FRAME_BYTES_MAX } from './limits.ts';
export type {
  BrokerOptions,
  ClusterBootstrap,
  ListenerOptions,
  SecurityProtocol,
} from './options.ts';
export {
  SILENT_PROBE,
  type AnsweredCall,
  type BrokerPorts,
  type ConnectionPort,
  type CryptoPort,
  type Pbkdf2Request,
  type Probe,
  type Reply,
} from './ports.ts';
export {
  type Admission,
  ConnectionGate,
  type ConnectionLimits,
  type RefusalReason,
} from './quota/connection-gate.ts';
export type { AuthenticationResult } from './sasl/sasl-session.ts';
export type { RefusedToken, TokenVerifier, VerifiedToken } from './sasl/token-verifier.ts';
export { certificatePrincipal } from './tls/certificate-principal.ts';
export { parsePrincipalMapping, type PrincipalMapping } from './tls/principal-mapping.ts';
export type { AdvertisedApi } from './services.ts';
export type { UsageReport } from './usage/usage-report.ts';
